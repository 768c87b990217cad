#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>
#include "instances/vm_host_commands.h"

#define WORDS_MAX 40

static bool parse(struct vm_commands *commands, const char *const *words, char *list[WORDS_MAX + 1]) {
	size_t len = 0;
	for (; words[len] != NULL; len++) {
		assert_true(len < WORDS_MAX);
		list[len] = (char *)words[len];
	}
	list[len] = NULL;
	return vm_commands_parse(commands, list);
}

static void test_parse(void **state) {
	const char *const words[] = { "--", "--wait", "/run/vm/fs", "/usr/libexec/virtiofsd", "--fd", "--", "--wait",
		"/run/vm/vsock_3", "waypipe", "client", "--", "qemu", "-append", "quiet -- work 1 none", NULL };
	struct vm_commands commands;
	char *list[WORDS_MAX + 1];
	assert_true(parse(&commands, words, list));
	assert_int_equal(commands.len, 3);
	assert_string_equal(commands.list[0].name, "virtiofsd");
	assert_string_equal(commands.list[0].wait, "/run/vm/fs");
	assert_string_equal(commands.list[0].argv[0], "/usr/libexec/virtiofsd");
	assert_string_equal(commands.list[0].argv[1], "--fd");
	assert_null(commands.list[0].argv[2]);
	assert_string_equal(commands.list[1].argv[0], "waypipe");
	assert_string_equal(commands.list[2].argv[2], "quiet -- work 1 none");
	assert_null(commands.list[2].argv[3]);
	assert_null(commands.list[2].wait);
	assert_true(vm_command_is_machine(&commands, &commands.list[2]));
	assert_false(vm_command_is_machine(&commands, &commands.list[0]));
}

static void test_no_commands(void **state) {
	static const char *const rows[][24] = {
		{ NULL },
		{ "qemu", NULL },
		{ "--", NULL },
		{ "--", "--", "qemu", NULL },
		{ "--", "a", "--", NULL },
		{ "--", "--wait", NULL },
		{ "--", "--wait", "/s", NULL },
		{ "--", "--wait", "/s", "--", "qemu", NULL },
		{ "--", "--wait", "relative", "a", "--", "qemu", NULL },
		{ "--", "--wait", "/s", "qemu", NULL }, /* nobody waits for the machine */
		{ "--", "1", "--", "2", "--", "3", "--", "4", "--", "5", "--", "6", "--", "7", "--", "8", "--", "9", NULL },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vm_commands commands;
		char *list[WORDS_MAX + 1];
		if (parse(&commands, rows[i], list)) {
			fail_msg("accepted: row %zu", i);
		}
	}
}

#define HEAD "Num       RefCount Protocol Flags    Type St Inode Path\n"
#define LISTENS "000000004bed0dc5: 00000002 00000000 00010000 0001 01 17079500 "
#define CONNECTED "000000004bed0dc5: 00000003 00000000 00000000 0001 03 17079501 "

static void test_unready(void **state) {
	static const struct {
		const char *table;
		bool ready;
	} rows[] = {
		{ NULL, false },
		{ "", false },
		{ HEAD, false },
		{ HEAD LISTENS "\n", false },
		{ HEAD LISTENS "/run/vm/vsock_3\n", true },
		{ HEAD LISTENS "/run/vm/vsock_3", true },
		{ HEAD LISTENS "vsock_3\n", true }, /* bound by its name alone */
		{ HEAD CONNECTED "/run/vm/vsock_3\n", false },
		{ HEAD CONNECTED "/run/vm/vsock_3\n" LISTENS "/run/vm/vsock_3\n", true },
		{ HEAD LISTENS "/run/vm/vsock_33\n", false },
		{ HEAD LISTENS "/run/vm/other_vsock_3\n", false },
		{ HEAD LISTENS "@/run/vm/vsock_3\n", false },
		{ "/run/vm/vsock_3\n", false },
		{ " /run/vm/vsock_3\n", false },
	};
	const char *const words[] = { "--", "a", "--", "--wait", "/run/vm/vsock_3", "waypipe", "--", "qemu", NULL };
	struct vm_commands commands;
	char *list[WORDS_MAX + 1];
	assert_true(parse(&commands, words, list));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct vm_command *unready = vm_commands_find_unready(&commands, rows[i].table);
		if ((unready == NULL) != rows[i].ready) {
			fail_msg("row %zu", i);
		}
		assert_true(unready == NULL || unready == &commands.list[1]);
	}
}

static void test_ends(void **state) {
	const char *const words[] = { "--", "/bin/sh", "-c", "exit 3", "--", "/nonexistent/qemu", NULL };
	struct vm_commands commands;
	char *list[WORDS_MAX + 1], reason[VM_REASON_SIZE];
	int status;
	assert_true(parse(&commands, words, list));
	assert_true(vm_command_start(&commands.list[0], reason));
	pid_t pid = commands.list[0].pid;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_null(vm_commands_reap(&commands, pid + 1));
	assert_ptr_equal(vm_commands_reap(&commands, pid), &commands.list[0]);
	assert_null(vm_commands_reap(&commands, pid));
	vm_command_describe_end(&commands.list[0], status, reason);
	assert_string_equal(reason, "sh has ended, with 3");
	vm_command_describe_end(&commands.list[0], 9, reason);
	assert_string_equal(reason, "sh was ended by signal 9 (Killed)");
	assert_false(vm_command_start(&commands.list[1], reason));
	assert_string_equal(reason, "/nonexistent/qemu cannot be started: No such file or directory");
	assert_int_equal(commands.list[1].pid, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_no_commands),
		cmocka_unit_test(test_unready),
		cmocka_unit_test(test_ends),
	};
	return cmocka_run_group_tests_name("instances vm_host_commands", tests, NULL, NULL);
}
