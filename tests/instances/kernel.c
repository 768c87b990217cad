#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>
#include "instances/kernel.h"
#include "tree.h"

/* As depmod writes it: what a module needs stands behind it, the last of it first to be loaded. */
static const char dep[] = "kernel/net/vmw_vsock/vsock.ko.xz:\n"
						  "kernel/net/vmw_vsock/transport-common.ko.xz: kernel/net/vmw_vsock/vsock.ko.xz\n"
						  "kernel/net/vmw_vsock/virtio-transport.ko.xz: kernel/net/vmw_vsock/transport-common.ko.xz "
						  "kernel/net/vmw_vsock/vsock.ko.xz\n"
						  "kernel/net/virtio_net.ko: kernel/net/failover.ko kernel/core.ko.zst\n"
						  "kernel/net/virtio_network.ko:\n";
static const char builtin[] = "kernel/fs/fuse/virtiofs.ko\nkernel/drivers/virtio/virtio_pci.ko\n";

static void test_select(void **state) {
	static const struct {
		const char *names[5];
		const char *files; /* with a space behind each */
		const char *missing;
	} rows[] = {
		{ { NULL }, "", NULL },
		{ { "virtiofs", "virtio_pci" }, "", NULL },
		{ { "virtio_transport" },
			"kernel/net/vmw_vsock/vsock.ko.xz kernel/net/vmw_vsock/transport-common.ko.xz "
			"kernel/net/vmw_vsock/virtio-transport.ko.xz ",
			NULL },
		{ { "vsock", "virtio_transport", "virtiofs" },
			"kernel/net/vmw_vsock/vsock.ko.xz kernel/net/vmw_vsock/transport-common.ko.xz "
			"kernel/net/vmw_vsock/virtio-transport.ko.xz ",
			NULL },
		{ { "virtio_net" }, "kernel/core.ko.zst kernel/net/failover.ko kernel/net/virtio_net.ko ", NULL },
		{ { "virtio" }, "", "virtio" },
		{ { "net" }, "", "net" },
		{ { "virtiofs", "9p", "vsock" }, "", "9p" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct words files = { 0 };
		const char *missing = NULL;
		char text[512] = "";
		assert_int_equal(
			kernel_select_modules(dep, builtin, rows[i].names, &files, &missing), rows[i].missing == NULL);
		for (size_t k = 0; k < files.len; k++) {
			strcat(strcat(text, files.list[k]), " ");
		}
		assert_string_equal(text, rows[i].files);
		if (rows[i].missing != NULL) {
			assert_string_equal(missing, rows[i].missing);
		}
		words_finish(&files);
	}
	/* What is no list of modules has none, and hurts nobody. */
	static const char *const bad[] = { "", "\n\n", ":", ": ", "vsock", ".ko:", "a/b/c\n:::\n / / :\nvsock.k" };
	static const char *const names[] = { "vsock", NULL };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct words files = { 0 };
		const char *missing;
		assert_false(kernel_select_modules(bad[i], bad[i], names, &files, &missing));
		assert_int_equal(files.len, 0);
	}
}

static void make_modules(const char *tree, const char *directory) {
	char path[256];
	snprintf(path, sizeof(path), "%s/modules.dep", directory);
	tree_file(tree, path, "kernel/vmw_vsock_virtio_transport.ko: kernel/vsock.ko\n/srv/virtio_net.ko:\n");
	snprintf(path, sizeof(path), "%s/modules.builtin", directory);
	tree_file(tree, path, "kernel/virtiofs.ko\nkernel/virtio_pci.ko\n");
}

static void expect(const char *tree, const char *path, const char *modules, const char *kernel_path, const char *reason) {
	struct kernel kernel;
	char said[512] = "";
	bool found = kernel_open(&kernel, tree, path, modules, false, said, sizeof(said));
	assert_int_equal(found, kernel_path != NULL);
	if (found) {
		assert_string_equal(kernel.path, tree_path(tree, kernel_path));
		assert_true(tree_is_at(tree, kernel_path, kernel.fd));
		assert_int_equal(kernel.files.len, 2);
	} else if (strstr(said, reason) == NULL) {
		fail_msg("'%s' is not in '%s'", reason, said);
	}
	kernel_finish(&kernel);
}

static void test_find(void **state) {
	const char *tree = *state;
	expect(tree, NULL, NULL, NULL, "no kernel with modules in /usr/lib/modules and /boot: name one by `kernel`");

	/* One that NixOS was booted with. */
	tree_file(tree, "run/booted-system/kernel", "");
	make_modules(tree, "run/booted-system/kernel-modules/lib/modules/6.1");
	expect(tree, NULL, NULL, "run/booted-system/kernel", NULL);

	/* Those of a distribution, by their versions and not by their letters; without modules or a kernel it is none. */
	make_modules(tree, "usr/lib/modules/6.9.1");
	tree_file(tree, "boot/vmlinuz-6.9.1", "");
	make_modules(tree, "usr/lib/modules/6.10.2");
	tree_file(tree, "boot/vmlinuz-6.10.2", "");
	make_modules(tree, "usr/lib/modules/6.11");
	tree_directory(tree, "usr/lib/modules/6.12");
	tree_file(tree, "boot/vmlinuz-6.12", "");
	expect(tree, NULL, NULL, "boot/vmlinuz-6.10.2", NULL);
	make_modules(tree, "usr/lib/modules/6.10.3");
	tree_file(tree, "usr/lib/modules/6.10.3/vmlinuz", "");
	expect(tree, NULL, NULL, "usr/lib/modules/6.10.3/vmlinuz", NULL);

	/* A named one, and where its modules are. */
	expect(tree, tree_path(tree, "boot/vmlinuz-6.9.1"), NULL, "boot/vmlinuz-6.9.1", NULL);
	tree_file(tree, "home/bzImage", "");
	expect(tree, tree_path(tree, "home/bzImage"), NULL, NULL, "its modules are not found: name their directory after it");
	expect(tree, tree_path(tree, "home/bzImage"), tree_path(tree, "usr/lib/modules/6.11"), "home/bzImage", NULL);
	expect(tree, tree_path(tree, "home/bzImage"), tree_path(tree, "home"), NULL, "/home/modules.dep: No such file or directory");
	make_modules(tree, "home");
	expect(tree, tree_path(tree, "home/bzImage"), NULL, "home/bzImage", NULL);
	expect(tree, tree_path(tree, "home/other"), NULL, NULL, "/home/other: No such file or directory");
	expect(tree, tree_path(tree, "home"), NULL, NULL, "/home: expected a regular file");
	tree_fifo(tree, "home/fifo");
	expect(tree, tree_path(tree, "home/fifo"), NULL, NULL, "/home/fifo: expected a regular file");
	tree_file(tree, "usr/lib/modules/6.11/modules.builtin", "kernel/virtio_pci.ko\n");
	expect(tree, tree_path(tree, "home/bzImage"), tree_path(tree, "usr/lib/modules/6.11"), NULL,
		"has no virtiofs, which a guest needs: name another by `kernel`");
}

/* The files are where the list says, or where its directory is; a network card has its module too. */
static void test_files(void **state) {
	const char *tree = *state;
	struct kernel kernel;
	char reason[256];
	make_modules(tree, "usr/lib/modules/6.1");
	tree_file(tree, "boot/vmlinuz-6.1", "");
	assert_true(kernel_open(&kernel, tree, NULL, NULL, true, reason, sizeof(reason)));
	assert_int_equal(kernel.files.len, 3);
	assert_string_equal(kernel.files.list[0], tree_path(tree, "usr/lib/modules/6.1/kernel/vsock.ko"));
	assert_string_equal(
		kernel.files.list[1], tree_path(tree, "usr/lib/modules/6.1/kernel/vmw_vsock_virtio_transport.ko"));
	assert_string_equal(kernel.files.list[2], "/srv/virtio_net.ko");
	kernel_finish(&kernel);
}

/* Ubuntu lets root alone read them. */
static void test_denied(void **state) {
	const char *tree = *state;
	if (geteuid() == 0) {
		skip(); /* root reads it */
	}
	make_modules(tree, "lib/modules/6.1");
	tree_file(tree, "boot/vmlinuz-6.1", "");
	assert_int_equal(chmod(tree_path(tree, "boot/vmlinuz-6.1"), 0), 0);
	expect(tree, NULL, NULL, NULL, "/boot/vmlinuz-6.1 is not yours to read: copy it, and name the copy by `kernel`");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_select),
		cmocka_unit_test_setup_teardown(test_find, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_files, tree_set_up, tree_tear_down),
		cmocka_unit_test_setup_teardown(test_denied, tree_set_up, tree_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
