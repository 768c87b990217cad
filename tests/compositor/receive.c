#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <wayland-server-core.h>

#include "compositor/receive.h"

#define SYNC_WORDS 3
#define SYNC_BYTES 12
#define SYNCS 300

/* A client on the wire, and what the server has handled of it. */
struct party {
	struct world *world;
	int fd;
	struct wl_client *client;
	struct receiver *receiver;
	uint32_t sent;
	size_t handled;
	size_t allowed; /* bytes a read */
	size_t reads;
};

struct world {
	struct wl_display *display;
	struct wl_protocol_logger *logger;
	struct party flood, other;
};

static void handle_message(void *data, enum wl_protocol_logger_type type,
		const struct wl_protocol_logger_message *message) {
	struct world *world = data;
	if (type == WL_PROTOCOL_LOGGER_REQUEST) {
		bool is_flood = wl_resource_get_client(message->resource) == world->flood.client;
		struct party *party = is_flood ? &world->flood : &world->other;
		party->handled++;
	}
}

static size_t allow(void *data) {
	struct party *party = data;
	party->reads++;
	return party->allowed;
}

static void join(struct world *world, struct party *party, size_t allowed) {
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
	party->world = world;
	party->fd = fds[0];
	party->allowed = allowed;
	party->sent = 0;
	party->client = wl_client_create(world->display, fds[1]);
	assert_non_null(party->client);
	party->receiver = receiver_create(fds[1], allow, party);
}

static void leave(struct party *party) {
	receiver_destroy(party->receiver);
	wl_client_destroy(party->client);
	close(party->fd);
}

static int set_up(void **state) {
	static struct world world;
	world = (struct world){.display = wl_display_create()};
	world.logger = wl_display_add_protocol_logger(world.display, handle_message, &world);
	join(&world, &world.flood, 2 * SYNC_BYTES);
	join(&world, &world.other, SIZE_MAX);
	*state = &world;
	return 0;
}

static int tear_down(void **state) {
	struct world *world = *state;
	leave(&world->flood);
	leave(&world->other);
	wl_protocol_logger_destroy(world->logger);
	wl_display_destroy(world->display);
	return 0;
}

/* So many wl_display.sync at once. */
static void send_syncs(struct party *party, size_t count) {
	uint32_t words[SYNCS * SYNC_WORDS];
	assert_true(count <= SYNCS);
	for (size_t i = 0; i < count; i++) {
		words[i * SYNC_WORDS] = 1;
		words[i * SYNC_WORDS + 1] = SYNC_BYTES << 16;
		words[i * SYNC_WORDS + 2] = 2 + party->sent++;
	}
	assert_int_equal(write(party->fd, words, count * SYNC_BYTES), count * SYNC_BYTES);
}

static void turn(struct world *world) {
	wl_event_loop_dispatch(wl_display_get_event_loop(world->display), 0);
}

static void test_in_force(void **state) {
	assert_true(receive_is_in_force());
}

/* Between two bites of a flood everybody else is served. */
static void test_bite(void **state) {
	struct world *world = *state;
	send_syncs(&world->flood, SYNCS);
	for (size_t i = 1; i <= SYNCS / 2; i++) {
		send_syncs(&world->other, 1);
		turn(world);
		assert_int_equal(world->flood.handled, 2 * i);
		assert_int_equal(world->other.handled, i);
	}
}

/* What is not bounded is read as ever. */
static void test_whole(void **state) {
	struct world *world = *state;
	world->flood.allowed = SIZE_MAX;
	send_syncs(&world->flood, SYNCS);
	turn(world);
	assert_int_equal(world->flood.handled, SYNCS);
}

static void test_none(void **state) {
	struct world *world = *state;
	world->flood.allowed = 0;
	send_syncs(&world->flood, 1);
	for (size_t i = 1; i <= 5; i++) {
		send_syncs(&world->other, 1);
		turn(world);
		assert_int_equal(world->flood.handled, 0);
		assert_int_equal(world->flood.reads, i);
		assert_int_equal(world->other.handled, i);
	}
	world->flood.allowed = SIZE_MAX;
	turn(world);
	assert_int_equal(world->flood.handled, 1);
}

/* A request may be cut anywhere. */
static void test_cut(void **state) {
	struct world *world = *state;
	world->flood.allowed = 5;
	send_syncs(&world->flood, 100);
	for (size_t i = 1; i <= 100 * SYNC_BYTES / 5; i++) {
		turn(world);
		assert_int_equal(world->flood.handled, i * 5 / SYNC_BYTES);
	}
}

static void send_descriptors(struct party *party, int count) {
	struct iovec part = {.iov_base = (char[]){0}, .iov_len = 1};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {0};
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(count * sizeof(int));
	for (int i = 0; i < count; i++) {
		memcpy(CMSG_DATA(header) + i * sizeof(int), &party->fd, sizeof(int));
	}
	assert_int_equal(sendmsg(party->fd, &message, 0), 1);
}

/* Those that no request has used count too. */
static void test_descriptors(void **state) {
	struct world *world = *state;
	int fd = wl_client_get_fd(world->flood.client);
	send_descriptors(&world->flood, 3);
	turn(world);
	assert_int_equal(receiver_count_descriptors(world->flood.receiver), 3);
	send_descriptors(&world->flood, 4);
	turn(world);
	assert_int_equal(receive_count_descriptors(fd), 7);
	assert_int_equal(receiver_count_descriptors(world->other.receiver), 0);
	assert_int_equal(receive_count_descriptors(-1), 0);
	assert_int_equal(receive_count_descriptors(100000), 0);
}

/* One that is disconnected with much of it unread can read all that it was told before. */
static void test_discard(void **state) {
	struct world *world = *state;
	struct party *flood = &world->flood;
	send_syncs(flood, SYNCS);
	turn(world);
	receiver_discard(flood->receiver);
	receiver_destroy(flood->receiver);
	flood->receiver = NULL;
	wl_client_destroy(flood->client);
	char bytes[1024];
	assert_true(read(flood->fd, bytes, sizeof(bytes)) > 0);
	assert_int_equal(read(flood->fd, bytes, sizeof(bytes)), 0);
	close(flood->fd);
	join(world, flood, SIZE_MAX);
}

static void handle_end(struct wl_listener *listener, void *data) {
	wl_list_remove(&listener->link);
	wl_list_init(&listener->link);
}

/* Whoever closes its half has no more to say: what came before is handled, and that is the end, within a message too. */
static void check_half_closed(struct world *world, size_t allowed, size_t rest) {
	struct party *flood = &world->flood;
	flood->allowed = allowed;
	flood->handled = 0;
	struct wl_listener end = { .notify = handle_end };
	wl_client_add_destroy_listener(flood->client, &end);
	send_syncs(flood, 3);
	assert_int_equal(write(flood->fd, (uint32_t[]){ 1, SYNC_BYTES << 16 }, rest), rest);
	shutdown(flood->fd, SHUT_WR);
	for (int i = 0; i < 20 && !wl_list_empty(&end.link); i++) {
		turn(world);
	}
	assert_true(wl_list_empty(&end.link));
	assert_int_equal(flood->handled, 3);
	receiver_destroy(flood->receiver);
	close(flood->fd);
	join(world, flood, SIZE_MAX);
}

static void test_half_closed(void **state) {
	for (size_t rest = 0; rest < 8; rest++) {
		check_half_closed(*state, SIZE_MAX, rest);
		check_half_closed(*state, 5, rest);
		check_half_closed(*state, SYNC_BYTES, rest);
	}
}

/* A descriptor without a receiver: recvmsg(2) as it always was, its errors too. */
static void test_others(void **state) {
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	char bytes[16];
	struct iovec parts[2] = {{.iov_base = bytes, .iov_len = 4}, {.iov_base = bytes + 4, .iov_len = 12}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	assert_int_equal(recvmsg(fds[0], &message, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(write(fds[1], "0123456789abcdef", 16), 16);
	assert_int_equal(recvmsg(fds[0], &message, 0), 16);
	assert_memory_equal(bytes, "0123456789abcdef", 16);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(recvmsg(-1, &message, 0), -1);
	assert_int_equal(errno, EBADF);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_force),
		cmocka_unit_test_setup_teardown(test_bite, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_descriptors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_discard, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_half_closed, set_up, tear_down),
		cmocka_unit_test(test_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
