/* MIME lists. The input is lines: the config's extra types up to an empty line, then what a source offers. */

#include <stdbool.h>
#include <string.h>
#include "base/memory.h"
#include "clipboard/types.h"
#include "tests/fuzz/fuzz.h"

#define PICKED_MAX 8
#define EXTRA_MAX 8

struct lists {
	char *text; /* each line ends in a zero byte */
	char *extra[EXTRA_MAX];
	size_t extra_len;
	const char **offer;
	size_t offer_len;
};

static void read_lists(struct lists *lists, const uint8_t *data, size_t size) {
	*lists = (struct lists){ .text = xcalloc(size + 1, 1) };
	lists->offer = xcalloc(size + 1, sizeof(*lists->offer));
	bool in_offer = false;
	if (size > 0) {
		memcpy(lists->text, data, size);
	}
	for (char *line = lists->text, *end = lists->text + size; line < end;) {
		char *feed = memchr(line, '\n', (size_t)(end - line));
		if (feed != NULL) {
			*feed = '\0';
		}
		if (in_offer) {
			lists->offer[lists->offer_len++] = line;
		} else if (feed == line) {
			in_offer = true;
		} else if (lists->extra_len < EXTRA_MAX) {
			lists->extra[lists->extra_len++] = line;
		}
		line = feed != NULL ? feed + 1 : end;
	}
}

static void check_one(const struct lists *lists, const struct clip_type *picked, size_t index) {
	const struct clip_type *type = &picked[index];
	bool offered = false;
	for (size_t i = 0; i < lists->offer_len && i < MIME_OFFER_MAX; i++) {
		offered = offered || lists->offer[i] == type->ask;
	}
	FUZZ_CHECK(offered);
	FUZZ_CHECK(strlen(type->ask) <= MIME_LENGTH_MAX && strlen(type->mime) <= MIME_LENGTH_MAX);
	for (const char *c = type->ask; *c != '\0'; c++) {
		FUZZ_CHECK(*c >= 0x20 && *c < 0x7f);
	}
	for (size_t i = 0; i < index; i++) {
		FUZZ_CHECK(strcasecmp(picked[i].mime, type->mime) != 0);
	}
	FUZZ_CHECK((strcasecmp(type->mime, "image/png") == 0) == (type->kind == CLIP_PNG));
	FUZZ_CHECK((strcasecmp(type->mime, "text/plain;charset=utf-8") == 0) == (type->kind == CLIP_TEXT));
	bool asked_for = type->kind != CLIP_OTHER;
	for (size_t i = 0; i < lists->extra_len; i++) {
		asked_for = asked_for || lists->extra[i] == type->mime;
	}
	FUZZ_CHECK(asked_for);
	FUZZ_CHECK(types_label(type) != NULL);
	FUZZ_CHECK(types_aliases(type->kind) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct lists lists;
	read_lists(&lists, data, size);
	struct clip_type picked[PICKED_MAX];
	for (size_t max = 0; max <= PICKED_MAX; max += PICKED_MAX / 2) {
		size_t len = types_pick(lists.offer, lists.offer_len, lists.extra, lists.extra_len, picked, max);
		FUZZ_CHECK(len <= max);
		for (size_t i = 0; i < len; i++) {
			check_one(&lists, picked, i);
		}
	}
	free(lists.offer);
	free(lists.text);
	return 0;
}
