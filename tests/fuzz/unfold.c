/* The laying out of short blocks moves blanks, line feeds and semicolons, nothing else, and every line has its origin. */

#include <stdbool.h>
#include <string.h>
#include "config/unfold.h"
#include "tests/fuzz/fuzz.h"

static bool may_move(char c) {
	return c == ' ' || c == '\t' || c == '\n' || c == ';';
}

/* The next byte that may not move, from *at on; NULL at the end. */
static const char *next_fixed(const char **at, const char *end) {
	while (*at < end && may_move(**at)) {
		(*at)++;
	}
	return *at < end ? (*at)++ : NULL;
}

static void check_nothing_lost(const char *in, size_t in_length, const char *out, size_t out_length) {
	const char *in_end = in + in_length, *out_end = out + out_length;
	for (;;) {
		const char *a = next_fixed(&in, in_end), *b = next_fixed(&out, out_end);
		FUZZ_CHECK((a == NULL) == (b == NULL));
		if (a == NULL) {
			return;
		}
		FUZZ_CHECK(*a == *b);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct unfolded unfolded;
	unfold(&unfolded, (const char *)data, size);
	FUZZ_CHECK(unfolded.text[unfolded.length] == '\0');
	check_nothing_lost((const char *)data, size, unfolded.text, unfolded.length);

	size_t lines_in = 0, lines_out = 0;
	for (size_t i = 0; i < size; i++) {
		lines_in += data[i] == '\n' || i + 1 == size;
	}
	for (size_t i = 0; i < unfolded.length; i++) {
		lines_out += unfolded.text[i] == '\n' || i + 1 == unfolded.length;
	}
	/* The last line may have come out empty, of a lone semicolon. */
	FUZZ_CHECK(unfolded.lines_len == lines_out || unfolded.lines_len == lines_out + 1);
	for (size_t i = 0; i < unfolded.lines_len; i++) {
		FUZZ_CHECK(unfolded.lines[i] >= 1 && (size_t)unfolded.lines[i] <= lines_in);
		FUZZ_CHECK(i == 0 || unfolded.lines[i - 1] <= unfolded.lines[i]);
	}
	unfolded_finish(&unfolded);
	return 0;
}
