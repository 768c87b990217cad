/* Titles and app ids: what comes out is one clean line of bounded length, and cleaning it again changes nothing. */

#include <stdbool.h>
#include <string.h>
#include "base/utf8.h"
#include "policy/label.h"
#include "policy/unicode.h"
#include "tests/fuzz/fuzz.h"

static void check_clean(const char *label) {
	size_t length = strlen(label), characters = 0, marks = 0;
	FUZZ_CHECK(length < LABEL_SIZE);
	FUZZ_CHECK(utf8_is_line(label, length));
	uint32_t before = ' ';
	for (size_t at = 0; at < length; characters++) {
		uint32_t c;
		at += utf8_decode(label + at, length - at, &c);
		enum unicode_class class = unicode_classify(c);
		FUZZ_CHECK(class != UNICODE_DROP && (class != UNICODE_SPACE || c == ' '));
		/* No two spaces, none at the beginning, and no mark on one. */
		FUZZ_CHECK(before != ' ' || (c != ' ' && class != UNICODE_MARK));
		marks = class == UNICODE_MARK ? marks + 1 : 0;
		FUZZ_CHECK(marks <= LABEL_MARKS_MAX);
		before = c;
	}
	FUZZ_CHECK(length == 0 || before != ' ');
	FUZZ_CHECK(characters <= LABEL_CHARACTERS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char label[LABEL_SIZE], again[LABEL_SIZE];
	FUZZ_CHECK(label_clean((const char *)data, size, label) == label);
	check_clean(label);
	label_clean(label, strlen(label), again);
	FUZZ_CHECK(strcmp(label, again) == 0);
	return 0;
}
