#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include "base/clock.h"
#include "base/loop.h"

/*
 * What happened, in order, one letter each. Each callback has a note of its own; after "end" letters in all the
 * loop stops. A test that waits for what never comes is ended by the test runner.
 */
struct record {
	struct loop *loop;
	char letters[64];
	size_t end;
	size_t open_before; /* descriptors of this process */
};

struct note {
	struct record *record;
	char letter;
	struct loop_source *own;
	struct loop_source *victims[4]; /* removed by the callback */
	struct loop_source *timer; /* armed by the callback, to fire at once */
	int status; /* of a child */
};

static size_t count_open(void) {
	size_t count = 0;
	DIR *dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	while (readdir(dir) != NULL) {
		count++;
	}
	closedir(dir);
	return count;
}

static int setup(void **state) {
	struct record *record = calloc(1, sizeof(*record));
	record->open_before = count_open();
	record->loop = loop_create();
	record->end = 1;
	*state = record;
	return record->loop != NULL ? 0 : -1;
}

static int teardown(void **state) {
	struct record *record = *state;
	loop_destroy(record->loop);
	size_t left = count_open();
	bool leaked = left != record->open_before;
	if (leaked) {
		print_error("%zu descriptors before, %zu after\n", record->open_before, left);
	}
	free(record);
	return leaked ? -1 : 0;
}

static void write_note(struct note *note) {
	struct record *record = note->record;
	size_t length = strlen(record->letters);
	assert_true(length + 1 < sizeof(record->letters));
	record->letters[length] = note->letter;
	for (size_t i = 0; i < 4; i++) {
		loop_remove(note->victims[i]);
		note->victims[i] = NULL;
	}
	if (note->timer != NULL) {
		loop_arm_timer(note->timer, 1);
	}
	if (length + 1 == record->end) {
		loop_stop(record->loop);
	}
}

static void run(struct record *record, size_t end, const char *expected) {
	memset(record->letters, 0, sizeof(record->letters));
	record->end = end;
	assert_int_equal(loop_run(record->loop), 0);
	assert_string_equal(record->letters, expected);
}

static void on_timer(void *data) {
	write_note(data);
}

static void on_fd(void *data, int fd, uint32_t revents) {
	write_note(data);
}

static void on_signal(void *data, int signal_number) {
	write_note(data);
}

static void on_child(void *data, pid_t pid, int status) {
	struct note *note = data;
	note->status = status;
	write_note(note);
}

/* A pipe with a byte in it: readable for ever. */
static int readable(int *writer) {
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	*writer = fds[1];
	return fds[0];
}

/* ---- timers ---- */

static void test_timers_in_order(void **state) {
	struct record *record = *state;
	struct note notes[4];
	int64_t before = clock_now();
	/* Armed out of order; less than one counts as one. */
	static const struct {
		char letter;
		int64_t delay;
	} rows[] = { { 'z', 3600000 }, { 'a', 1 }, { 'y', INT64_MAX }, { 'b', -5 } };
	for (size_t i = 0; i < 4; i++) {
		notes[i] = (struct note){ .record = record, .letter = rows[i].letter };
		notes[i].own = loop_add_timer(record->loop, on_timer, &notes[i]);
		loop_arm_timer(notes[i].own, rows[i].delay);
	}
	run(record, 2, "ab"); /* equal delays: as armed */
	assert_true(clock_now() > before); /* never early */
}

static void test_timer_fires_once(void **state) {
	struct record *record = *state;
	struct note once = { .record = record, .letter = 'o' };
	struct note later = { .record = record, .letter = 'l' };
	once.own = loop_add_timer(record->loop, on_timer, &once);
	later.own = loop_add_timer(record->loop, on_timer, &later);
	loop_arm_timer(once.own, 1);
	loop_arm_timer(later.own, 20);
	run(record, 2, "ol");
	loop_arm_timer(once.own, 1);
	run(record, 1, "o");
}

static void test_timer_disarmed_and_moved(void **state) {
	struct record *record = *state;
	struct note off = { .record = record, .letter = 'x' };
	struct note moved = { .record = record, .letter = 'm' };
	struct note end = { .record = record, .letter = 'e' };
	off.own = loop_add_timer(record->loop, on_timer, &off);
	moved.own = loop_add_timer(record->loop, on_timer, &moved);
	end.own = loop_add_timer(record->loop, on_timer, &end);
	loop_arm_timer(off.own, 1);
	loop_arm_timer(moved.own, 1);
	loop_arm_timer(moved.own, 3600000);
	loop_arm_timer(off.own, 0);
	loop_arm_timer(end.own, 5);
	run(record, 1, "e");
	loop_arm_timer(moved.own, 2);
	run(record, 1, "m");
}

static void test_timer_arms_itself(void **state) {
	struct record *record = *state;
	struct note again = { .record = record, .letter = 'a' };
	again.own = again.timer = loop_add_timer(record->loop, on_timer, &again);
	loop_arm_timer(again.own, 1);
	run(record, 5, "aaaaa");
}

/* Descriptors get their turn however fast a timer comes. */
static void test_timer_does_not_starve(void **state) {
	struct record *record = *state;
	int writer, reader = readable(&writer);
	struct note again = { .record = record, .letter = 'a' };
	struct note fd = { .record = record, .letter = 'f' };
	again.own = again.timer = loop_add_timer(record->loop, on_timer, &again);
	loop_arm_timer(again.own, -1);
	fd.own = loop_add_fd(record->loop, reader, EPOLLIN, on_fd, &fd);
	record->end = 10;
	assert_int_equal(loop_run(record->loop), 0);
	assert_non_null(strchr(record->letters, 'f'));
	loop_remove(fd.own);
	close(reader);
	close(writer);
}

static void test_timer_removes_others(void **state) {
	struct record *record = *state;
	struct note first = { .record = record, .letter = '1' };
	struct note second = { .record = record, .letter = '2' };
	struct note third = { .record = record, .letter = '3' };
	first.own = loop_add_timer(record->loop, on_timer, &first);
	second.own = loop_add_timer(record->loop, on_timer, &second);
	third.own = loop_add_timer(record->loop, on_timer, &third);
	loop_arm_timer(first.own, 1);
	loop_arm_timer(second.own, 1);
	loop_arm_timer(third.own, 20);
	first.victims[0] = second.own;
	first.victims[1] = first.own;
	run(record, 2, "13");
}

/* ---- descriptors ---- */

static void test_fd_events(void **state) {
	struct record *record = *state;
	int writer, reader = readable(&writer);
	struct note in = { .record = record, .letter = 'i' };
	struct note out = { .record = record, .letter = 'o' };
	in.own = loop_add_fd(record->loop, reader, 0, on_fd, &in);
	out.own = loop_add_fd(record->loop, writer, EPOLLOUT, on_fd, &out);
	run(record, 2, "oo");
	loop_update_fd(out.own, 0);
	loop_update_fd(in.own, EPOLLIN);
	run(record, 2, "ii");
	loop_remove(in.own);
	loop_remove(out.own);
	close(reader);
	close(writer);
}

static void test_fd_refused(void **state) {
	struct record *record = *state;
	struct note note = { .record = record, .letter = 'x' };
	assert_null(loop_add_fd(record->loop, -1, EPOLLIN, on_fd, &note));
	int writer, reader = readable(&writer);
	note.own = loop_add_fd(record->loop, reader, EPOLLIN, on_fd, &note);
	assert_non_null(note.own);
	assert_null(loop_add_fd(record->loop, reader, EPOLLIN, on_fd, &note));
	loop_remove(note.own);
	loop_remove(NULL);
	close(reader);
	close(writer);
}

/* Both are ready in one turn: whichever comes first removes the other, which then must not be called. */
static void test_fd_removes_the_other(void **state) {
	struct record *record = *state;
	int writers[2], readers[2];
	struct note notes[2];
	for (int i = 0; i < 2; i++) {
		readers[i] = readable(&writers[i]);
		notes[i] = (struct note){ .record = record, .letter = 'a' };
		notes[i].own = loop_add_fd(record->loop, readers[i], EPOLLIN, on_fd, &notes[i]);
	}
	notes[0].victims[0] = notes[1].own;
	notes[1].victims[0] = notes[0].own;
	notes[0].victims[1] = notes[0].own;
	notes[1].victims[1] = notes[1].own;
	struct note end = { .record = record, .letter = 'e' };
	end.own = loop_add_timer(record->loop, on_timer, &end);
	loop_arm_timer(end.own, 1);
	run(record, 2, "ae");
	for (int i = 0; i < 2; i++) {
		close(readers[i]);
		close(writers[i]);
	}
}

/* The rest of a turn is left for the next run. */
static void test_stop_is_at_once(void **state) {
	struct record *record = *state;
	int writers[3], readers[3];
	struct note notes[3];
	for (int i = 0; i < 3; i++) {
		readers[i] = readable(&writers[i]);
		notes[i] = (struct note){ .record = record, .letter = (char)('a' + i) };
		notes[i].own = loop_add_fd(record->loop, readers[i], EPOLLIN, on_fd, &notes[i]);
	}
	record->end = 1;
	assert_int_equal(loop_run(record->loop), 0);
	assert_int_equal(strlen(record->letters), 1);
	for (int i = 0; i < 3; i++) {
		loop_remove(notes[i].own);
		close(readers[i]);
		close(writers[i]);
	}
	loop_stop(record->loop);
	run(record, 1, ""); /* stopped before it began */
}

/* ---- children ---- */

static pid_t start(int exit_code, int until_fd) {
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char byte;
		ssize_t n = until_fd >= 0 ? read(until_fd, &byte, 1) : 0;
		_exit(n < 0 ? 99 : exit_code);
	}
	return pid;
}

static void test_child_ends_later(void **state) {
	struct record *record = *state;
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	struct note child = { .record = record, .letter = 'c' };
	pid_t pid = start(7, fds[0]);
	assert_non_null(loop_add_child(record->loop, pid, on_child, &child));
	assert_int_equal(write(fds[1], "x", 1), 1);
	run(record, 1, "c");
	assert_true(WIFEXITED(child.status) && WEXITSTATUS(child.status) == 7);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), -1); /* reaped */
	assert_int_equal(errno, ECHILD);
	close(fds[0]);
	close(fds[1]);
}

static void test_child_has_ended(void **state) {
	struct record *record = *state;
	struct note child = { .record = record, .letter = 'c' };
	pid_t pid = start(3, -1);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_non_null(loop_add_child(record->loop, pid, on_child, &child));
	run(record, 1, "c");
	assert_true(WIFEXITED(child.status) && WEXITSTATUS(child.status) == 3);
}

static void test_child_killed(void **state) {
	struct record *record = *state;
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	struct note child = { .record = record, .letter = 'c' };
	pid_t pid = start(0, fds[0]);
	child.own = loop_add_child(record->loop, pid, on_child, &child);
	child.victims[0] = child.own; /* gone already by then: must do no harm */
	kill(pid, SIGKILL);
	run(record, 1, "c");
	assert_true(WIFSIGNALED(child.status) && WTERMSIG(child.status) == SIGKILL);
	close(fds[0]);
	close(fds[1]);
}

static void test_child_forgotten(void **state) {
	struct record *record = *state;
	struct note forgotten = { .record = record, .letter = 'f' };
	struct note child = { .record = record, .letter = 'c' };
	pid_t first = start(1, -1), second = start(2, -1);
	forgotten.own = loop_add_child(record->loop, first, on_child, &forgotten);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)first, &info, WEXITED | WNOWAIT), 0);
	loop_remove(forgotten.own);
	loop_add_child(record->loop, second, on_child, &child);
	run(record, 1, "c");
	assert_int_equal(WEXITSTATUS(child.status), 2);
	assert_int_equal(waitpid(first, NULL, WNOHANG), first); /* ours to reap */
}

static void test_no_such_child(void **state) {
	struct record *record = *state;
	pid_t pid = start(0, -1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	struct note child = { .record = record, .letter = 'c' };
	assert_null(loop_add_child(record->loop, pid, on_child, &child));
}

/* Started by somebody who ignores SIGCHLD, the supervisor must still learn how its children end. */
static void test_sigchld_was_ignored(void **state) {
	signal(SIGCHLD, SIG_IGN);
	void *inner;
	assert_int_equal(setup(&inner), 0);
	struct record *record = inner;
	struct note child = { .record = record, .letter = 'c' };
	loop_add_child(record->loop, start(9, -1), on_child, &child);
	run(record, 1, "c");
	assert_int_equal(WEXITSTATUS(child.status), 9);
	assert_int_equal(teardown(&inner), 0);
}

/* ---- signals ---- */

static bool is_blocked(int signal_number) {
	sigset_t set;
	sigprocmask(SIG_SETMASK, NULL, &set);
	return sigismember(&set, signal_number) == 1;
}

static void test_signals(void **state) {
	struct record *record = *state;
	struct note one = { .record = record, .letter = '1' };
	struct note two = { .record = record, .letter = '2' };
	one.own = loop_add_signal(record->loop, SIGUSR1, on_signal, &one);
	two.own = loop_add_signal(record->loop, SIGUSR2, on_signal, &two);
	assert_true(is_blocked(SIGUSR1) && is_blocked(SIGUSR2));
	kill(getpid(), SIGUSR2);
	run(record, 1, "2");
	kill(getpid(), SIGUSR1);
	run(record, 1, "1");
	assert_null(loop_add_signal(record->loop, 0, on_signal, &one));
	assert_null(loop_add_signal(record->loop, 1000, on_signal, &one));
}

static void test_signal_removed(void **state) {
	struct record *record = *state;
	struct note one = { .record = record, .letter = '1' };
	one.own = loop_add_signal(record->loop, SIGTERM, on_signal, &one);
	/* It came while the loop was in charge and was never reported: unblocking must not let it end us. */
	kill(getpid(), SIGTERM);
	loop_remove(one.own);
	assert_false(is_blocked(SIGTERM));
	sigset_t pending;
	sigpending(&pending);
	assert_int_equal(sigismember(&pending, SIGTERM), 0);

	one.own = loop_add_signal(record->loop, SIGTERM, on_signal, &one);
	kill(getpid(), SIGTERM);
	run(record, 1, "1");
}

/* What the caller had blocked itself stays so. */
static void test_signal_mask_is_restored(void **state) {
	struct record *record = *state;
	struct note one = { .record = record, .letter = '1' };
	one.own = loop_add_signal(record->loop, SIGUSR1, on_signal, &one);
	loop_remove(one.own);
	assert_false(is_blocked(SIGUSR1));

	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	one.own = loop_add_signal(record->loop, SIGUSR1, on_signal, &one);
	loop_remove(one.own);
	assert_true(is_blocked(SIGUSR1));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void test_signal_shared(void **state) {
	struct record *record = *state;
	struct note notes[3];
	for (int i = 0; i < 3; i++) {
		notes[i] = (struct note){ .record = record, .letter = 's' };
		notes[i].own = loop_add_signal(record->loop, SIGUSR1, on_signal, &notes[i]);
	}
	kill(getpid(), SIGUSR1);
	run(record, 3, "sss");

	/* The first to be told removes all, itself too. */
	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 3; j++) {
			notes[i].victims[j] = notes[j].own;
		}
	}
	struct note end = { .record = record, .letter = 'e' };
	end.own = loop_add_timer(record->loop, on_timer, &end);
	loop_arm_timer(end.own, 1);
	kill(getpid(), SIGUSR1);
	run(record, 2, "se");
	assert_false(is_blocked(SIGUSR1));
}

static void test_destroy_with_everything(void **state) {
	int writer, reader = readable(&writer);
	void *inner;
	assert_int_equal(setup(&inner), 0);
	struct record *record = inner;
	struct note note = { .record = record, .letter = 'x' };
	pid_t pid = start(0, -1);
	loop_add_fd(record->loop, reader, EPOLLIN, on_fd, &note);
	loop_arm_timer(loop_add_timer(record->loop, on_timer, &note), 1000);
	loop_add_signal(record->loop, SIGUSR1, on_signal, &note);
	loop_add_child(record->loop, pid, on_child, &note);
	assert_int_equal(teardown(&inner), 0);
	assert_false(is_blocked(SIGUSR1));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(reader);
	close(writer);
}

#define with_loop(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		with_loop(test_timers_in_order),
		with_loop(test_timer_fires_once),
		with_loop(test_timer_disarmed_and_moved),
		with_loop(test_timer_arms_itself),
		with_loop(test_timer_does_not_starve),
		with_loop(test_timer_removes_others),
		with_loop(test_fd_events),
		with_loop(test_fd_refused),
		with_loop(test_fd_removes_the_other),
		with_loop(test_stop_is_at_once),
		with_loop(test_child_ends_later),
		with_loop(test_child_has_ended),
		with_loop(test_child_killed),
		with_loop(test_child_forgotten),
		with_loop(test_no_such_child),
		cmocka_unit_test(test_sigchld_was_ignored),
		with_loop(test_signals),
		with_loop(test_signal_removed),
		with_loop(test_signal_mask_is_restored),
		with_loop(test_signal_shared),
		cmocka_unit_test(test_destroy_with_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
