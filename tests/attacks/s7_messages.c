/*
 * S7, from the side of `coffer`: whoever reaches the control socket says what is no request. Requests cut short or with more
 * behind them, of no known type, with descriptors, with names that are none; answers in place of requests; two requests
 * at once; nothing at all; and never reading. Each is refused by an end of its connection and a line in the log,
 * nothing changes by it, and `coffer` is answered meanwhile. (From the compositor's side: s7_compositor.c.)
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/memory.h"
#include "tests/protocol/lib/session.h"
#include "tests/protocol/lib/socket.h"
#include "tests/protocol/lib/test.h"
#include "wire/control.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define PACKET_MAX 65536
#define REFUSED "malformed request"

static const char config[] = "instance bank {\n\tapp terminal foot\n}\n"
							 "instance work {\n}\n";

struct packet {
	unsigned char bytes[PACKET_MAX];
	size_t size;
	size_t fds_len; /* descriptors that go with it */
};

/* ---- packets ---- */

/* A request as `coffer` sends it. */
static struct packet make_request(struct test *test, enum control_type type, const char *name, const char *word) {
	int ends[2];
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "cannot make a pair: %s", strerror(errno));
	struct channel *channel = channel_create(ends[0]);
	struct control_message *message = xcalloc(1, sizeof(*message));
	message->type = type;
	copy_string(message->request.name, sizeof(message->request.name), name);
	message->request.words_len = type == CONTROL_RUN;
	copy_string(message->request.words, sizeof(message->request.words), word);
	CHECK(control_send(channel, CONTROL_COFFER, message), "request %d cannot be made", type);
	struct packet packet = { 0 };
	ssize_t size = recv(ends[1], packet.bytes, sizeof(packet.bytes), 0);
	CHECK(size > 0, "request %d has not been sent", type);
	packet.size = (size_t)size;
	free(message);
	channel_destroy(channel);
	close(ends[1]);
	return packet;
}

/* Any type, with a body of these bytes. */
static struct packet make_packet(uint32_t type, const void *body, size_t size) {
	struct packet packet = { .size = sizeof(type) + size };
	memcpy(packet.bytes, &type, sizeof(type));
	memcpy(packet.bytes + sizeof(type), body, size);
	return packet;
}

/* The type, and a string as such requests hold it: its length, and its bytes. */
static struct packet make_named(uint32_t type, const void *name, uint32_t size) {
	unsigned char body[4096];
	memcpy(body, &size, sizeof(size));
	memcpy(body + sizeof(size), name, size);
	return make_packet(type, body, sizeof(size) + size);
}

/* ---- the socket ---- */

static int connect_to(struct session *session) {
	struct test *test = session_test(session);
	char *path = xasprintf("%s/cofferdam/control", session_runtime_directory(session));
	int fd = socket_connect(test, path, SOCK_SEQPACKET);
	free(path);
	return fd;
}

static bool send_packet(int fd, const struct packet *packet) {
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * 64)];
	} control = { 0 };
	struct iovec part = { (void *)packet->bytes, packet->size };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (packet->fds_len > 0) {
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * packet->fds_len);
		struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(sizeof(int) * packet->fds_len);
		for (size_t i = 0; i < packet->fds_len; i++) {
			memcpy(CMSG_DATA(rights) + i * sizeof(int), &null, sizeof(int));
		}
	}
	bool sent = sendmsg(fd, &header, MSG_NOSIGNAL) >= 0;
	close(null);
	return sent;
}

/* What comes back: the size of an answer, 0 at the end of the connection, -1 where nothing has come yet. */
static ssize_t receive(int fd) {
	static char bytes[PACKET_MAX];
	ssize_t size = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	return size < 0 && errno == ECONNRESET ? 0 : size;
}

static size_t count_refused(struct session *session) {
	size_t count = 0;
	for (const char *log = session_log(session); (log = strstr(log, REFUSED)) != NULL; log++) {
		count++;
	}
	return count;
}

static void check_refused(struct session *session, const struct packet *packet, const char *what, size_t number) {
	struct test *test = session_test(session);
	int fd = connect_to(session);
	CHECK(send_packet(fd, packet), "%s (%zu) cannot be sent: %s", what, number, strerror(errno));
	ssize_t size = -1;
	WAIT_FOR((size = receive(fd)) >= 0, "%s (%zu): the connection is still open", what, number);
	CHECK(size == 0, "%s (%zu) is answered", what, number);
	close(fd);
}

/* ---- the session ---- */

struct setting {
	struct session *session;
	pid_t compositor;
	size_t descriptors;
	char *instances; /* as `coffer ps` shows them */
};

static struct setting set_up(struct test *test) {
	struct setting setting = { .session = session_start(test, config) };
	setting.compositor = session_compositor_pid(setting.session);
	setting.instances = session_list_instances(setting.session);
	setting.descriptors = process_count_descriptors(test, session_pid(setting.session));
	return setting;
}

/* Nothing was started, stopped, read, or kept. */
static void check_unchanged(struct setting *setting) {
	struct test *test = session_test(setting->session);
	char *instances = session_list_instances(setting->session);
	CHECK_TEXT(instances, setting->instances, "the instances are others than before");
	free(instances);
	CHECK_INT(session_compositor_pid(setting->session), setting->compositor, "the compositor is another");
	WAIT_FOR(process_count_descriptors(test, session_pid(setting->session)) <= setting->descriptors,
		"the supervisor keeps descriptors of it");
	free(setting->instances);
}

/* ---- cases ---- */

static const struct {
	enum control_type type;
	const char *name, *word;
} requests[] = {
	{ CONTROL_RUN, "bank", "true" },
	{ CONTROL_PS, "", "" },
	{ CONTROL_STOP, "bank", "" },
	{ CONTROL_KILL, "work", "" },
	{ CONTROL_WINDOWS, "", "" },
	{ CONTROL_CLIPBOARD_STATUS, "", "" },
	{ CONTROL_CLIPBOARD_CLEAR, "", "" },
	{ CONTROL_RELOAD, "", "" },
	{ CONTROL_QUIT, "", "" },
	{ CONTROL_SOCKET, "bank", "" },
	{ CONTROL_LOGS, "bank", "" },
};

/* Cut after each byte but the last, and with one to four more behind it. */
static void wrong_lengths(struct test *test) {
	struct setting setting = set_up(test);
	size_t refused = count_refused(setting.session), sent = 0;
	for (size_t i = 0; i < LEN(requests); i++) {
		struct packet whole = make_request(test, requests[i].type, requests[i].name, requests[i].word);
		for (size_t size = 1; size <= whole.size + 4; size++) {
			if (size != whole.size) {
				struct packet packet = whole;
				packet.size = size;
				check_refused(setting.session, &packet, "a request of another length", i);
				/* Less than a type is no message at all. */
				sent += size >= sizeof(uint32_t);
			}
		}
	}
	WAIT_FOR(count_refused(setting.session) - refused >= sent, "of %zu refusals the log has %zu", sent,
		count_refused(setting.session) - refused);
	check_unchanged(&setting);
}

static void with_descriptors(struct test *test) {
	static const size_t numbers[] = { 1, 4, 5, 28, 64 };
	struct setting setting = set_up(test);
	for (size_t i = 0; i < LEN(requests); i++) {
		struct packet packet = make_request(test, requests[i].type, requests[i].name, requests[i].word);
		for (size_t j = 0; j < LEN(numbers); j++) {
			packet.fds_len = numbers[j];
			check_refused(setting.session, &packet, "a request with descriptors", i);
		}
	}
	check_unchanged(&setting);
}

static void no_requests(struct test *test) {
	struct setting setting = set_up(test);
	static const unsigned char zeros[2048];
	for (uint32_t type = 0; type < 64; type++) {
		/* The answers, and what nobody has thought of. */
		if (type == 0 || type > CONTROL_LOGS) {
			struct packet packet = make_packet(type, zeros, 0);
			check_refused(setting.session, &packet, "an empty packet of a strange type", type);
			packet = make_packet(type, zeros, sizeof(zeros));
			check_refused(setting.session, &packet, "a packet of a strange type", type);
		}
	}
	static const uint32_t far[] = { 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
	for (size_t i = 0; i < LEN(far); i++) {
		struct packet packet = make_packet(far[i], zeros, 0);
		check_refused(setting.session, &packet, "a packet of a far type", i);
	}
	struct packet largest = { .size = PACKET_MAX };
	memset(largest.bytes, 1, sizeof(largest.bytes));
	check_refused(setting.session, &largest, "a packet larger than any", 0);
	check_unchanged(&setting);
}

static void no_names(struct test *test) {
	static const struct {
		const char *name;
		uint32_t size;
	} names[] = {
		{ "", 0 },
		{ "..", 2 },
		{ "../bank", 7 },
		{ "/", 1 },
		{ "bank/", 5 },
		{ "Bank", 4 },
		{ "bank\n", 5 },
		{ "bank\0", 5 },
		{ "ba\0nk", 5 },
		{ " bank", 5 },
		{ "b\xc3\xa4nk", 5 },
		{ "b\xd0\xb0nk", 5 },
		{ "\xff\xfe", 2 },
		{ "-bank", 5 },
		{ "1bank", 5 },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 32 },
	};
	static const enum control_type types[] = { CONTROL_STOP, CONTROL_KILL, CONTROL_LOGS };
	struct setting setting = set_up(test);
	for (size_t i = 0; i < LEN(names); i++) {
		for (size_t j = 0; j < LEN(types); j++) {
			struct packet packet = make_named(types[j], names[i].name, names[i].size);
			check_refused(setting.session, &packet, "a name that is none", i);
		}
	}
	/* A length that lies: more than there is, and far more than there can be. */
	static const uint32_t lies[] = { 5, 4096, 0x7fffffff, 0xffffffff };
	for (size_t i = 0; i < LEN(lies); i++) {
		struct packet packet = make_named(CONTROL_STOP, "bank", 4);
		memcpy(packet.bytes + sizeof(uint32_t), &lies[i], sizeof(lies[i]));
		check_refused(setting.session, &packet, "a length that lies", i);
	}
	check_unchanged(&setting);
}

/* No words, more than may be, and such as end nowhere. */
static void no_words(struct test *test) {
	struct setting setting = set_up(test);
	static const struct {
		uint32_t count;
		const char *bytes;
		uint32_t size;
	} words[] = {
		{ 0, "", 0 },
		{ 0, "true", 5 },
		{ 2, "true", 5 },
		{ 1, "true", 4 },
		{ 1, "a\0b", 4 },
		{ 257, "true", 5 },
		{ 0xffffffff, "true", 5 },
		{ 1, "", 0 },
	};
	for (size_t i = 0; i < LEN(words); i++) {
		struct packet packet = make_named(CONTROL_RUN, "bank", 4);
		memcpy(packet.bytes + packet.size, &words[i].count, 4);
		memcpy(packet.bytes + packet.size + 4, &words[i].size, 4);
		memcpy(packet.bytes + packet.size + 8, words[i].bytes, words[i].size);
		packet.size += 8 + words[i].size;
		check_refused(setting.session, &packet, "words that are none", i);
	}
	check_unchanged(&setting);
}

/* The second is none of its business; the first was answered already, or is not any more. */
static void two_at_once(struct test *test) {
	struct setting setting = set_up(test);
	struct packet first = make_request(test, CONTROL_PS, "", "");
	struct packet second = make_request(test, CONTROL_QUIT, "", "");
	for (int i = 0; i < 20; i++) {
		int fd = connect_to(setting.session);
		send_packet(fd, &first);
		send_packet(fd, &second);
		ssize_t size = -1;
		WAIT_FOR((size = receive(fd)) == 0, "the connection is still open");
		close(fd);
	}
	check_unchanged(&setting);
}

/* Who connects and says nothing takes a place, and not for long; who has one is answered. */
static void silence(struct test *test) {
	struct setting setting = set_up(test);
	int fds[60];
	for (size_t i = 0; i < LEN(fds); i++) {
		fds[i] = connect_to(setting.session);
	}
	size_t open = LEN(fds);
	WAIT_FOR(({
		open = 0;
		for (size_t i = 0; i < LEN(fds); i++) {
			open += receive(fds[i]) != 0;
		}
		open == 0;
	}),
		"%zu connections without a request are still open", open);
	for (size_t i = 0; i < LEN(fds); i++) {
		close(fds[i]);
	}
	CHECK(strstr(session_log(setting.session), "there are too many") != NULL, "sixty connections were taken at once");
	check_unchanged(&setting);
}

static void never_reads(struct test *test) {
	struct setting setting = set_up(test);
	struct packet packet = make_request(test, CONTROL_PS, "", "");
	int fds[20];
	for (size_t i = 0; i < LEN(fds); i++) {
		fds[i] = connect_to(setting.session);
		int small = 1;
		setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		send_packet(fds[i], &packet);
	}
	char *instances = session_list_instances(setting.session);
	CHECK_TEXT(instances, setting.instances, "others are not answered");
	free(instances);
	for (size_t i = 0; i < LEN(fds); i++) {
		close(fds[i]);
	}
	check_unchanged(&setting);
}

static const struct test_case cases[] = {
	{ "a request that is too short or too long is refused", wrong_lengths },
	{ "so is one with descriptors", with_descriptors },
	{ "so is what is no request", no_requests },
	{ "so are names that are none", no_names },
	{ "so are words that are none", no_words },
	{ "a second request changes nothing", two_at_once },
	{ "who says nothing is let go", silence },
	{ "who does not read is waited for by nobody", never_reads },
};

TEST_MAIN(cases)
