#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

/*
 * What a target is: one function that takes any bytes and returns 0, by libFuzzer's name and contract, so that it
 * links with libFuzzer where there is one and with driver.c elsewhere. A target states what must hold with
 * FUZZ_CHECK; what it opens it closes, and it gives the same answer for the same bytes.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Called once, before. A target without anything to prepare may leave it out. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define FUZZ_CHECK(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

#endif
