/*
 * P9. Titles that want to be more than a title: that turn the text around, hide in it, break the line, run for
 * 60 KiB, are no UTF-8, or imitate a name tag. What is shown is one clean line of at most 128 characters, and the
 * tag before it is always the instance's own.
 */

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "policy/label.h"
#include "tests/attacks/stage.h"
#include "tests/protocol/lib/toplevels.h"

#define TAG_PIXELS 200

static const struct {
	const char *what, *title;
} hostile[] = {
	{ "a right-to-left override",
		"invoice \xe2\x80\xae"
		"fdp.exe" },
	{ "an isolate without end",
		"a\xe2\x81\xa7"
		"b\xe2\x81\xa6"
		"c" },
	{ "left-to-right and Arabic letter marks",
		"\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"
		"bank" },
	{ "zero-width space, joiner, non-joiner",
		"v\xe2\x80\x8bi\xe2\x80\x8c"
		"c\xe2\x80\x8dtim" },
	{ "word joiner, soft hyphen and byte order mark",
		"\xef\xbb\xbf"
		"a\xe2\x81\xa0"
		"b\xc2\xad"
		"c" },
	{ "a newline", "one\ntwo" },
	{ "carriage return, tab, vertical tab, form feed", "one\rtwo\tthree\vfour\ffive" },
	{ "line and paragraph separator", "one\xe2\x80\xa8two\xe2\x80\xa9three" },
	{ "escape sequences",
		"\x1b[31mred\x1b]0;title\x07 \xc2\x9b"
		"31m" },
	{ "tag characters",
		"a\xf3\xa0\x80\x81\xf3\xa0\x81\xa1"
		"b" },
	{ "variation selectors",
		"a\xef\xb8\x8f"
		"b\xf3\xa0\x84\x80" },
	{ "a tower of combining marks",
		"a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81" },
	{ "private use", "\xee\x80\x80 \xf3\xb0\x80\x80" },
	{ "spaces that push the rest away", "x                                                            [victim]" },
	{ "Hangul fillers", "\xe1\x85\x9f\xe1\x85\xa0\xe3\x85\xa4\xef\xbe\xa0" },
	{ "another's tag", "[victim] online banking" },
	{ "markup", "<span background='#1775fd' foreground='black'> victim </span>" },
	{ "nothing", "" },
};

/* Default-ignorable, bidirectional, line-breaking: what may not be in a line that is shown. */
static bool is_forbidden(uint32_t c) {
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x115f || c == 0x1160 ||
		(c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0x3164 ||
		(c >= 0xe000 && c <= 0xf8ff) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || c == 0xffa0 ||
		(c >= 0xe0000 && c <= 0xe0fff) || c >= 0xf0000;
}

static void check_clean(struct test *test, const char *what, const char *shown) {
	size_t characters = 0;
	bool was_space = false;
	for (size_t at = 0, len = strlen(shown); at < len; characters++) {
		uint32_t c;
		at += utf8_decode(shown + at, len - at, &c);
		CHECK(c != UTF8_INVALID, "%s: the title shown is no UTF-8", what);
		CHECK(!is_forbidden(c), "%s: U+%04X is in the title shown", what, c);
		CHECK(!(was_space && c == ' '), "%s: two spaces are in the title shown", what);
		was_space = c == ' ';
	}
	CHECK(characters <= LABEL_CHARACTERS_MAX, "%s: the title shown has %zu characters", what, characters);
}

/* The band of the attacker's window begins with the attacker's tag and holds nothing in the victim's colour. */
static void check_band(struct stage *stage, const char *what) {
	struct test *test = stage->test;
	struct desktop_window window = party_look(&stage->attacker);
	struct picture *picture = desktop_picture(stage->session);
	struct box band = { window.frame.x + BORDER_WIDTH, window.frame.y + BORDER_WIDTH,
		window.frame.width - 2 * BORDER_WIDTH, BAND_HEIGHT };
	struct box left = band;
	left.width = 40;
	desktop_check_frame(stage->session, picture, &window, ATTACKER_COLOR);
	CHECK(picture_count(picture, &left, ATTACKER_COLOR) >= TAG_PIXELS, "%s: the tag is not at its place", what);
	CHECK_INT(picture_count(picture, &band, VICTIM_COLOR), 0, "%s: the victim's colour is in the band", what);
	picture_destroy(picture);
}

static struct stage *set_up(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	return stage;
}

static void clean_titles(struct test *test) {
	struct stage *stage = set_up(test);
	struct xdg_toplevel *toplevel = stage->attacker.window->toplevel;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		/* Labels are looked at together, and not with every change: the honest one says when the other is there. */
		char mark[32];
		snprintf(mark, sizeof(mark), "title-%zu", i);
		xdg_toplevel_set_title(toplevel, hostile[i].title);
		xdg_toplevel_set_app_id(toplevel, mark);
		WAIT_FOR(strcmp(party_look(&stage->attacker).app_id, mark) == 0, "the labels are not taken");
		check_clean(test, hostile[i].what, party_look(&stage->attacker).title);
		check_band(stage, hostile[i].what);
		snprintf(mark, sizeof(mark), "app-%zu", i);
		xdg_toplevel_set_app_id(toplevel, hostile[i].title);
		xdg_toplevel_set_title(toplevel, mark);
		WAIT_FOR(strcmp(party_look(&stage->attacker).title, mark) == 0, "the labels are not taken");
		check_clean(test, hostile[i].what, party_look(&stage->attacker).app_id);
	}
	CHECK_TEXT(party_look(&stage->victim).title, "editor", "the victim's title has changed");
}

static void honest_titles(struct test *test) {
	static const char *const titles[] = {
		"report.md — editor",
		"日本語のタイトル",
		"Ελληνικά",
		"naïve café",
		"עברית",
	};
	struct stage *stage = set_up(test);
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		xdg_toplevel_set_title(stage->attacker.window->toplevel, titles[i]);
		WAIT_FOR(strcmp(party_look(&stage->attacker).title, titles[i]) == 0, "“%s” is not shown as it is", titles[i]);
	}
}

/* As many of these letters as fit into so many bytes. */
static char *repeat(const char *letter, size_t bytes) {
	size_t size = strlen(letter);
	char *title = xcalloc(bytes + 1, 1);
	for (size_t len = 0; len + size <= bytes; len += size) {
		memcpy(title + len, letter, size);
	}
	return title;
}

/* Sets it. It may cost the sender the connection, and nobody else anything. */
static void set_title(struct stage *stage, const char *title, const char *what) {
	struct test *test = stage->test;
	struct party *attacker = &stage->attacker;
	xdg_toplevel_set_title(attacker->window->toplevel, title);
	if (!client_try_roundtrip(attacker->client)) {
		party_reconnect(attacker);
		party_open(attacker, "game");
	}
	check_clean(test, what, party_look(attacker).title);
	check_band(stage, what);
	client_roundtrip(stage->victim.client);
}

static void long_titles(struct test *test) {
	static const size_t lengths[] = { 128, 129, 4000, 60000 };
	static const char *const letters[] = { "x", "\xc3\xa9", "\xf0\x9f\xa6\x8a" };
	struct stage *stage = set_up(test);
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		for (size_t j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
			char *title = repeat(letters[i], lengths[j]);
			set_title(stage, title, "a long title");
			free(title);
		}
	}
}

static void invalid_utf8(struct test *test) {
	static const char *const titles[] = {
		"\xff\xfe",
		("a\xc0\xaf"
		 "b"),
		"\xe2\x80",
		"\xed\xa0\x80",
		"\xf4\x90\x80\x80",
		"\xf8\x88\x80\x80\x80",
		"\x80",
	};
	struct stage *stage = set_up(test);
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		set_title(stage, titles[i], "invalid UTF-8");
	}
}

/* What a bar or a switcher is told of the window, which it will show beside those of others. */
static void told_to_bars(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	struct party *attacker = &stage->attacker;
	party_open(attacker, "game");
	struct client *bar = stage_is_ours(stage) ? session_shell(stage->session) : session_connect(stage->session, "victim");
	struct toplevels *toplevels = toplevels_create(bar);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		char mark[32];
		snprintf(mark, sizeof(mark), "title-%zu", i);
		xdg_toplevel_set_title(attacker->window->toplevel, hostile[i].title);
		xdg_toplevel_set_app_id(attacker->window->toplevel, mark);
		const struct toplevel *told = NULL;
		WAIT_FOR((told = toplevels_find(toplevels, mark)) != NULL, "the labels are not taken");
		test_settle(test);
		check_clean(test, hostile[i].what, told->title != NULL ? told->title : "");
	}
}

static const struct test_case cases[] = {
	{ "what a bar is told of a title is one clean line", told_to_bars, ANYWHERE },
	{ "hostile titles are shown as one clean line after the true tag", clean_titles },
	{ "honest titles are shown as they are", honest_titles },
	{ "long titles are cut at 128 characters", long_titles },
	{ "invalid UTF-8 is cleaned or refused, and harms its sender only", invalid_utf8 },
};

TEST_MAIN(cases)
