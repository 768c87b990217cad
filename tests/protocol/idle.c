/*
 * What the shell's helpers are told of the person's doing nothing, and how an instance that may holds it off: while a
 * window of its own that wants it can be seen, and no longer.
 */

#include "ext-idle-notify-v1-client-protocol.h"
#include "idle-inhibit-unstable-v1-client-protocol.h"
#include "tests/attacks/stage.h"

#define TIMEOUT_MS 300

struct notification {
	struct ext_idle_notification_v1 *object;
	size_t idled, resumed;
};

static void handle_idled(void *data, struct ext_idle_notification_v1 *object) {
	struct notification *notification = data;
	notification->idled++;
}

static void handle_resumed(void *data, struct ext_idle_notification_v1 *object) {
	struct notification *notification = data;
	notification->resumed++;
}

static const struct ext_idle_notification_v1_listener listener = { .idled = handle_idled, .resumed = handle_resumed };

static struct ext_idle_notifier_v1 *bind_notifier(struct stage *stage) {
	return client_bind(session_shell(stage->session), &ext_idle_notifier_v1_interface, 2);
}

/* input: whatever anybody inhibits. */
static void notify(struct stage *stage, struct ext_idle_notifier_v1 *notifier, struct notification *notification,
	bool input, uint32_t timeout) {
	struct wl_seat *wl_seat = client_wl_seat(session_shell(stage->session));
	*notification = (struct notification){ 0 };
	notification->object = input ? ext_idle_notifier_v1_get_input_idle_notification(notifier, timeout, wl_seat)
								 : ext_idle_notifier_v1_get_idle_notification(notifier, timeout, wl_seat);
	ext_idle_notification_v1_add_listener(notification->object, &listener, notification);
	test_settle(stage->test);
}

static void idles_and_resumes(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	struct notification notification;
	notify(stage, bind_notifier(stage), &notification, false, TIMEOUT_MS);
	WAIT_FOR(notification.idled == 1, "nobody does anything, and it is not told");
	virtual_keyboard_tap(stage->keyboard, KEY_A);
	WAIT_FOR(notification.resumed == 1, "a key is not told");
	WAIT_FOR(notification.idled == 2, "it is told once only");
	virtual_pointer_move(stage->pointer, 300, 300);
	WAIT_FOR(notification.resumed == 2, "the pointer's motion is not told");
	WAIT_FOR(notification.idled == 3, "it is told twice only");
	/* Also what no client hears of. */
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_ESC);
	WAIT_FOR(notification.resumed == 3, "a chord is not told");
	WAIT_FOR(notification.idled == 4, "it is told thrice only");
	virtual_pointer_button(stage->pointer, BTN_LEFT, true);
	WAIT_FOR(notification.resumed == 4, "a click on the owners is not told");
	virtual_pointer_button(stage->pointer, BTN_LEFT, false);
}

/* The one that heeds inhibitors is due first; when the other is, it must not have been told. */
static bool is_inhibited(struct stage *stage, struct ext_idle_notifier_v1 *notifier) {
	struct test *test = stage->test;
	struct notification heeding, clock;
	notify(stage, notifier, &heeding, false, TIMEOUT_MS);
	notify(stage, notifier, &clock, true, 2 * TIMEOUT_MS);
	WAIT_FOR(clock.idled == 1, "what heeds no inhibitor is not told");
	test_settle(test);
	bool inhibited = heeding.idled == 0;
	ext_idle_notification_v1_destroy(heeding.object);
	ext_idle_notification_v1_destroy(clock.object);
	return inhibited;
}

static void inhibitors(struct test *test) {
	struct stage *stage = stage_start(
		test, "bind Super+2 workspace 2\nbind Super+1 workspace 1\n", "\tallow idle-inhibit\n");
	struct ext_idle_notifier_v1 *notifier = bind_notifier(stage);
	CHECK(client_find(stage->victim.client, "zwp_idle_inhibit_manager_v1") == NULL, "it is offered without a grant");
	struct zwp_idle_inhibit_manager_v1 *manager = client_bind(
		stage->attacker.client, &zwp_idle_inhibit_manager_v1_interface, 1);

	/* On a surface that shows nowhere. */
	struct wl_surface *bare = wl_compositor_create_surface(client_compositor(stage->attacker.client));
	zwp_idle_inhibit_manager_v1_create_inhibitor(manager, bare);
	party_open(&stage->attacker, "film");
	CHECK(!is_inhibited(stage, notifier), "a surface that nobody sees holds it off");

	struct zwp_idle_inhibitor_v1 *inhibitor = zwp_idle_inhibit_manager_v1_create_inhibitor(
		manager, stage->attacker.window->surface);
	test_settle(test);
	CHECK(is_inhibited(stage, notifier), "a visible window does not hold it off");
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_2);
	test_settle(test);
	CHECK(!is_inhibited(stage, notifier), "a window on another workspace holds it off");
	virtual_keyboard_chord(stage->keyboard, MOD_SUPER, KEY_1);
	test_settle(test);
	CHECK(is_inhibited(stage, notifier), "back in sight it does not hold it off");
	zwp_idle_inhibitor_v1_destroy(inhibitor);
	test_settle(test);
	CHECK(!is_inhibited(stage, notifier), "it holds it off after its end");
	zwp_idle_inhibit_manager_v1_create_inhibitor(manager, stage->attacker.window->surface);
	test_settle(test);
	CHECK(is_inhibited(stage, notifier), "the next one does not hold it off");
	window_unmap(stage->attacker.window);
	test_settle(test);
	CHECK(!is_inhibited(stage, notifier), "a window that is gone holds it off");
}

static const struct test_case cases[] = {
	{ "the shell is told when nothing is done, and when something is", idles_and_resumes },
	{ "a granted window holds it off while it can be seen", inhibitors },
};

TEST_MAIN(cases)
