/*
 * C6. A source offers what may not cross, or calls it what may: HTML with scripts, file lists, names that are not
 * names; text with escape sequences that would end a terminal's bracketed paste, invalid UTF-8; an image that is none.
 * Only listed types are asked for and offered on; text is normalised, an image is one, or nothing crosses at all.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/attacks/stage.h"
#include "tests/clipboard/sample.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define ASKED_MAX 16

/* Serves these bytes whatever is asked for, and keeps in mind what was. */
struct served {
	const void *bytes;
	size_t len;
	char *asked[ASKED_MAX];
	size_t asked_len;
};

static void serve(void *data, struct source *source, const char *mime, int fd) {
	struct served *served = data;
	struct test *test = source->client->test;
	if (served->asked_len < ASKED_MAX) {
		served->asked[served->asked_len++] = xstrdup(mime);
	}
	ssize_t written = write(fd, served->bytes, served->len);
	int error = errno;
	close(fd);
	CHECK(written == (ssize_t)served->len || (written < 0 && error == EPIPE), "cannot serve: %s", strerror(error));
}

static struct stage *set_up(struct test *test, const char *extra) {
	struct stage *stage = stage_start(test, extra, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	return stage;
}

/* The attacker offers it as its clipboard, as the person copies there; then Super+C. */
static void copy_and_take(struct stage *stage, const char *const *types, struct served *served) {
	struct test *test = stage->test;
	party_focus(&stage->attacker);
	virtual_keyboard_tap(stage->keyboard, KEY_A);
	test_settle(test);
	struct source *source = source_create(stage->attacker.client, types, "");
	source->serve = serve;
	source->data = served;
	selection_set(stage->attacker.selection, source, stage->attacker.seat->serial);
	test_settle(test);
	stage_take(stage);
}

static void give_to_victim(struct stage *stage) {
	struct test *test = stage->test;
	WAIT_FOR(desktop_clipboard(stage->session).held, "nothing is held");
	party_focus(&stage->victim);
	selection_forget(stage->victim.selection);
	stage_give(stage);
	WAIT_FOR(stage->victim.selection->changes > 0 && stage->victim.selection->offer != NULL, "nothing is given");
}

/* It comes to nothing, and is not still under way. */
static void check_nothing_is_held(struct stage *stage, const char *what) {
	struct test *test = stage->test;
	/* Whatever was asked for has been served: two looks, a step of everybody's between them. */
	for (int i = 0; i < 3; i++) {
		test_settle(test);
		CHECK(!desktop_clipboard(stage->session).held, "%s is held", what);
	}
	party_focus(&stage->victim);
	selection_forget(stage->victim.selection);
	stage_give(stage);
	CHECK_INT(stage->victim.selection->changes, 0, "%s crosses", what);
}

/* ---- types ---- */

static const char *const mixed[] = {
	"text/html",
	"text/uri-list",
	"application/x-shockwave-flash",
	"x-special/gnome-copied-files",
	"image/svg+xml",
	"text/plain;charset=utf-16",
	"text/plain;charset=utf-8",
	"chromium/x-web-custom-data",
	"SAVE_TARGETS",
	"text/plain",
	NULL,
};

static void only_listed(struct test *test) {
	static const char *const text_names[] = { "text/plain;charset=utf-8", "UTF8_STRING", "text/plain", "TEXT",
		"STRING" };
	struct stage *stage = set_up(test, NULL);
	struct served served = { .bytes = "plain", .len = 5 };
	copy_and_take(stage, mixed, &served);
	give_to_victim(stage);
	CHECK_INT(served.asked_len, 1, "it is asked for more than the text");
	CHECK_TEXT(served.asked[0], "text/plain;charset=utf-8", "it is asked for another type");
	struct offer *offer = stage->victim.selection->offer;
	for (size_t i = 0; i < offer->types_len && i < OFFER_TYPES_MAX; i++) {
		bool is_known = false;
		for (size_t j = 0; j < LEN(text_names); j++) {
			is_known |= strcmp(offer->types[i], text_names[j]) == 0;
		}
		CHECK(is_known, "the victim is offered %s", offer->types[i]);
	}
	/* Nor does it get what it was not offered. */
	for (size_t i = 0; mixed[i] != NULL; i++) {
		if (!offer_has_type(offer, mixed[i])) {
			char *text = offer_receive(offer, mixed[i], TEST_TIMEOUT_MS);
			CHECK(text != NULL && text[0] == '\0', "asked for %s, it gives “%s”", mixed[i], text);
			free(text);
		}
	}
	CHECK_TEXT(selection_text(stage->victim.selection), "plain", "the text itself");
	CHECK_INT(served.asked_len, 1, "the source hears of the destination's reading");
}

static void nothing_listed(struct test *test) {
	static const char *const offers[][4] = {
		{ "text/html", "text/uri-list", "x-special/gnome-copied-files", NULL },
		{ "TEXT/HTML", "Text/Uri-List", NULL },
		{ "text/plain;charset=utf-16", "text/plain;charset=iso-8859-1", NULL },
		{ "text/plain\n", " text/plain", "text/plain ", NULL },
		{ "text/plain;charset=utf-8\n", "text/plain;charset=utf-8\x01", "text/plain;charset=utf-8;x=y", NULL },
		{ "", "/", "text/", NULL },
		{ "\xff\xfe/plain", "text/pl\xc3\xa4in", "utf8_string", NULL },
		{ "image/png2", "image/x-png", "image/jpeg", NULL },
		{ "application/octet-stream", "*/*", "%s%n", NULL },
	};
	struct stage *stage = set_up(test, NULL);
	for (size_t i = 0; i < LEN(offers); i++) {
		struct served served = { .bytes = "<script>alert(1)</script>", .len = 25 };
		copy_and_take(stage, offers[i], &served);
		check_nothing_is_held(stage, offers[i][0]);
		CHECK_INT(served.asked_len, 0, "it is asked for %s", served.asked[0]);
	}
}

/* A type that the person has listed crosses as it is; one that is text by its other name is checked all the same. */
static void listed_by_the_person(struct test *test) {
	static const char *const html[] = { "text/html", "application/x-other", NULL };
	static const char *const text[] = { "text/plain", NULL };
	struct stage *stage = set_up(test, "clipboard {\n\ttype text/html text/plain\n}\n");
	struct served served = { .bytes = "<b>bold</b>\r\n", .len = 13 };
	copy_and_take(stage, html, &served);
	give_to_victim(stage);
	CHECK_INT(stage->victim.selection->offer->types_len, 1, "more is offered than the one type");
	CHECK_TEXT(stage->victim.selection->offer->types[0], "text/html", "another type is offered");
	CHECK_TEXT(offer_receive(stage->victim.selection->offer, "text/html", TEST_TIMEOUT_MS), "<b>bold</b>\r\n",
		"what was listed has changed");
	served = (struct served){ .bytes = "a\x1b[31mb", .len = 7 };
	copy_and_take(stage, text, &served);
	give_to_victim(stage);
	CHECK_TEXT(selection_text(stage->victim.selection), "a[31mb", "text that is listed too crosses unchecked");
}

/* ---- text ---- */

static const struct {
	const char *what;
	const char *bytes;
	size_t len;
	const char *crosses; /* NULL: nothing does */
} texts[] = {
#define TEXT(what, bytes, crosses) { what, bytes, sizeof(bytes) - 1, crosses }
	TEXT("plain text", "caf\xc3\xa9\tand more\n", "caf\xc3\xa9\tand more\n"),
	TEXT("the end of a bracketed paste", "ls\x1b[201~\nrm -rf ~\n", "ls[201~\nrm -rf ~\n"),
	TEXT("a title by escape sequence", "\x1b]0;[bank]\x07text", "]0;[bank]text"),
	TEXT("C1 controls",
		"a\xc2\x9b"
		"31mb\xc2\x90"
		"c",
		"a31mbc"),
	TEXT("backspaces and deletes", "good\b\b\b\bbad\x7f", "goodbad"),
	TEXT("carriage returns", "one\r\ntwo\rthree\n", "one\ntwo\nthree\n"),
	TEXT("a byte order mark", "\xef\xbb\xbftext", "text"),
	TEXT("zero bytes", "te\0xt\0", "text"),
	TEXT("line separators, which are characters",
		"a\xe2\x80\xa8"
		"b",
		"a\xe2\x80\xa8"
		"b"),
	TEXT("only controls", "\x1b\x1b\x07", NULL),
	TEXT("nothing", "", NULL),
	TEXT("Latin-1", "caf\xe9", NULL),
	TEXT("UTF-16", "\xff\xfet\0e\0x\0t\0", NULL),
	TEXT("an overlong escape",
		"a\xc0\x9b"
		"[201~",
		NULL),
	TEXT("surrogates", "\xed\xa0\x80\xed\xb0\x80", NULL),
	TEXT("a character that ends too early", "text\xe2\x82", NULL),
	TEXT("beyond Unicode", "\xf4\x90\x80\x80", NULL),
#undef TEXT
};

static void text_rules(struct test *test) {
	static const char *const types[] = { "text/plain;charset=utf-8", NULL };
	struct stage *stage = set_up(test, NULL);
	for (size_t i = 0; i < LEN(texts); i++) {
		struct served served = { .bytes = texts[i].bytes, .len = texts[i].len };
		copy_and_take(stage, types, &served);
		if (texts[i].crosses == NULL) {
			check_nothing_is_held(stage, texts[i].what);
			continue;
		}
		give_to_victim(stage);
		CHECK_TEXT(selection_text(stage->victim.selection), texts[i].crosses, "%s", texts[i].what);
	}
}

/* ---- images ---- */

static void images(struct test *test) {
	static const char *const types[] = { "image/png", NULL };
	unsigned char longer[sizeof(sample_png) + 8], broken[sizeof(sample_png)];
	memcpy(longer, sample_png, sizeof(sample_png));
	memcpy(longer + sizeof(sample_png), "<script>", 8);
	memcpy(broken, sample_png, sizeof(sample_png));
	broken[40] ^= 1; /* a colour of its palette: the sum is another */
	static const char html[] = "\x89PNG\r\n\x1a\n<html>";
	const struct {
		const char *what;
		const void *bytes;
		size_t len;
	} none[] = {
		{ "an image with something behind it", longer, sizeof(longer) },
		{ "an image that is damaged", broken, sizeof(broken) },
		{ "half an image", sample_png, sizeof(sample_png) / 2 },
		{ "HTML", "<html><script>", 14 },
		{ "HTML behind a signature", html, sizeof(html) - 1 },
		{ "a GIF", "GIF89a\1\0\1\0", 10 },
	};
	struct stage *stage = set_up(test, NULL);
	for (size_t i = 0; i < LEN(none); i++) {
		struct served served = { .bytes = none[i].bytes, .len = none[i].len };
		copy_and_take(stage, types, &served);
		check_nothing_is_held(stage, none[i].what);
	}
	struct served served = { .bytes = sample_png, .len = sizeof(sample_png) };
	copy_and_take(stage, types, &served);
	give_to_victim(stage);
	CHECK_INT(stage->victim.selection->offer->types_len, 1, "more is offered than the image");
	CHECK(offer_has_type(stage->victim.selection->offer, "image/png"), "the image is not offered");
	CHECK_INT(desktop_clipboard(stage->session).held, 0, "it is still held");
}

/* One of two is not what it says: nothing of either crosses, since the person has copied them as one. */
static void one_of_two(struct test *test) {
	static const char *const types[] = { "text/plain;charset=utf-8", "image/png", NULL };
	struct stage *stage = set_up(test, NULL);
	struct served served = { .bytes = "text, and no image", .len = 18 };
	copy_and_take(stage, types, &served);
	check_nothing_is_held(stage, "text with an image that is none");
	CHECK_INT(served.asked_len, 2, "it is not asked for both");
}

static const struct test_case cases[] = {
	{ "only listed types are asked for, offered and given", only_listed },
	{ "where none is listed nothing crosses", nothing_listed },
	{ "what the person has listed crosses, and text is text by any name", listed_by_the_person },
	{ "text crosses by its rules, or not at all", text_rules },
	{ "an image is one", images },
	{ "of two types both are right, or neither crosses", one_of_two },
};

TEST_MAIN(cases)
