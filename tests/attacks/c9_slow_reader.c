/*
 * C9. A destination asks for what it was given a thousand times, and reads none of it, or a byte at a time; it dies in
 * the middle; it hands over descriptors that are no pipes, or that would make a writer wait. It waits alone: the
 * compositor keeps few of them, writes to none that it cannot, and everybody else's clipboard works meanwhile.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/attacks/stage.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define SIZE (1024 * 1024) /* of what is carried: more than any pipe takes at once */
#define READERS_MAX 16 /* that the compositor keeps of one destination */
#define DESCRIPTORS_MAX (2 * READERS_MAX) /* the event loop has one of its own for each */
#define MIME "text/plain;charset=utf-8"

/* ---- a large clipboard ---- */

struct large {
	int fd;
	size_t written;
};

static void keep(void *data, struct source *source, const char *mime, int fd) {
	struct large *large = data;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	large->fd = fd;
	large->written = 0;
}

/* Writes what the pipe takes; true once all of it is written. */
static bool pour(struct large *large) {
	static char bytes[64 * 1024];
	memset(bytes, 'v', sizeof(bytes));
	if (large->fd < 0) {
		return large->written == SIZE;
	}
	ssize_t got;
	while (large->written < SIZE) {
		size_t left = SIZE - large->written;
		got = write(large->fd, bytes, left < sizeof(bytes) ? left : sizeof(bytes));
		if (got <= 0) {
			return false;
		}
		large->written += (size_t)got;
	}
	close(large->fd);
	large->fd = -1;
	return true;
}

/* The victim copies, the person carries it to the attacker, who has the focus then. */
static struct stage *set_up(struct test *test) {
	struct stage *stage = stage_start(test, NULL, NULL);
	party_open(&stage->victim, "editor");
	party_open(&stage->attacker, "game");
	party_focus(&stage->victim);
	struct large large = { .fd = -1 };
	struct source *source = party_copy(&stage->victim, "");
	source->serve = keep;
	source->data = &large;
	stage_take(stage);
	WAIT_FOR(pour(&large), "the compositor does not take what the victim has copied");
	WAIT_FOR(desktop_clipboard(stage->session).held, "nothing is held");
	party_focus(&stage->attacker);
	stage_give(stage);
	WAIT_FOR(stage->attacker.selection->offer != NULL, "nothing is given");
	return stage;
}

static void receive(struct stage *stage, int fd) {
	wl_data_offer_receive(stage->attacker.selection->offer->wl_offer, MIME, fd);
}

/* Asks, and returns the end to read from. */
static int receive_by_pipe(struct stage *stage) {
	struct test *test = stage->test;
	int ends[2];
	CHECK(pipe2(ends, O_CLOEXEC) == 0, "cannot make a pipe: %s", strerror(errno));
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	receive(stage, ends[1]);
	close(ends[1]);
	return ends[0];
}

/* ---- the compositor meanwhile ---- */

/* How many descriptors it has, but for those of pictures, which come and go with every window. */
static size_t descriptors(struct stage *stage) {
	struct test *test = stage->test;
	char *path = xasprintf("/proc/%d/fd", (int)session_compositor_pid(stage->session));
	DIR *dir = opendir(path);
	CHECK(dir != NULL, "cannot read %s: %s", path, strerror(errno));
	size_t count = 0;
	const struct dirent *entry;
	while ((entry = readdir(dir)) != NULL) {
		char target[256] = "";
		(void)!readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		bool is_picture = strncmp(target, "/memfd:test buffer", strlen("/memfd:test buffer")) == 0 ||
			strncmp(target, "/dev/shm/wlroots", strlen("/dev/shm/wlroots")) == 0;
		count += !is_picture;
	}
	closedir(dir);
	free(path);
	return count;
}

/* Fails the case unless no more than these have stayed: what the others carry meanwhile may have one. */
static void check_descriptors_come_back(struct stage *stage, size_t before) {
	struct test *test = stage->test;
	WAIT_FOR(
		descriptors(stage) <= before + 1, "descriptors do not come back: %zu, before %zu", descriptors(stage), before);
}

/* What the victim copies now can be carried to a third, at once, and nobody waits. */
static void check_others(struct stage *stage, const char *what) {
	struct test *test = stage->test;
	double slowest = 0;
	for (int i = 0; i < 20; i++) {
		double time = client_time_roundtrip(stage->victim.client);
		slowest = time > slowest ? time : slowest;
	}
	CHECK(slowest < 250, "%s: the victim waits for %.0f ms", what, slowest);
	if (stage->third.window == NULL) {
		party_open(&stage->third, "notes");
	}
	party_focus(&stage->victim);
	party_copy(&stage->victim, what);
	stage_take_and_wait(stage);
	party_focus(&stage->third);
	selection_forget(stage->third.selection);
	stage_give(stage);
	WAIT_FOR(
		stage->third.selection->changes > 0 && stage->third.selection->offer != NULL, "%s: nothing can be given", what);
	CHECK_TEXT(selection_text(stage->third.selection), what, "%s: something else is given", what);
}

/* ---- readers ---- */

static void never_reads(struct test *test) {
	struct stage *stage = set_up(test);
	size_t before = descriptors(stage);
	window_count_frames(stage->victim.window);
	int ends[1000];
	for (size_t i = 0; i < LEN(ends); i++) {
		ends[i] = receive_by_pipe(stage);
		if (i % 50 == 49) {
			test_settle(test);
		}
	}
	test_settle(test);
	CHECK(client_is_alive(stage->attacker.client), "it is disconnected for reading: %s",
		stage->attacker.client->error.message);
	size_t during = descriptors(stage);
	CHECK(during <= before + DESCRIPTORS_MAX, "of a thousand pipes the compositor keeps %zu", during - before);
	/* The others have been closed: their readers are not left waiting. */
	size_t open = 0, closed = 0;
	for (size_t i = 0; i < LEN(ends); i++) {
		struct pollfd poll_fd = { .fd = ends[i], .events = POLLIN };
		poll(&poll_fd, 1, 0);
		bool is_at_end = (poll_fd.revents & POLLIN) == 0 && (poll_fd.revents & POLLHUP) != 0;
		closed += is_at_end;
		open += !is_at_end;
	}
	test_note(test, "%zu pipes are kept, %zu were closed", open, closed);
	CHECK(open <= READERS_MAX, "%zu pipes are open", open);
	size_t frames = stage->victim.window->frames;
	check_others(stage, "a thousand readers that do not read");
	CHECK(stage->victim.window->frames > frames, "the victim has no frames any more");
	/* With their ends they go. */
	for (size_t i = 0; i < LEN(ends); i++) {
		close(ends[i]);
	}
	check_descriptors_come_back(stage, before);
}

static void reads_slowly(struct test *test) {
	struct stage *stage = set_up(test);
	int end = receive_by_pipe(stage);
	window_count_frames(stage->victim.window);
	size_t frames = stage->victim.window->frames, got = 0;
	int64_t stop = test_deadline(test, 2000);
	while (test_now() < stop) {
		char byte;
		ssize_t len = read(end, &byte, 1);
		CHECK(len == 1 || (len < 0 && errno == EAGAIN), "after %zu bytes it ends", got);
		got += len == 1;
		test_step(test, stop);
	}
	CHECK(got > 10, "it gets nothing");
	CHECK(stage->victim.window->frames - frames > 20, "the victim had %zu frames only",
		stage->victim.window->frames - frames);
	check_others(stage, "a reader of single bytes");
	/* What it was given is still all there, though something else is carried by now. */
	int64_t deadline = test_deadline(test, TEST_TIMEOUT_MS);
	while (got < SIZE) {
		char bytes[64 * 1024];
		ssize_t len = read(end, bytes, sizeof(bytes));
		CHECK(len != 0, "it ends after %zu bytes", got);
		if (len < 0) {
			CHECK(test_step(test, deadline), "after %zu bytes there is no more", got);
			continue;
		}
		for (ssize_t i = 0; i < len; i++) {
			CHECK(bytes[i] == 'v', "it gets something else");
		}
		got += (size_t)len;
	}
	close(end);
}

static void closes_in_the_middle(struct test *test) {
	struct stage *stage = set_up(test);
	size_t before = descriptors(stage);
	for (int i = 0; i < 50; i++) {
		int end = receive_by_pipe(stage);
		test_settle(test);
		char bytes[1000];
		(void)!read(end, bytes, sizeof(bytes));
		close(end);
		test_settle(test);
	}
	check_descriptors_come_back(stage, before);
	check_others(stage, "readers that close in the middle");
}

static void dies_in_the_middle(struct test *test) {
	struct stage *stage = set_up(test);
	size_t before = descriptors(stage);
	int ends[8];
	for (size_t i = 0; i < LEN(ends); i++) {
		ends[i] = receive_by_pipe(stage);
	}
	test_settle(test);
	client_destroy(stage->attacker.client);
	for (size_t i = 0; i < LEN(ends); i++) {
		close(ends[i]);
	}
	check_descriptors_come_back(stage, before);
	check_others(stage, "a reader that has died");
}

/* ---- descriptors ---- */

static int a_socket(void) {
	int ends[2];
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ? ends[0] : -1; /* nobody reads the other */
}

static int a_datagram_socket(void) {
	int ends[2];
	return socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0 ? ends[0] : -1;
}

/* Blocking, and so full that a write would wait for ever. */
static int a_full_pipe(void) {
	int ends[2];
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
		return -1;
	}
	char bytes[4096] = { 0 };
	while (write(ends[1], bytes, sizeof(bytes)) > 0) {
	}
	fcntl(ends[1], F_SETFL, 0);
	return ends[1];
}

static int the_wrong_end(void) {
	int ends[2];
	return pipe2(ends, O_CLOEXEC) == 0 ? ends[0] : -1;
}

static int without_a_reader(void) {
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return -1;
	}
	close(ends[0]);
	return ends[1];
}

static int a_file(void) {
	return open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static int a_directory(void) {
	return open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int a_path(void) {
	return open("/tmp", O_PATH | O_CLOEXEC);
}

static int nothing_at_all(void) {
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int a_full_device(void) {
	return open("/dev/full", O_RDWR | O_CLOEXEC);
}

static int a_counter(void) {
	return eventfd(0, EFD_CLOEXEC);
}

static int a_poll(void) {
	return epoll_create1(EPOLL_CLOEXEC);
}

static int a_sealed_memory(void) {
	int fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd >= 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) == 0 ? fd : -1;
}

static const struct {
	const char *what;
	int (*make)(void);
} strange[] = {
	{ "a socket that nobody reads", a_socket },
	{ "a datagram socket", a_datagram_socket },
	{ "a pipe that is full and waits", a_full_pipe },
	{ "the end of a pipe that is read from", the_wrong_end },
	{ "a pipe without a reader", without_a_reader },
	{ "a file", a_file },
	{ "a directory", a_directory },
	{ "a path", a_path },
	{ "/dev/null", nothing_at_all },
	{ "/dev/full", a_full_device },
	{ "an eventfd", a_counter },
	{ "an epoll", a_poll },
	{ "a sealed memfd", a_sealed_memory },
};

static void strange_descriptors(struct test *test) {
	struct stage *stage = set_up(test);
	size_t before = descriptors(stage);
	for (size_t i = 0; i < LEN(strange); i++) {
		for (int j = 0; j < 3; j++) {
			int fd = strange[i].make();
			CHECK(fd >= 0, "cannot make %s: %s", strange[i].what, strerror(errno));
			receive(stage, fd);
			client_roundtrip(stage->attacker.client);
			struct stat status;
			CHECK(fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0, "%s was written to",
				strange[i].what);
			close(fd);
		}
		double time = client_time_roundtrip(stage->victim.client);
		CHECK(time >= 0 && time < 250, "with %s the victim waits for %.0f ms", strange[i].what, time);
	}
	test_note(test, "%zu descriptors before, %zu after", before, descriptors(stage));
	CHECK(descriptors(stage) <= before + DESCRIPTORS_MAX, "it keeps %zu of them", descriptors(stage) - before);
	check_others(stage, "strange descriptors");
	/* It gets its paste as well, where there is a place left: those that can never be written to were not kept. */
	party_focus(&stage->attacker);
	int end = receive_by_pipe(stage);
	char byte = 0;
	WAIT_FOR(read(end, &byte, 1) == 1, "an honest reader gets nothing any more");
	CHECK(byte == 'v', "it gets something else");
	close(end);
}

static const struct test_case cases[] = {
	{ "a thousand readers that do not read are few", never_reads },
	{ "one that reads a byte at a time keeps nobody waiting, and gets it all", reads_slowly },
	{ "readers that close in the middle leave nothing behind", closes_in_the_middle },
	{ "nor does one that dies", dies_in_the_middle },
	{ "what is no pipe, or waits, does no harm", strange_descriptors },
};

TEST_MAIN(cases)
