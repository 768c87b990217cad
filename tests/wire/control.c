#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/log.h"
#include "forms.h"
#include "wire/control.h"

#define REQUEST struct control_words
#define INSTANCE struct control_instance
#define WINDOW struct session_window
#define CLIPBOARD struct session_clipboard
#define LIMITS struct session_limits
#define SANDBOX struct control_sandbox
#define NOTHING { { .kind = PART_END } }
/* Of a request that has no words. */
#define WORDS_UNUSED (sizeof(uint32_t) + CONTROL_WORDS_SIZE)

static const struct form forms[] = {
	{ CONTROL_RUN, CONTROL_COFFER, 0, sizeof(REQUEST), 0,
		{
			NAME(REQUEST, name, "work"),
			WORDS(REQUEST, words, words_len, 4, "foot\0-e\0\0\x1b\xff\n"),
		} },
	{ CONTROL_PS, CONTROL_COFFER, 0, 0, 0, NOTHING },
	{ CONTROL_STOP, CONTROL_COFFER, 0, sizeof(REQUEST), WORDS_UNUSED, { NAME(REQUEST, name, "work") } },
	{ CONTROL_KILL, CONTROL_COFFER, 0, sizeof(REQUEST), WORDS_UNUSED, { NAME(REQUEST, name, "work") } },
	{ CONTROL_WINDOWS, CONTROL_COFFER, 0, 0, 0, NOTHING },
	{ CONTROL_CLIPBOARD_STATUS, CONTROL_COFFER, 0, 0, 0, NOTHING },
	{ CONTROL_CLIPBOARD_CLEAR, CONTROL_COFFER, 0, 0, 0, NOTHING },
	{ CONTROL_RELOAD, CONTROL_COFFER, 0, 0, 0, NOTHING },
	{ CONTROL_QUIT, CONTROL_COFFER, 0, 0, 0, NOTHING },
	{ CONTROL_SOCKET, CONTROL_COFFER, 0, sizeof(REQUEST), WORDS_UNUSED, { NAME_OR_EMPTY(REQUEST, name, "work") } },
	{ CONTROL_LOGS, CONTROL_COFFER, 0, sizeof(REQUEST), WORDS_UNUSED, { NAME(REQUEST, name, "work") } },
	{ CONTROL_LIMITS, CONTROL_COFFER, 0, sizeof(REQUEST), WORDS_UNUSED, { NAME_OR_EMPTY(REQUEST, name, "work") } },
	{ CONTROL_INSTANCE, CONTROL_SUPERVISOR, 0, sizeof(INSTANCE), 4,
		{
			NAME(INSTANCE, name, "bank"),
			TEXT(INSTANCE, state, "running"),
			U32(INSTANCE, frozen, 1, 0, 1),
			TEXT(INSTANCE, backend, "bubblewrap"),
			TEXT(INSTANCE, network, "nat"),
			U32(INSTANCE, color, 0x1775fd, 0, 0xffffff),
			ANY_U32(INSTANCE, pids, 12),
			ANY_U64(INSTANCE, memory, 0x0102030405060708),
			ANY_U32(INSTANCE, windows, 3),
			ANY_U32(INSTANCE, clients, 2),
			TEXT(INSTANCE, met, "surfaces, memory"),
			TEXT(INSTANCE, reason, "it was told to"),
		} },
	{ CONTROL_LIMITS_OF, CONTROL_SUPERVISOR, 0, sizeof(LIMITS), 4,
		{
			ANY_U32(LIMITS, query, 101),
			NAME(LIMITS, name, "agent"),
			ANY_U64S(LIMITS, used, 1),
			ANY_U64S(LIMITS, most, 20),
			ANY_U64S(LIMITS, limit, 4096),
			ANY_U64S(LIMITS, met, 0),
		} },
	{ CONTROL_SANDBOX, CONTROL_SUPERVISOR, 0, sizeof(SANDBOX), 4,
		{
			NAME(SANDBOX, name, "agent"),
			TEXT(SANDBOX, how, "systemd"),
			TEXT(SANDBOX, why, "systemd-run is not installed"),
			ANY_U64S(SANDBOX, used, 1),
			ANY_U64S(SANDBOX, most, 20),
			ANY_U64S(SANDBOX, limit, 4096),
			ANY_U64S(SANDBOX, met, 0),
			ANY_U32(SANDBOX, cpu_weight, 100),
		} },
	{ CONTROL_WINDOW, CONTROL_SUPERVISOR, 0, sizeof(WINDOW), 0,
		{
			ANY_U32(WINDOW, query, 99),
			ANY_U32(WINDOW, id, 1),
			NAME_OR_EMPTY(WINDOW, name, "work"),
			TEXT(WINDOW, title, "~ \xe2\x80\x94 foot"),
			TEXT(WINDOW, app_id, "foot"),
			TEXT(WINDOW, output, "HEADLESS-1"),
			U32(WINDOW, workspace, 1, 1, 9),
			ANY_U32(WINDOW, x, 8),
			ANY_U32(WINDOW, y, (uint32_t)-36),
			U32(WINDOW, width, 1264, 0, INT32_MAX),
			U32(WINDOW, height, 676, 0, INT32_MAX),
			ANY_U32(WINDOW, content_x, 11),
			ANY_U32(WINDOW, content_y, 63),
			U32(WINDOW, content_width, 1258, 0, INT32_MAX),
			U32(WINDOW, content_height, 646, 0, INT32_MAX),
			U32(WINDOW, flags, WINDOW_FLOATING, 0, 63),
		} },
	{ CONTROL_CLIPBOARD, CONTROL_SUPERVISOR, 0, sizeof(CLIPBOARD), 4,
		{
			ANY_U32(CLIPBOARD, query, 100),
			U32(CLIPBOARD, held, 1, 0, 1),
			NAME_OR_EMPTY(CLIPBOARD, name, "work"),
			TEXT(CLIPBOARD, types, "text"),
			ANY_U64(CLIPBOARD, size, 12),
			ANY_U32(CLIPBOARD, seconds, 59),
		} },
	{ CONTROL_LINE, CONTROL_SUPERVISOR, 0, sizeof(struct control_line), 0,
		{
			TEXT(struct control_line, text, "/run/user/1000/cofferdam/instances/work/wayland-0"),
		} },
	{ CONTROL_ERROR, CONTROL_SUPERVISOR, 0, sizeof(struct control_error), 0,
		{
			U32(struct control_error, code, EXIT_CODE_UNKNOWN, 1, 5),
			TEXT(struct control_error, text, "there is no instance \"wrok\"; coffer ps lists them"),
		} },
	{ CONTROL_END, CONTROL_SUPERVISOR, 0, 0, 0, NOTHING },
	{ CONTROL_PLACES, CONTROL_COFFER, 0, sizeof(REQUEST), WORDS_UNUSED, { NAME_OR_EMPTY(REQUEST, name, "work") } },
	{ CONTROL_HOLD, CONTROL_COFFER, 0, sizeof(REQUEST), WORDS_UNUSED, { NAME(REQUEST, name, "work") } },
	{ CONTROL_PLACE, CONTROL_SUPERVISOR, 0, sizeof(struct control_place), 0,
		{
			TEXT(struct control_place, config, "/home/me/.config/cofferdam/config"),
			TEXT(struct control_place, store, "/home/me/.local/state/cofferdam"),
			ANY_U32(struct control_place, pid, 4711),
		} },
	{ CONTROL_HELD, CONTROL_SUPERVISOR, 0, sizeof(struct control_held), 0, { ANY_U32(struct control_held, unstopped, 2) } },
};

static bool send_message(struct channel *channel, int sender, uint32_t type, void *message, int *fds) {
	struct control_message *typed = message;
	typed->type = type;
	return control_send(channel, (enum control_end)sender, typed);
}

static bool decode_message(struct message *untrusted_message, int sender, void *message, uint32_t *type, int *fds) {
	struct control_message *typed = message;
	bool accepted = control_decode(untrusted_message, (enum control_end)sender, typed);
	*type = typed->type;
	return accepted;
}

static const struct conversation conversation = {
	.forms = forms,
	.forms_len = sizeof(forms) / sizeof(forms[0]),
	.last_type = CONTROL_TYPES - 1,
	.message_size = sizeof(struct control_message),
	.body_offset = offsetof(struct control_message, request),
	.send = send_message,
	.decode = decode_message,
};

#include "every_form.h"

/* ---- words ---- */

static char many[CONTROL_WORDS_SIZE + 2]; /* zero bytes: as many empty words */

static const struct {
	const char *words;
	size_t length;
	uint32_t count;
	bool valid;
} words[] = {
	{ "foot\0", 5, 1, true },
	{ "\0", 1, 1, true }, /* an empty word is a word */
	{ "sh\0-c\0echo \"\n\"\0", 15, 3, true },
	{ many, CONTROL_WORDS_MAX, CONTROL_WORDS_MAX, true },
	{ "", 0, 0, false }, /* nothing to run */
	{ "foot\0", 5, 0, false },
	{ "foot\0", 5, 2, false },
	{ "foot\0-e\0", 8, 1, false },
	{ "foot\0", 5, UINT32_MAX, false },
	{ "foot", 4, 1, false }, /* without its end */
	{ "foot\0-e", 7, 2, false },
	{ "foot\0-e", 7, 1, false },
	{ "", 0, 1, false },
	{ many, CONTROL_WORDS_MAX + 1, CONTROL_WORDS_MAX + 1, false },
	{ many, CONTROL_WORDS_SIZE + 1, CONTROL_WORDS_SIZE + 1, false },
};

static bool decode_words(const char *data, size_t length, uint32_t count, struct control_message *decoded) {
	struct message message;
	message_init(&message, CONTROL_RUN);
	message_put_string(&message, "work");
	message_put_u32(&message, count);
	message_put_bytes(&message, data, length);
	assert_false(message.broken);
	return control_decode(&message, CONTROL_COFFER, decoded);
}

static void test_words_in(void **state) {
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct control_message decoded;
		if (decode_words(words[i].words, words[i].length, words[i].count, &decoded) != words[i].valid) {
			fail_msg("row %zu should be %s", i, words[i].valid ? "accepted" : "refused");
		}
		if (words[i].valid) {
			assert_int_equal(decoded.request.words_len, words[i].count);
			assert_memory_equal(decoded.request.words, words[i].words, words[i].length);
		}
	}
}

/* One word that fills all the room, and one a byte longer. */
static void test_largest_word(void **state) {
	struct control_message *decoded = malloc(sizeof(*decoded));
	char *word = malloc(CONTROL_WORDS_SIZE + 1);
	memset(word, 'a', CONTROL_WORDS_SIZE + 1);
	word[CONTROL_WORDS_SIZE - 1] = '\0';
	assert_true(decode_words(word, CONTROL_WORDS_SIZE, 1, decoded));
	assert_memory_equal(decoded->request.words, word, CONTROL_WORDS_SIZE);
	word[CONTROL_WORDS_SIZE - 1] = 'a';
	word[CONTROL_WORDS_SIZE] = '\0';
	assert_false(decode_words(word, CONTROL_WORDS_SIZE + 1, 1, decoded));
	free(word);
	free(decoded);
}

static void test_words_out(void **state) {
	int sockets[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	struct channel *sender = channel_create(sockets[0]), *receiver = channel_create(sockets[1]);
	struct message received;
	struct control_message message = { .type = CONTROL_RUN, .request = { .name = "work" } };

	message.request.words_len = 0;
	assert_false(control_send(sender, CONTROL_COFFER, &message));
	message.request.words_len = CONTROL_WORDS_MAX + 1;
	assert_false(control_send(sender, CONTROL_COFFER, &message));

	/* Counted, but one without an end. */
	memset(message.request.words, 'a', CONTROL_WORDS_SIZE);
	message.request.words_len = 1;
	assert_false(control_send(sender, CONTROL_COFFER, &message));
	message.request.words[10] = '\0';
	message.request.words_len = 2;
	assert_false(control_send(sender, CONTROL_COFFER, &message));
	assert_int_equal(channel_receive(receiver, &received), CHANNEL_AGAIN);

	/* What lies behind the last word does not travel. */
	message.request.words_len = 1;
	assert_true(control_send(sender, CONTROL_COFFER, &message));
	assert_int_equal(channel_receive(receiver, &received), CHANNEL_MESSAGE);
	assert_true(control_decode(&received, CONTROL_COFFER, &message));
	assert_string_equal(message.request.words, "aaaaaaaaaa");
	for (size_t i = 11; i < CONTROL_WORDS_SIZE; i++) {
		assert_int_equal(message.request.words[i], '\0');
	}

	/* As large as it gets. */
	memset(message.request.words, 'a', CONTROL_WORDS_SIZE);
	message.request.words[CONTROL_WORDS_SIZE - 1] = '\0';
	assert_true(control_send(sender, CONTROL_COFFER, &message));
	assert_int_equal(channel_receive(receiver, &received), CHANNEL_MESSAGE);
	assert_true(control_decode(&received, CONTROL_COFFER, &message));
	channel_destroy(sender);
	channel_destroy(receiver);
}

int main(void) {
	log_init("test", LOG_ERROR); /* a line for each refusal would bury what failed */
	const struct CMUnitTest tests[] = {
		EVERY_FORM_TESTS,
		cmocka_unit_test(test_words_in),
		cmocka_unit_test(test_largest_word),
		cmocka_unit_test(test_words_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
