#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include "wire/vm.h"

struct stream {
	int host, guest;
	struct vm_reader reader;
	struct vm_writer writer;
	struct vm_frame frame;
	struct init_message message;
};

static int set_up(void **state) {
	struct stream *stream = calloc(1, sizeof(*stream));
	int fds[2];
	if (stream == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) {
		free(stream);
		return -1;
	}
	stream->host = fds[0];
	stream->guest = fds[1];
	*state = stream;
	return 0;
}

static int tear_down(void **state) {
	struct stream *stream = *state;
	close(stream->host);
	close(stream->guest);
	free(stream);
	return 0;
}

static void set_start(struct init_message *message, uint32_t id) {
	init_message_set(message, INIT_START, id, 0);
	assert_true(init_message_add_argument(message, "foot"));
	assert_true(init_message_add_environment(message, "A=1"));
}

static void test_message(void **state) {
	struct stream *stream = *state;
	set_start(&stream->message, 7);
	assert_true(vm_send(&stream->writer, VM_INIT, 2, &stream->message));
	assert_true(vm_send(&stream->writer, VM_SYNC, 0, NULL));
	assert_true(vm_is_waiting(&stream->writer));
	assert_true(vm_flush(&stream->writer, stream->host));
	assert_false(vm_is_waiting(&stream->writer));

	assert_int_equal(vm_receive(&stream->reader, stream->guest, INIT_SUPERVISOR, &stream->frame), VM_FRAME);
	assert_int_equal(stream->frame.header.type, VM_INIT);
	assert_int_equal(stream->frame.header.value, 2);
	assert_int_equal(stream->frame.message.header.id, 7);
	assert_int_equal(stream->frame.message.words_length, stream->message.words_length);
	assert_memory_equal(stream->frame.message.words, "foot\0A=1", 9);
	assert_int_equal(vm_receive(&stream->reader, stream->guest, INIT_SUPERVISOR, &stream->frame), VM_FRAME);
	assert_int_equal(stream->frame.header.type, VM_SYNC);
	assert_int_equal(vm_receive(&stream->reader, stream->guest, INIT_SUPERVISOR, &stream->frame), VM_AGAIN);
}

/* As a stream may bring it: byte by byte. */
static void test_pieces(void **state) {
	struct stream *stream = *state;
	unsigned char bytes[256];
	set_start(&stream->message, 9);
	assert_true(vm_send(&stream->writer, VM_INIT, 1, &stream->message));
	assert_true(vm_flush(&stream->writer, stream->host));
	ssize_t n = recv(stream->guest, bytes, sizeof(bytes), 0);
	assert_true(n > 0);
	for (ssize_t i = 0; i < n; i++) {
		assert_int_equal(vm_receive(&stream->reader, stream->guest, INIT_SUPERVISOR, &stream->frame), VM_AGAIN);
		assert_int_equal(send(stream->host, &bytes[i], 1, 0), 1);
	}
	assert_int_equal(vm_receive(&stream->reader, stream->guest, INIT_SUPERVISOR, &stream->frame), VM_FRAME);
	assert_int_equal(stream->frame.message.header.id, 9);
}

/* Nothing that is not exactly of its end's form is let through. */
static void test_hostile(void **state) {
	static const struct {
		const char *what;
		enum init_end sender;
		struct vm_header header;
		struct init_header init;
		size_t init_size; /* bytes sent of it */
	} rows[] = {
		{ "no type", INIT_GUEST, { .type = 0 }, { 0 }, 0 },
		{ "an unknown type", INIT_GUEST, { .type = 99 }, { 0 }, 0 },
		{ "a size that is no message's", INIT_GUEST, { .type = VM_INIT, .size = 4 }, { 0 }, 4 },
		{ "a size of nothing", INIT_GUEST, { .type = VM_INIT }, { 0 }, 0 },
		{ "a size above all", INIT_GUEST, { .type = VM_INIT, .size = UINT32_MAX }, { 0 }, 0 },
		{ "one byte too many", INIT_GUEST,
			{ .type = VM_INIT, .size = sizeof(struct init_header) + INIT_WORDS_SIZE + 1 }, { 0 }, 0 },
		{ "an order from the guest", INIT_GUEST, { .type = VM_INIT, .size = sizeof(struct init_header) },
			{ .type = INIT_TERMINATE }, sizeof(struct init_header) },
		{ "a start from the guest", INIT_GUEST, { .type = VM_INIT, .size = sizeof(struct init_header), .value = 1 },
			{ .type = INIT_START, .argv_len = 1 }, sizeof(struct init_header) },
		{ "an answer from the host", INIT_SUPERVISOR, { .type = VM_INIT, .size = sizeof(struct init_header) },
			{ .type = INIT_STARTED }, sizeof(struct init_header) },
		{ "outputs of an answer", INIT_GUEST, { .type = VM_INIT, .size = sizeof(struct init_header), .value = 1 },
			{ .type = INIT_STARTED }, sizeof(struct init_header) },
		{ "counts without words", INIT_GUEST, { .type = VM_INIT, .size = sizeof(struct init_header) },
			{ .type = INIT_EXITED, .argv_len = 1 }, sizeof(struct init_header) },
		{ "a start of nothing", INIT_SUPERVISOR, { .type = VM_INIT, .size = sizeof(struct init_header), .value = 1 },
			{ .type = INIT_START }, sizeof(struct init_header) },
		{ "time from the guest", INIT_GUEST, { .type = VM_CLOCK, .value = 1 }, { 0 }, 0 },
		{ "time before all time", INIT_SUPERVISOR, { .type = VM_CLOCK, .value = -1 }, { 0 }, 0 },
		{ "an order to sync from the guest", INIT_GUEST, { .type = VM_SYNC }, { 0 }, 0 },
		{ "sync with a body", INIT_SUPERVISOR, { .type = VM_SYNC, .size = 4 }, { 0 }, 4 },
		{ "sync with a value", INIT_SUPERVISOR, { .type = VM_SYNC, .value = 1 }, { 0 }, 0 },
		{ "an answer to it with a value", INIT_GUEST, { .type = VM_SYNCED, .value = 1 }, { 0 }, 0 },
		{ "an answer to it from the host", INIT_SUPERVISOR, { .type = VM_SYNCED }, { 0 }, 0 },
		{ "goodbye from the host", INIT_SUPERVISOR, { .type = VM_BYE }, { 0 }, 0 },
		{ "an unknown goodbye", INIT_GUEST, { .type = VM_BYE, .value = VM_END_DISPLAY + 1 }, { 0 }, 0 },
		{ "a negative goodbye", INIT_GUEST, { .type = VM_BYE, .value = -1 }, { 0 }, 0 },
	};
	struct stream *stream = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned char drained[256];
		stream->reader.length = 0;
		assert_int_equal(send(stream->host, &rows[i].header, sizeof(rows[i].header), 0), sizeof(rows[i].header));
		assert_int_equal(send(stream->host, &rows[i].init, rows[i].init_size, 0), rows[i].init_size);
		if (vm_receive(&stream->reader, stream->guest, rows[i].sender, &stream->frame) != VM_CLOSED) {
			fail_msg("accepted: %s", rows[i].what);
		}
		while (recv(stream->guest, drained, sizeof(drained), 0) > 0) {
		}
	}
}

static void test_end(void **state) {
	struct stream *stream = *state;
	const struct vm_header header = { .type = VM_SYNCED };
	assert_int_equal(send(stream->guest, &header, sizeof(header) - 1, 0), sizeof(header) - 1);
	assert_int_equal(vm_receive(&stream->reader, stream->host, INIT_GUEST, &stream->frame), VM_AGAIN);
	shutdown(stream->guest, SHUT_RDWR);
	assert_int_equal(vm_receive(&stream->reader, stream->host, INIT_GUEST, &stream->frame), VM_CLOSED);
	assert_true(vm_send(&stream->writer, VM_SYNC, 0, NULL));
	assert_false(vm_flush(&stream->writer, stream->host)); /* and no SIGPIPE */
}

/* One that does not read gets no more than the queue has room for, and all of that once it does. */
static void test_slow_reader(void **state) {
	struct stream *stream = *state;
	uint32_t sent = 0, received = 0;
	static char large[40000];
	memset(large, 'x', sizeof(large) - 1);
	for (;; sent++) {
		init_message_set(&stream->message, INIT_START, sent, 0);
		assert_true(init_message_add_argument(&stream->message, large));
		bool has_room = vm_has_room(&stream->writer);
		bool taken = vm_send(&stream->writer, VM_INIT, 1, &stream->message);
		assert_true(taken || !has_room);
		if (!taken) {
			break;
		}
		assert_true(vm_flush(&stream->writer, stream->host));
		assert_true(sent < 1000);
	}
	assert_true(vm_is_waiting(&stream->writer));
	while (received < sent) {
		assert_true(vm_flush(&stream->writer, stream->host));
		enum vm_result result = vm_receive(&stream->reader, stream->guest, INIT_SUPERVISOR, &stream->frame);
		assert_int_not_equal(result, VM_CLOSED);
		if (result == VM_FRAME) {
			assert_int_equal(stream->frame.message.header.id, received++);
			assert_int_equal(stream->frame.message.words_length, sizeof(large));
		}
	}
	assert_false(vm_is_waiting(&stream->writer));
	assert_true(vm_has_room(&stream->writer));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_message, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pieces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_slow_reader, set_up, tear_down),
	};
	return cmocka_run_group_tests_name("wire vm", tests, NULL, NULL);
}
