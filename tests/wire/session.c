#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include "base/log.h"
#include "forms.h"
#include "wire/session.h"

#define BODY(name) struct session_##name

static const struct form forms[] = {
	{ SESSION_CONFIG, SESSION_SUPERVISOR, 2, sizeof(BODY(config)), 0,
		{
			ANY_U32(BODY(config), serial, 0x01020304),
		} },
	{ SESSION_LISTEN, SESSION_SUPERVISOR, 1, sizeof(BODY(listen)), 0,
		{
			NAME_OR_EMPTY(BODY(listen), name, "work"),
		} },
	{ SESSION_FORGET, SESSION_SUPERVISOR, 0, sizeof(BODY(forget)), 0,
		{
			NAME(BODY(forget), name, "work-2"),
		} },
	{ SESSION_STATE, SESSION_SUPERVISOR, 0, sizeof(BODY(state)), 4,
		{
			NAME(BODY(state), name, "bank"),
			U32(BODY(state), state, INSTANCE_FAILED, 0, 5),
			U32(BODY(state), frozen, 1, 0, 1),
			ANY_U32(BODY(state), pids, 17),
			U32(BODY(state), backend, 2, 0, 2),
			U32(BODY(state), network, 1, 0, 1),
			ANY_U64(BODY(state), memory, 0x0102030405060708),
			TEXT(BODY(state), reason, "bwrap: no such file"),
		} },
	{ SESSION_NOTICE, SESSION_SUPERVISOR, 0, sizeof(BODY(notice)), 0,
		{
			U32(BODY(notice), level, NOTICE_WARNING, 0, 1),
			NAME_OR_EMPTY(BODY(notice), name, "vault"),
			TEXT(BODY(notice), text, "the config has an error in line 3"),
		} },
	{ SESSION_QUERY, SESSION_SUPERVISOR, 0, sizeof(BODY(query_message)), 0,
		{
			ANY_U32(BODY(query_message), id, 99),
			U32(BODY(query_message), what, QUERY_LIMITS, 1, 3),
		} },
	{ SESSION_CLIPBOARD_CLEAR, SESSION_SUPERVISOR, 0, 0, 0, { { .kind = PART_END } } },
	{ SESSION_SPAWNED, SESSION_SUPERVISOR, 0, sizeof(BODY(spawned)), 0,
		{
			NAME_OR_EMPTY(BODY(spawned), name, "work"),
		} },
	{ SESSION_READY, SESSION_COMPOSITOR, 0, sizeof(BODY(ready)), 0,
		{
			ANY_U32(BODY(ready), serial, 2),
			U32(BODY(ready), accepted, 1, 0, 1),
			TEXT(BODY(ready), reason, "no such layout"),
		} },
	{ SESSION_BIND, SESSION_COMPOSITOR, 0, sizeof(BODY(bind)), 0,
		{
			ANY_U32(BODY(bind), serial, 3),
			ANY_U32(BODY(bind), index, 4),
		} },
	{ SESSION_ORDER, SESSION_COMPOSITOR, 0, sizeof(BODY(order_message)), 0,
		{
			NAME(BODY(order_message), name, "agent"),
			U32(BODY(order_message), order, ORDER_KILL, 1, 4),
		} },
	{ SESSION_WINDOW, SESSION_COMPOSITOR, 0, sizeof(BODY(window)), 0,
		{
			ANY_U32(BODY(window), query, 99),
			ANY_U32(BODY(window), id, 1),
			NAME_OR_EMPTY(BODY(window), name, "work"),
			TEXT(BODY(window), title, "~ \xe2\x80\x94 foot"),
			TEXT(BODY(window), app_id, "foot"),
			TEXT(BODY(window), output, "HEADLESS-1"),
			U32(BODY(window), workspace, 9, 1, 9),
			ANY_U32(BODY(window), x, (uint32_t)-8),
			ANY_U32(BODY(window), y, 36),
			U32(BODY(window), width, 1264, 0, INT32_MAX),
			U32(BODY(window), height, 676, 0, INT32_MAX),
			ANY_U32(BODY(window), content_x, 11),
			ANY_U32(BODY(window), content_y, 63),
			U32(BODY(window), content_width, 1258, 0, INT32_MAX),
			U32(BODY(window), content_height, 646, 0, INT32_MAX),
			U32(BODY(window), flags, WINDOW_FOCUSED | WINDOW_VISIBLE, 0, 63),
		} },
	{ SESSION_CLIPBOARD, SESSION_COMPOSITOR, 0, sizeof(BODY(clipboard)), 4,
		{
			ANY_U32(BODY(clipboard), query, 100),
			U32(BODY(clipboard), held, 1, 0, 1),
			NAME_OR_EMPTY(BODY(clipboard), name, "work"),
			TEXT(BODY(clipboard), types, "text image/png"),
			ANY_U64(BODY(clipboard), size, 16777216),
			ANY_U32(BODY(clipboard), seconds, 59),
		} },
	{ SESSION_QUERY_END, SESSION_COMPOSITOR, 0, sizeof(BODY(query_end)), 0,
		{
			ANY_U32(BODY(query_end), query, 100),
		} },
	{ SESSION_WINDOWS, SESSION_COMPOSITOR, 0, sizeof(BODY(windows)), 0,
		{
			NAME_OR_EMPTY(BODY(windows), name, "work"),
			ANY_U32(BODY(windows), windows, 3),
			ANY_U32(BODY(windows), clients, 2),
		} },
	{ SESSION_MEASURE, SESSION_COMPOSITOR, 0, 0, 0, { { .kind = PART_END } } },
	{ SESSION_CLOSED, SESSION_COMPOSITOR, 0, 0, 0, { { .kind = PART_END } } },
	{ SESSION_LIMITS, SESSION_COMPOSITOR, 0, sizeof(BODY(limits)), 4,
		{
			ANY_U32(BODY(limits), query, 101),
			NAME(BODY(limits), name, "agent"),
			ANY_U64S(BODY(limits), used, 0x0102030405060708),
			ANY_U64S(BODY(limits), most, 20),
			ANY_U64S(BODY(limits), limit, 4096),
			ANY_U64S(BODY(limits), met, 0),
		} },
};

static bool send_message(struct channel *channel, int sender, uint32_t type, void *message, int *fds) {
	struct session_message *typed = message;
	typed->type = type;
	memcpy(typed->fds, fds, sizeof(typed->fds));
	bool sent = session_send(channel, (enum session_end)sender, typed);
	memcpy(fds, typed->fds, sizeof(typed->fds));
	return sent;
}

static bool decode_message(struct message *untrusted_message, int sender, void *message, uint32_t *type, int *fds) {
	struct session_message *typed = message;
	bool accepted = session_decode(untrusted_message, (enum session_end)sender, typed);
	*type = typed->type;
	memcpy(fds, typed->fds, sizeof(typed->fds));
	return accepted;
}

static const struct conversation conversation = {
	.forms = forms,
	.forms_len = sizeof(forms) / sizeof(forms[0]),
	.last_type = SESSION_LIMITS,
	.message_size = sizeof(struct session_message),
	.body_offset = offsetof(struct session_message, config),
	.send = send_message,
	.decode = decode_message,
};

#include "every_form.h"

/* A message that was declared without a word about descriptors: those it has none of are not ours to touch. */
static void test_unused_fds_are_left_alone(void **state) {
	struct channel *channel = channel_create(-1);
	struct session_message message = { .type = SESSION_CLIPBOARD_CLEAR, .fds = { 0, 0 } };
	session_send(channel, SESSION_SUPERVISOR, &message);
	assert_int_equal(message.fds[0], 0);
	assert_int_equal(message.fds[1], 0);
	channel_destroy(channel);
}

int main(void) {
	log_init("test", LOG_ERROR); /* a line for each refusal would bury what failed */
	const struct CMUnitTest tests[] = {
		EVERY_FORM_TESTS,
		cmocka_unit_test(test_unused_fds_are_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
