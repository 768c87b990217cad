#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "base/memory.h"
#include "config/config.h"
#include "golden.h"
#include "instances/backend.h"
#include "instances/bubblewrap.h"
#include "instances/facts.h"
#include "instances/network.h"
#include "instances/vm.h"

/*
 * The sandbox, to be read: golden/NAME.txt is the command for this instance, one group of words a line, and then its
 * environment. Where a wall is meant to change, `bubblewrap --write` makes the files anew, and the difference is what
 * a reviewer reads.
 */
static const struct {
	const char *name;
	const char *config;
	bool is_root;
} plans[] = {
	{ "plain", "instance work {\n}\n", false },
	{ "nat", "instance work {\nnetwork nat\n}\n", false },
	{ "gpu", "instance work {\nallow gpu\n}\n", false },
	{
		"full",
		"instance work {\nnetwork nat\nenv EDITOR=vim XDG_CURRENT_DESKTOP=other\npersist .config/foot .local/share/fish\n"
		"persist-file .bash_history\nfiles ~/Documents/work rw\nfiles /srv/books\n}\n",
		true,
	},
	{ "root", "instance work {\nroot /srv/images/debian\n}\n", false },
	{ "vm", "instance work {\nbackend vm\nmemory 2G\nacceleration kvm\n}\n", false },
	{
		"vm-full",
		"instance work {\nbackend vm\nnetwork nat\ncpus 4\nacceleration none\npids 500\npersist .config/foot .local/share/fish\n"
		"persist-file .bash_history\nfiles ~/Documents/work rw\nfiles /srv/books\n}\n",
		true,
	},
	{
		"vm-closure",
		"instance work {\nbackend vm\nroot closure /nix/store/0123456789abcdfghijklmnpqrsvwxyz-coffer-work\n}\n",
		false,
	},
	{ "closure", "instance work {\nroot closure /nix/store/0123456789abcdfghijklmnpqrsvwxyz-coffer-work\n}\n", false },
	{ "podman", "instance work {\nbackend podman\n}\n", false },
	{
		"podman-full",
		"instance work {\nbackend podman\nnetwork nat\nallow gpu\npids 500\npersist .config/foot .local/share/fish\n"
		"persist-file .bash_history\nfiles ~/Documents/work rw\nfiles /srv/books\n}\n",
		true,
	},
	{
		"podman-closure",
		"instance work {\nbackend podman\nroot closure /nix/store/0123456789abcdfghijklmnpqrsvwxyz-coffer-work\n}\n",
		false,
	},
};

static const struct plan_file etc_files[] = {
	{ .path = "/etc/passwd", .content = "" },
	{ .path = "/etc/machine-id", .content = "" },
};

static struct plan_gpu gpus[] = {
	{
		.node = (char *)"/dev/dri/renderD128",
		.device = (char *)"/sys/devices/pci0000:00/0000:00:02.0",
		.link = (char *)"/sys/dev/char/226:128",
		.link_target = (char *)"../../devices/pci0000:00/0000:00:02.0/drm/renderD128",
	},
};

/* As sandbox.c opens them, in the order of their destinations. */
static struct plan_bind full_binds[] = {
	{ .fd = 8, .destination = (char *)"/home/user/.bash_history", .writable = true },
	{ .fd = 9, .destination = (char *)"/home/user/.config/foot", .writable = true },
	{ .fd = 10, .destination = (char *)"/home/user/.local/share/fish", .writable = true },
	{ .fd = 11, .destination = (char *)"/home/user/Documents/work", .writable = true },
	{ .fd = 12, .destination = (char *)"/srv/books", .writable = false },
};

#define NIX(digit, name) (char *)"/nix/store/0123456789abcdfghijklmnpqrsvwxy" digit "-" name

static struct plan_store_path store_paths[] = {
	{ .path = NIX("1", "glibc-2.42") },
	{ .path = NIX("2", "foot-1.23.0") },
	{ .path = NIX("3", "source"), .link_target = (char *)"../elsewhere" },
	{ .path = NIX("z", "coffer-work") },
};

static struct plan_closure_link closure_links[] = {
	{ .path = (char *)"/bin/sh", .target = NIX("z", "coffer-work/sw/bin/sh") },
	{ .path = (char *)"/etc/fonts", .target = NIX("z", "coffer-work/etc/fonts") },
};

static const struct plan_closure closure = {
	.root = NIX("z", "coffer-work"),
	.paths = store_paths,
	.paths_len = 4,
	.links = closure_links,
	.links_len = 2,
	.shell = NIX("z", "coffer-work/sw/bin/sh"),
	.has_bus = true,
};

static struct plan_source carrier_sources[] = {
	{ "/usr", (char *)"/usr" },
	{ "/etc/ld.so.cache", (char *)"/etc/ld.so.cache" },
	{ "/nix/store", (char *)"/nix/store" },
};

static const struct plan_container container = {
	.carrier = {
		.sources = carrier_sources,
		.sources_len = 2,
		.links = { { "/bin", (char *)"usr/bin" }, { "/lib64", (char *)"usr/lib64" } },
		.links_len = 2,
	},
	.podman = (char *)"/usr/bin/podman",
	.conmon = (char *)"/usr/bin/conmon",
	.crun = (char *)"/usr/bin/crun",
	.cgroups = (char *)"/sys/fs/cgroup",
};

static const struct plan_container nix_container = {
	.carrier = { .sources = carrier_sources, .sources_len = 3 },
	.podman = NIX("4", "podman-5.8.0/bin/podman"),
	.conmon = NIX("5", "conmon-2.1.13/bin/conmon"),
	.crun = NIX("6", "crun-1.25/bin/crun"),
	.cgroups = (char *)"/sys/fs/cgroup",
};

static const struct plan_machine machine = {
	.carrier = {
		.sources = carrier_sources,
		.sources_len = 2,
		.links = { { "/bin", (char *)"usr/bin" }, { "/lib64", (char *)"usr/lib64" } },
		.links_len = 2,
	},
	.qemu = (char *)"/usr/bin/qemu-system-x86_64",
	.virtiofsd = (char *)"/usr/libexec/virtiofsd",
	.vsock = (char *)"/usr/bin/vhost-device-vsock",
	.waypipe = (char *)"/usr/bin/waypipe",
	.program = (char *)"/usr/libexec/coffer-vm",
	.kernel_fd = 13,
	.initrd_fd = 14,
};

static const struct plan_machine nix_machine = {
	.carrier = { .sources = carrier_sources, .sources_len = 3 },
	.qemu = NIX("4", "qemu-10.1/bin/qemu-system-x86_64"),
	.virtiofsd = NIX("5", "virtiofsd-1.13/bin/virtiofsd"),
	.vsock = NIX("6", "vhost-device-vsock-0.3/bin/vhost-device-vsock"),
	.waypipe = NIX("7", "waypipe-0.10/bin/waypipe"),
	.program = NIX("8", "cofferdam/libexec/coffer-vm"),
	.kernel_fd = 8,
	.initrd_fd = 9,
};

static struct plan_facts make_facts(bool is_root, const struct config_instance *instance) {
	struct plan_facts facts = {
		.is_root = is_root,
		.memory = UINT64_C(8) << 30,
		.links = {
			{ "/bin", (char *)"usr/bin" }, { "/sbin", (char *)"usr/sbin" }, { "/lib", (char *)"usr/lib" },
			{ "/lib64", (char *)"usr/lib64" },
		},
		.links_len = 4,
		.timezone = is_root ? NULL : (char *)"Europe/Zurich",
		.gpus = gpus,
		.gpus_len = 1,
		.proc_read_only = { "/proc/acpi", "/proc/sys" },
		.proc_read_only_len = 2,
		.proc_hidden = { "/proc/keys" },
		.proc_hidden_len = 1,
		.has_bus = true,
		.has_bash = true,
	};
	if (instance->root_is_closure) {
		facts.links_len = 0;
		facts.has_bash = false;
		facts.closure = &closure;
		words_add(&facts.locale, "LANG=de_CH.UTF-8", NULL);
		return facts;
	}
	const char *root = instance->root;
	/* All that an instance may get of its root; what is a link into /usr, or made, is not bound. */
	for (const char *const *path = facts_source_paths; *path != NULL; path++) {
		bool made = strcmp(*path, "/etc/localtime") == 0 && facts.timezone != NULL;
		for (size_t i = 0; i < facts.links_len; i++) {
			made = made || strcmp(*path, facts.links[i].path) == 0;
		}
		if (!made) {
			facts.sources = xrealloc_array(facts.sources, facts.sources_len + 1, sizeof(*facts.sources));
			facts.sources[facts.sources_len++] = (struct plan_source){ *path,
				xasprintf("%s%s", strcmp(root, "host") == 0 ? "" : root, *path) };
		}
	}
	words_add(&facts.locale, "LANG=de_CH.UTF-8", NULL);
	words_add(&facts.locale, "LC_TIME=en_DK.UTF-8", NULL);
	return facts;
}

/* The whole text of a golden file. The caller frees it. */
static char *describe(size_t index) {
	struct config_errors errors = { 0 };
	struct config *config = config_parse(plans[index].config, strlen(plans[index].config), "/home/anna", &errors);
	if (config == NULL) {
		fail_msg("%s: line %d: %s", plans[index].name, errors.list[0].line, errors.list[0].text);
		return NULL;
	}
	const struct config_instance *instance = &config->instances[0];
	struct plan_facts facts = make_facts(plans[index].is_root, instance);
	const bool full = instance->files_len > 0;
	struct plan_machine of_vm = facts.closure != NULL ? nix_machine : machine;
	of_vm.use_kvm = instance->acceleration == ACCELERATION_KVM;
	const struct plan plan = {
		.instance = instance,
		.facts = &facts,
		.socket = "/run/user/1000/cofferdam/instances/work/wayland-0",
		.init_program = "/usr/libexec/coffer-init",
		.etc = etc_files,
		.etc_len = 2,
		.binds = full_binds,
		.binds_len = full ? sizeof(full_binds) / sizeof(full_binds[0]) : 0,
		.container = instance->backend != BACKEND_PODMAN ? NULL : facts.closure != NULL ? &nix_container : &container,
		.machine = instance->backend == BACKEND_VM ? &of_vm : NULL,
	};
	struct words arguments = { 0 }, environment = { 0 }, network = { 0 };
	const struct backend *backend = backend_find(instance->backend);
	backend->arguments(&plan, &arguments);
	backend->environment(&plan, &environment);

	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	golden_print_words(out, &arguments);
	fprintf(out, "\n# the environment inside\n");
	golden_print_words(out, &environment);
	if (instance->network == NETWORK_NAT) {
		network_arguments(4711, facts.is_root, "/run/user/1000/cofferdam/instances/work/pasta.pid", &network);
		fprintf(out, "\n# beside it, for its network\n");
		golden_print_words(out, &network);
	}
	fclose(out);
	words_finish(&arguments);
	words_finish(&environment);
	words_finish(&network);
	words_finish(&facts.locale);
	for (size_t i = 0; i < facts.sources_len; i++) {
		free(facts.sources[i].source);
	}
	free(facts.sources);
	config_destroy(config);
	return text;
}

static void test_golden(void **state) {
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		char *text = describe(i);
		golden_compare(plans[i].name, text, "the sandbox is now another");
		free(text);
	}
}

/* What no plan may lack, whatever the golden files say. */
static void test_walls(void **state) {
	static const char *const walls[] = {
		"--unshare-user",
		"--unshare-pid",
		"--unshare-ipc",
		"--unshare-uts",
		"--disable-userns",
		"--cap-drop",
		"--seccomp",
		"--new-session",
		"--die-with-parent",
		"--as-pid-1",
		"--clearenv",
		"--remount-ro",
	};
	/* Of podman's, these stand within the carrier, which has what follows. */
	static const char *const podman_walls[] = {
		"--uidmap 1000:0:1 --gidmap 1000:0:1 --user 1000:1000",
		"--pid private --uts private --cgroupns private",
		"--ipc none",
		"--cap-drop all",
		"--security-opt no-new-privileges",
		"--security-opt seccomp=/",
		"--security-opt mask=/proc/keys",
		"--read-only --read-only-tmpfs=false",
		"--unsetenv-all",
		"--remount-ro /instance\n",
		"--unshare-user",
		"--unshare-pid",
		"--die-with-parent",
		"--as-pid-1",
		"--clearenv",
		"--remount-ro /\n",
	};
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		char *text = describe(i);
		bool is_podman = strstr(plans[i].config, "backend podman") != NULL;
		const char *const *wanted = is_podman ? podman_walls : walls;
		size_t len = is_podman ? sizeof(podman_walls) / sizeof(podman_walls[0]) : sizeof(walls) / sizeof(walls[0]);
		for (size_t j = 0; j < len; j++) {
			assert_non_null(strstr(text, wanted[j]));
		}
		assert_null(strstr(text, "--privileged"));
		assert_null(strstr(text, "unmask"));
		assert_null(strstr(text, "--share-net"));
		assert_null(strstr(text, "--bind /"));
		free(text);
	}
}

/* A backend that is not there builds nothing, least of all another one's walls. */
static void test_backends(void **state) {
	assert_non_null(backend_find(BACKEND_BUBBLEWRAP));
	assert_non_null(backend_find(BACKEND_PODMAN));
	assert_non_null(backend_find(BACKEND_VM));
}

/* Of the host, the sandbox around a guest has nothing but what its programs need; the instance's are below /instance. */
static void test_carrier(void **state) {
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		if (strncmp(plans[i].name, "vm", 2) != 0) {
			continue;
		}
		char *text = describe(i);
		static const char *const absent[] = { " /home", " /etc/passwd", " /srv", "/sys/", " /tmp\n", "/dev/dri" };
		for (size_t k = 0; k < sizeof(absent) / sizeof(absent[0]); k++) {
			assert_null(strstr(text, absent[k]));
		}
		assert_int_equal(strstr(text, "/dev/kvm") != NULL, strcmp(plans[i].name, "vm") == 0);
		assert_int_equal(strstr(text, "-netdev") != NULL, strcmp(plans[i].name, "vm-full") == 0);
		free(text);
	}
}

/* The parts of an instance's memory are less than the whole, and large enough to boot. */
static void test_memory(void **state) {
	static const uint64_t mib = 1024 * 1024;
	static const struct {
		uint64_t memory, host, guest, home; /* in MiB */
	} rows[] = {
		{ 512, 65536, 256, 64 },
		{ 2048, 65536, 1408, 256 },
		{ 1023, 65536, 639, 127 },
		{ 65536, 1024, 49024, 8192 },
		{ 0, 65536, 2944, 512 }, /* auto */
		{ 0, 2048, 1024, 192 },
		{ 0, 256, 256, 64 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config_instance instance = { .memory = rows[i].memory * mib };
		assert_int_equal(vm_guest_memory(&instance, rows[i].host * mib), rows[i].guest * mib);
		assert_int_equal(vm_home_size(&instance, rows[i].host * mib) / mib, rows[i].home);
	}
	const struct config_instance none = { .memory = CONFIG_MEMORY_NONE };
	assert_int_equal(vm_guest_memory(&none, UINT64_C(65536) * mib), 2944 * mib);
}

static void test_info(void **state) {
	assert_int_equal(bubblewrap_parse_info("{\n    \"child-pid\": 4711,\n    \"cgroup-namespace\": 1\n}\n"), 4711);
	assert_int_equal(bubblewrap_parse_info("{ \"child-pid\":4711 }"), 4711);
	assert_int_equal(bubblewrap_parse_info("{ \"child-pid\": 1 }"), 0);
	assert_int_equal(bubblewrap_parse_info("{ \"child-pid\": }"), 0);
	assert_int_equal(bubblewrap_parse_info("{ \"pid\": 4711 }"), 0);
	assert_int_equal(bubblewrap_parse_info(""), 0);
}

static int write_golden(void) {
	bool written = true;
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		char *text = describe(i);
		written = golden_write(plans[i].name, text) && written;
		free(text);
	}
	return written ? 0 : 1;
}

/* A guest keeps in its memory what never changes: not /usr, where something that may is bound below it. */
static void test_changing_system(void **state) {
	size_t index = 0;
	while (strcmp(plans[index].name, "vm-full") != 0) {
		index++;
	}
	struct plan_bind *bind = &full_binds[sizeof(full_binds) / sizeof(full_binds[0]) - 1];
	char *destination = bind->destination;
	bind->destination = (char *)"/usr/share/books";
	char *text = describe(index);
	bind->destination = destination;
	assert_non_null(strstr(text, "--shared-dir /instance --sandbox=none"));
	assert_null(strstr(text, "--shared-dir /instance/usr"));
	assert_null(strstr(text, "tag=system"));
	assert_non_null(strstr(text, "nat /usr/bin/waypipe\n"));
	free(text);
}

int main(int argc, char *argv[]) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_walls),
		cmocka_unit_test(test_carrier),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_changing_system),
		cmocka_unit_test(test_backends),
	};
	if (argc == 2 && strcmp(argv[1], "--write") == 0) {
		return write_golden();
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
