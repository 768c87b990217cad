#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include "ctl/audit.h"

static void test_classify(void **state) {
	static const struct {
		const char *path;
		mode_t mode;
		const char *head, *target, *kind;
	} rows[] = {
		{ ".bashrc", S_IFREG | 0600, "alias", "", "startup" },
		{ "x/.bashrc", S_IFREG | 0600, "alias", "", NULL },
		{ ".config/autostart/x.desktop", S_IFREG | 0600, "", "", "startup" },
		{ ".config/systemd/user/default.target.wants/x.service", S_IFLNK | 0777, "", "../x.service", "startup" },
		{ ".config/fish/conf.d/x.fish", S_IFREG | 0600, "", "", "startup" },
		{ "src/.git/hooks/pre-commit", S_IFREG | 0600, "", "", "startup" },
		{ ".git/hooks/pre-commit.sample", S_IFREG | 0600, "", "", NULL },
		{ "not.git/hooks/x", S_IFREG | 0600, "", "", NULL },
		{ "app/thing.service", S_IFREG | 0600, "", "", "startup" },
		{ ".ssh/id_ed25519", S_IFREG | 0600, "", "", "key" },
		{ "notes/key", S_IFREG | 0600, "-----BEGIN OPENSSH PRIVATE KEY-----", "", "key" },
		{ "bin/x", S_IFREG | 0755, "text", "", "executable" },
		{ "bin/y", S_IFREG | 0600, "\x7f" "ELF\x02", "", "executable" },
		{ "bin/z", S_IFREG | 0600, "#!/bin/sh", "", "script" },
		{ ".bashrc", S_IFREG | 04755, "", "", "setuid" },
		{ "x", S_IFREG | 02600, "", "", "setuid" },
		{ "x", S_IFCHR | 0600, "", "", "device" },
		{ "x", S_IFBLK | 0600, "", "", "device" },
		{ "x", S_IFIFO | 0600, "", "", NULL },
		{ "x", S_IFDIR | 0755, "", "", NULL },
		{ "notes", S_IFREG | 0600, "hello", "", NULL },
		{ "empty", S_IFREG | 0600, "", "", NULL },
		{ "short", S_IFREG | 0600, "#", "", NULL },
		{ "a/link", S_IFLNK | 0777, "", "b", NULL },
		{ "a/link", S_IFLNK | 0777, "", "../b", NULL },
		{ "a/link", S_IFLNK | 0777, "", "../../b", "link" },
		{ "a/link", S_IFLNK | 0777, "", "x/../../..", "link" },
		{ "a/link", S_IFLNK | 0777, "", "..x/y", NULL },
		{ "a/link", S_IFLNK | 0777, "", "/etc/passwd", "link" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *kind =
			audit_classify(rows[i].path, rows[i].mode, rows[i].head, strlen(rows[i].head), rows[i].target);
		const char *expected = rows[i].kind != NULL ? rows[i].kind : "nothing";
		if (strcmp(kind != NULL ? kind : "nothing", expected) != 0) {
			fail_msg("%s (row %zu): %s, not %s", rows[i].path, i, kind != NULL ? kind : "nothing", expected);
		}
	}
}

int main(void) {
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_classify) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
