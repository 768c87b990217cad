#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "clipboard/types.h"

#define NAMES_MAX 8
#define A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONGEST "a/" A32 A32 A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa" /* MIME_LENGTH_MAX bytes */

struct row {
	const char *offer[NAMES_MAX];
	char *extra[NAMES_MAX];
	/* pairs of what is asked for and what it crosses as */
	const char *picked[NAMES_MAX];
};

#define TEXT "text/plain;charset=utf-8"

static const struct row rows[] = {
	{ { NULL }, { NULL }, { NULL } },
	{ { TEXT }, { NULL }, { TEXT, TEXT } },
	{ { "STRING", "TEXT", "text/plain", "UTF8_STRING", TEXT }, { NULL }, { TEXT, TEXT } },
	{ { "STRING", "TEXT", "text/plain", "UTF8_STRING" }, { NULL }, { "UTF8_STRING", TEXT } },
	{ { "STRING", "TEXT", "text/plain" }, { NULL }, { "text/plain", TEXT } },
	{ { "STRING", "TEXT" }, { NULL }, { "TEXT", TEXT } },
	{ { "STRING" }, { NULL }, { "STRING", TEXT } },
	/* the source's own spelling is what it is asked for */
	{ { "text/plain;charset=UTF-8" }, { NULL }, { "text/plain;charset=UTF-8", TEXT } },
	{ { "Text/Plain; Charset=utf-8" }, { NULL }, { "Text/Plain; Charset=utf-8", TEXT } },
	{ { "IMAGE/PNG" }, { NULL }, { "IMAGE/PNG", "image/png" } },
	/* text first, whatever the order of the offer */
	{ { "image/png", "text/plain" }, { NULL }, { "text/plain", TEXT, "image/png", "image/png" } },
	/* what is not on the list does not cross */
	{ { "text/html", "text/uri-list", "image/jpeg", "text/plain;charset=iso-8859-1", "utf8_string", "string" },
		{ NULL }, { NULL } },
	{ { "text/plainx", "xtext/plain", "image/png;x=y", "image/png ", " image/png", "image/pn", "" }, { NULL }, { NULL } },
	/* the config's own, in its order and spelling */
	{ { "text/uri-list", "TEXT/HTML", "text/plain" }, { "text/html", "text/uri-list", "image/jpeg" },
		{ "text/plain", TEXT, "TEXT/HTML", "text/html", "text/uri-list", "text/uri-list" } },
	{ { "text/html" }, { "text/html", "TEXT/html" }, { "text/html", "text/html" } },
	/* text and PNG never cross unchecked under a name from the config */
	{ { "text/plain", "STRING", "image/png" }, { "text/plain", "STRING", "Image/PNG", "text/plain; charset=UTF-8" },
		{ "text/plain", TEXT, "image/png", "image/png" } },
	{ { "STRING", "image/png" }, { "TEXT/PLAIN" }, { "STRING", TEXT, "image/png", "image/png" } },
	/* length and form, of the offer and of the config */
	{ { LONGEST }, { LONGEST }, { LONGEST, LONGEST } },
	{ { LONGEST "a" }, { LONGEST "a" }, { NULL } },
	{ { "html", "/html", "text/", "text/ht ml", "text/html;\n", "text/h\xc3\xa4" },
		{ "html", "/html", "text/", "text/ht ml", "text/html;\n", "text/h\xc3\xa4" }, { NULL } },
	{ { "text/x;v=\"a b\"" }, { "text/x;v=\"a b\"" }, { "text/x;v=\"a b\"", "text/x;v=\"a b\"" } },
};

static size_t count(const char *const *names) {
	size_t len = 0;
	while (len < NAMES_MAX && names[len] != NULL) {
		len++;
	}
	return len;
}

static void test_pick(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct clip_type picked[NAMES_MAX];
		size_t len = types_pick(row->offer, count(row->offer), row->extra, count((const char *const *)row->extra),
			picked, NAMES_MAX);
		assert_int_equal(len * 2, count(row->picked));
		for (size_t j = 0; j < len; j++) {
			assert_string_equal(picked[j].ask, row->picked[2 * j]);
			assert_string_equal(picked[j].mime, row->picked[2 * j + 1]);
			enum clip_kind kind = strcmp(picked[j].mime, TEXT) == 0 ? CLIP_TEXT :
				strcmp(picked[j].mime, "image/png") == 0 ? CLIP_PNG : CLIP_OTHER;
			assert_int_equal(picked[j].kind, kind);
		}
	}
}

static void test_pick_borrows(void **state) {
	(void)state;
	const char *offer[] = { "text/html" };
	char extra[] = "text/html";
	char *extras[] = { extra };
	struct clip_type picked[1];
	assert_int_equal(types_pick(offer, 1, extras, 1, picked, 1), 1);
	assert_ptr_equal(picked[0].ask, offer[0]);
	assert_ptr_equal(picked[0].mime, extra);
}

static void test_pick_at_most_max(void **state) {
	(void)state;
	const char *offer[] = { "a/a", "text/plain", "image/png", "a/b", "a/c" };
	char *extra[] = { "a/a", "a/b", "a/c" };
	static const char *const order[] = { TEXT, "image/png", "a/a", "a/b", "a/c" };
	for (size_t max = 0; max <= 7; max++) {
		struct clip_type picked[8];
		memset(picked, 0x55, sizeof(picked));
		struct clip_type untouched = picked[7];
		size_t len = types_pick(offer, 5, extra, 3, picked, max);
		assert_int_equal(len, max < 5 ? max : 5);
		for (size_t i = 0; i < len; i++) {
			assert_string_equal(picked[i].mime, order[i]);
		}
		assert_memory_equal(&picked[len], &untouched, sizeof(untouched));
	}
}

/* C5: a million types, and names of a MiB. */
static void test_pick_hostile_offer(void **state) {
	(void)state;
	size_t len = 1000000;
	const char **offer = calloc(len, sizeof(*offer));
	char *huge = malloc(1024 * 1024);
	assert_non_null(offer);
	assert_non_null(huge);
	memset(huge, 'x', 1024 * 1024);
	memcpy(huge, "text/plain;", strlen("text/plain;"));
	huge[1024 * 1024 - 1] = '\0';
	for (size_t i = 0; i < len; i++) {
		offer[i] = i % 3 == 0 ? NULL : huge;
	}
	char *extra[] = { huge };
	struct clip_type picked[2];
	assert_int_equal(types_pick(offer, len, extra, 1, picked, 2), 0);
	offer[MIME_OFFER_MAX] = "text/plain";
	assert_int_equal(types_pick(offer, len, extra, 1, picked, 2), 0);
	offer[MIME_OFFER_MAX - 1] = "text/plain";
	assert_int_equal(types_pick(offer, len, extra, 1, picked, 2), 1);
	free(huge);
	free(offer);
}

static void test_aliases(void **state) {
	(void)state;
	const char *const *names = types_aliases(CLIP_TEXT);
	assert_string_equal(names[0], TEXT);
	assert_int_equal(count(names), 5);
	/* What is given under these names is taken under these names: each of them alone is picked. */
	for (size_t i = 0; names[i] != NULL; i++) {
		struct clip_type picked;
		assert_int_equal(types_pick(&names[i], 1, NULL, 0, &picked, 1), 1);
		assert_int_equal(picked.kind, CLIP_TEXT);
	}
	assert_string_equal(types_aliases(CLIP_PNG)[0], "image/png");
	assert_null(types_aliases(CLIP_PNG)[1]);
	assert_null(types_aliases(CLIP_OTHER)[0]);
}

static void test_labels(void **state) {
	(void)state;
	struct clip_type text = { CLIP_TEXT, "STRING", TEXT };
	struct clip_type png = { CLIP_PNG, "image/png", "image/png" };
	struct clip_type other = { CLIP_OTHER, "TEXT/html", "text/html" };
	assert_string_equal(types_label(&text), "text");
	assert_string_equal(types_label(&png), "image");
	assert_string_equal(types_label(&other), "text/html");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pick),
		cmocka_unit_test(test_pick_borrows),
		cmocka_unit_test(test_pick_at_most_max),
		cmocka_unit_test(test_pick_hostile_offer),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_labels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
