/*
 * P5. A perfect fake inside the attacker's window: of the victim's frame, and of a password prompt. A client can
 * paint whatever it likes; the truth is in the position. Around it all stands the attacker's own frame, and the
 * strip says whose window has the focus.
 */

#include "tests/attacks/stage.h"

/* Enough pixels of a colour for a name tag; a few may always be by chance. */
#define TAG_PIXELS 200

/* The victim's frame, with tag and band, as it would look if this were its window. */
static void paint_frame(struct buffer *buffer) {
	buffer_fill(buffer, 0, 0, buffer->width, buffer->height, VICTIM_COLOR);
	buffer_fill(buffer, BORDER_WIDTH, BORDER_WIDTH, buffer->width - 2 * BORDER_WIDTH, BAND_HEIGHT, 0x23262d);
	buffer_fill(buffer, BORDER_WIDTH, BORDER_WIDTH, 60, BAND_HEIGHT, VICTIM_COLOR);
	buffer_fill(buffer, BORDER_WIDTH, BORDER_WIDTH + BAND_HEIGHT, buffer->width - 2 * BORDER_WIDTH,
		buffer->height - 2 * BORDER_WIDTH - BAND_HEIGHT, VICTIM_CONTENT);
}

/* A dimmed desktop with a strip that names the victim, and a prompt in the middle. */
static void paint_prompt(struct buffer *buffer) {
	buffer_fill(buffer, 0, 0, buffer->width, buffer->height, 0x05060a);
	buffer_fill(buffer, 0, 0, buffer->width, STRIP_HEIGHT, 0x16181d);
	buffer_fill(buffer, 124, 4, 60, STRIP_HEIGHT - 8, VICTIM_COLOR);
	buffer_fill(buffer, buffer->width / 4, buffer->height / 3, buffer->width / 2, buffer->height / 4, 0x23262d);
	buffer_fill(buffer, buffer->width / 4 + 10, buffer->height / 3 + 10, 60, 20, VICTIM_COLOR);
}

static void check_fake(struct stage *stage, void (*paint)(struct buffer *buffer)) {
	struct test *test = stage->test;
	struct session *session = stage->session;
	party_open(&stage->attacker, "[victim] Unlock");
	struct desktop_window victim = party_open(&stage->victim, "editor");
	party_focus(&stage->attacker);
	desktop_wait_still(session);
	struct desktop_window attacker = party_look(&stage->attacker);
	stage->attacker.window->is_manual = true;
	struct buffer *buffer = buffer_create(stage->attacker.client, attacker.content.width, attacker.content.height, 0);
	paint(buffer);
	window_show(stage->attacker.window, buffer);

	struct picture *picture = desktop_picture(session);
	struct box strip = desktop_strip();
	CHECK(picture_count(picture, &attacker.content, VICTIM_COLOR) > 0, "the fake does not show");
	desktop_check_frame(session, picture, &attacker, ATTACKER_COLOR);
	struct box band = { attacker.frame.x + BORDER_WIDTH, attacker.frame.y + BORDER_WIDTH,
		attacker.frame.width - 2 * BORDER_WIDTH, BAND_HEIGHT };
	CHECK(picture_count(picture, &band, ATTACKER_COLOR) >= TAG_PIXELS, "its band has no tag in its colour");
	CHECK_INT(picture_count(picture, &band, VICTIM_COLOR), 0, "its band has the victim's colour in it");
	CHECK(picture_count(picture, &strip, ATTACKER_COLOR) >= TAG_PIXELS, "the strip does not name the attacker");
	CHECK_INT(picture_count(picture, &strip, VICTIM_COLOR), 0, "the strip names the victim");

	/* The victim's colour stands in two places: the victim's frame, and inside of the attacker's. */
	struct box screen = { 0, 0, OUTPUT_WIDTH, OUTPUT_HEIGHT };
	size_t all = picture_count(picture, &screen, VICTIM_COLOR);
	size_t known = picture_count(picture, &attacker.content, VICTIM_COLOR) +
		picture_count(picture, &victim.frame, VICTIM_COLOR);
	CHECK_INT(all, known, "the victim's colour shows somewhere else");
	picture_destroy(picture);
}

static void fake_frame(struct test *test) {
	check_fake(stage_start(test, NULL, NULL), paint_frame);
}

static void fake_prompt(struct test *test) {
	check_fake(stage_start(test, NULL, NULL), paint_prompt);
}

static void strip_follows_focus(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "editor");
	struct box strip = desktop_strip();
	struct {
		struct party *party;
		uint32_t own, other;
	} turns[] = {
		{ &stage->attacker, ATTACKER_COLOR, VICTIM_COLOR },
		{ &stage->victim, VICTIM_COLOR, ATTACKER_COLOR },
		{ &stage->attacker, ATTACKER_COLOR, VICTIM_COLOR },
	};
	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
		party_focus(turns[i].party);
		struct picture *picture = desktop_picture(stage->session);
		CHECK(picture_count(picture, &strip, turns[i].own) >= TAG_PIXELS, "the strip does not name %s",
			turns[i].party->name);
		CHECK(picture_count(picture, &strip, turns[i].other) < TAG_PIXELS, "the strip names the other one");
		picture_destroy(picture);
	}
}

static const struct test_case cases[] = {
	{ "a fake of the victim's frame stands in the attacker's frame", fake_frame },
	{ "a fake of a prompt stands in the attacker's frame", fake_prompt },
	{ "the strip names the focused window's instance", strip_follows_focus },
};

TEST_MAIN(cases)
