#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>
#include "instances/standstill.h"
#include "tree.h"

#define SELF 1
#define START INT64_C(1000000)

struct proc {
	const char *tree;
	int fd;
	struct standstill *standstill;
	int stops; /* how often all were told to */
	const char *stops_to; /* what 7/8 is after the next stop; NULL for no change */
};

/* A thread of proc(5): its state as the kernel says it, after a name that tries to say another. */
static void put(const struct proc *proc, const char *task, const char *state, const char *syscall) {
	char path[64], text[64];
	snprintf(path, sizeof(path), "%s/stat", task);
	snprintf(text, sizeof(text), "8 (a) T 1 (b) %s 1 1 1 0 -1", state);
	unlink(tree_path(proc->tree, path));
	tree_file(proc->tree, path, text);
	if (syscall != NULL) {
		snprintf(path, sizeof(path), "%s/syscall", task);
		tree_file(proc->tree, path, syscall);
	}
}

static void stop_all(void *data) {
	struct proc *proc = data;
	proc->stops++;
	if (proc->stops_to != NULL) {
		put(proc, "7/task/8", proc->stops_to, NULL);
	}
}

static void begin(struct proc *proc, void **state) {
	*proc = (struct proc){ .tree = *state };
	put(proc, "1/task/1", "R", NULL); /* who looks does not stand */
	tree_file(*state, "uptime", "1 1\n");
	tree_directory(*state, "sys/task/9");
	proc->fd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(proc->fd >= 0);
	proc->standstill = standstill_create(proc->fd, SELF, stop_all, proc);
	assert_non_null(proc->standstill);
}

static void end(struct proc *proc) {
	standstill_destroy(proc->standstill);
	close(proc->fd);
}

/* Until it has an answer, by its own clock; how many were not seen to stop. */
static int32_t settle(struct proc *proc, int64_t *now) {
	int32_t unstopped;
	int64_t start = *now;
	standstill_begin(proc->standstill, *now);
	while (!standstill_step(proc->standstill, *now, &unstopped)) {
		int timeout = standstill_timeout(proc->standstill, *now);
		assert_int_in_range(timeout, 1, STANDSTILL_PATIENCE_MS);
		*now += timeout;
		assert_true(*now - start <= STANDSTILL_PATIENCE_MS);
	}
	return unstopped;
}

static void test_states(void **state) {
	static const struct {
		const char *state;
		bool stands;
	} rows[] = {
		{ "T", true }, { "t", true }, { "Z", true }, { "X", true }, { "x", true },
		{ "R", false }, { "S", false }, { "D", false }, { "I", false }, { "P", false }, { "W", false },
		{ "?", false }, { "", false }, { "\n", false },
	};
	struct proc proc;
	begin(&proc, state);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t now = START;
		put(&proc, "7/task/7", "T", NULL);
		put(&proc, "7/task/8", rows[i].state, NULL);
		int32_t unstopped = settle(&proc, &now);
		if (unstopped != !rows[i].stands || now != START + (rows[i].stands ? 0 : STANDSTILL_PATIENCE_MS)) {
			fail_msg("'%s': %d after %lld ms", rows[i].state, unstopped, (long long)(now - START));
		}
	}
	end(&proc);
}

static void test_waiting_for_a_child(void **state) {
	char in_clone[32], in_clone3[32], in_write[32];
	snprintf(in_clone, sizeof(in_clone), "%d 0x4111 0x0", (int)SYS_clone);
	snprintf(in_clone3, sizeof(in_clone3), "%d 0x7ffc", (int)SYS_clone3);
	snprintf(in_write, sizeof(in_write), "%d 0x1", (int)SYS_write);
	const struct {
		const char *state, *syscall;
		int32_t unstopped;
	} rows[] = {
		{ "D", in_clone, 0 },
		{ "D", in_clone3, 0 },
		{ "D", in_write, 1 },
		{ "D", "running\n", 1 },
		{ "D", "-1 0x7ffc", 1 },
		{ "D", "", 1 },
		{ "S", in_clone, 1 },
	};
	struct proc proc;
	begin(&proc, state);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t now = START;
		unlink(tree_path(*state, "7/task/8/syscall"));
		put(&proc, "7/task/8", rows[i].state, rows[i].syscall);
		int32_t unstopped = settle(&proc, &now);
		if (unstopped != rows[i].unstopped) {
			fail_msg("row %zu: %d", i, unstopped);
		}
	}
	end(&proc);
}

/* Every thread counts, and what cannot be read is not seen to stand. */
static void test_count(void **state) {
	struct proc proc;
	int64_t now = START;
	begin(&proc, state);
	assert_int_equal(settle(&proc, &now), 0);
	assert_true(now == START);
	put(&proc, "7/task/7", "Z", NULL);
	put(&proc, "7/task/8", "R", NULL);
	put(&proc, "7/task/9", "S", NULL);
	put(&proc, "12/task/12", "D", NULL);
	put(&proc, "12/task/13", "T", NULL);
	tree_directory(*state, "13/task/13");
	tree_directory(*state, "14");
	assert_int_equal(settle(&proc, &now), 3);
	tree_link(*state, "15/task", "../7/task");
	tree_link(*state, "16/task/16/stat", "../../../7/task/7/stat");
	assert_int_equal(settle(&proc, &now), 5);
	end(&proc);
}

static void test_no_proc(void **state) {
	struct proc proc = { .tree = *state, .fd = -1 };
	int64_t now = START;
	proc.standstill = standstill_create(-1, SELF, stop_all, &proc);
	assert_int_equal(settle(&proc, &now), 1);
	assert_true(proc.stops > 10);
	standstill_destroy(proc.standstill);
}

/* Told before each of two looks, and now and then when all stands. */
static void test_stops(void **state) {
	struct proc proc;
	int64_t now = START;
	int32_t unstopped;
	begin(&proc, state);
	assert_int_equal(standstill_timeout(proc.standstill, now), -1);
	assert_false(standstill_step(proc.standstill, now, &unstopped));
	assert_int_equal(proc.stops, 0);
	put(&proc, "7/task/8", "R", NULL);
	standstill_begin(proc.standstill, now);
	assert_int_equal(standstill_timeout(proc.standstill, now), 0);
	assert_false(standstill_step(proc.standstill, now, &unstopped));
	assert_int_equal(proc.stops, 1);
	assert_false(standstill_step(proc.standstill, now, &unstopped)); /* not yet */
	assert_int_equal(proc.stops, 1);
	now += standstill_timeout(proc.standstill, now);
	proc.stops_to = "T";
	assert_true(standstill_step(proc.standstill, now, &unstopped));
	assert_int_equal(unstopped, 0);
	assert_int_equal(proc.stops, 3);
	assert_int_equal(standstill_timeout(proc.standstill, now), STANDSTILL_AGAIN_MS);
	now += STANDSTILL_AGAIN_MS;
	assert_false(standstill_step(proc.standstill, now, &unstopped)); /* it is answered once */
	assert_int_equal(proc.stops, 4);
	standstill_end(proc.standstill);
	assert_int_equal(standstill_timeout(proc.standstill, now), -1);
	assert_false(standstill_step(proc.standstill, now + STANDSTILL_AGAIN_MS, &unstopped));
	assert_int_equal(proc.stops, 4);
	end(&proc);
}

/* One that is woken between the two looks is seen, and what is over before its answer has none. */
static void test_woken(void **state) {
	struct proc proc;
	int64_t now = START;
	int32_t unstopped;
	begin(&proc, state);
	put(&proc, "7/task/8", "T", NULL);
	proc.stops_to = "R";
	standstill_begin(proc.standstill, now);
	assert_false(standstill_step(proc.standstill, now, &unstopped));
	standstill_end(proc.standstill);
	assert_false(standstill_step(proc.standstill, now + STANDSTILL_PATIENCE_MS, &unstopped));
	assert_int_equal(proc.stops, 1);
	end(&proc);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_states, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_waiting_for_a_child, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_count, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_no_proc, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_stops, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_woken, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
