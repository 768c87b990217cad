#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "instances/bubblewrap.h"

#define MIB (UINT64_C(1024) * 1024)

/* Of the root's /etc, what programs need and what tells nothing about this machine or its users. */
static const char *const etc_entries[] = {
	"/etc/alternatives", "/etc/ca-certificates", "/etc/ca-certificates.conf", "/etc/crypto-policies", "/etc/dconf",
	"/etc/fonts", "/etc/gai.conf", "/etc/glvnd", "/etc/gtk-2.0", "/etc/gtk-3.0", "/etc/gtk-4.0", "/etc/host.conf",
	"/etc/inputrc", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/locale.alias",
	"/etc/locale.conf", "/etc/mime.types", "/etc/nanorc", "/etc/os-release", "/etc/profile", "/etc/profile.d",
	"/etc/bash.bashrc", "/etc/bashrc", "/etc/bash_completion", "/etc/bash_completion.d", "/etc/protocols",
	"/etc/services", "/etc/shells", "/etc/terminfo", "/etc/vim", "/etc/vulkan", "/etc/xdg",
	/* Of the directories with certificates, not the neighbours that hold private keys. */
	"/etc/pki/ca-trust/extracted", "/etc/pki/tls/cert.pem", "/etc/pki/tls/certs", "/etc/pki/tls/openssl.cnf",
	"/etc/ssl/cert.pem", "/etc/ssl/certs", "/etc/ssl/openssl.cnf",
};

/* PATH of the instance's root as it is called outside. The caller frees it. */
static char *outside(const struct plan *plan, const char *path) {
	return xasprintf("%s%s", strcmp(plan->root, "/") == 0 ? "" : plan->root, path);
}

static void bind_root_path(const struct plan *plan, struct words *arguments, const char *option, const char *path) {
	char *source = outside(plan, path);
	words_add(arguments, option, source, path, NULL);
	free(source);
}

static void add_tmpfs(struct words *arguments, const char *mode, uint64_t size, const char *path) {
	words_add(arguments, "--perms", mode, "--size", NULL);
	words_add_format(arguments, "%llu", (unsigned long long)size);
	words_add_format(arguments, "--tmpfs");
	words_add_format(arguments, "%s", path);
}

/* ---- the walls, in their order ---- */

static void add_namespaces(const struct plan *plan, struct words *arguments) {
	words_add(arguments, "--unshare-user", "--uid", NULL);
	words_add_format(arguments, "%d", INSIDE_UID);
	words_add_format(arguments, "--gid");
	words_add_format(arguments, "%d", INSIDE_UID);
	words_add(arguments, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", NULL);
	/* With `nat`, bwrap is started in a network namespace that is the instance's own already: see network.h. */
	if (plan->instance->network == NETWORK_NONE) {
		words_add(arguments, "--unshare-net", NULL);
	}
	words_add(arguments, "--disable-userns", NULL);
	words_add(arguments, "--hostname", plan->instance->name, NULL);
	words_add(arguments, "--cap-drop", "ALL", NULL);
	words_add(arguments, "--new-session", NULL);
	words_add(arguments, "--die-with-parent", NULL);
	words_add(arguments, "--as-pid-1", NULL);
	words_add(arguments, "--clearenv", NULL);
}

static void add_system(const struct plan *plan, struct words *arguments) {
	const struct plan_facts *facts = plan->facts;
	bind_root_path(plan, arguments, "--ro-bind", "/usr");
	for (size_t i = 0; i < facts->links_len; i++) {
		const struct plan_link *link = &facts->links[i];
		if (link->target != NULL) {
			words_add(arguments, "--symlink", link->target, link->path, NULL);
		} else {
			bind_root_path(plan, arguments, "--ro-bind", link->path);
		}
	}
	bind_root_path(plan, arguments, "--ro-bind-try", "/opt");
	bind_root_path(plan, arguments, "--ro-bind-try", "/var/cache/fontconfig");
}

static void add_proc(const struct plan *plan, struct words *arguments) {
	const struct plan_facts *facts = plan->facts;
	words_add(arguments, "--proc", "/proc", NULL);
	/* Where the supervisor runs as root, the files of /proc take an instance's programs for root's. */
	for (size_t i = 0; i < facts->proc_read_only_len; i++) {
		words_add(arguments, "--ro-bind", facts->proc_read_only[i], facts->proc_read_only[i], NULL);
	}
	for (size_t i = 0; i < facts->proc_hidden_len; i++) {
		words_add(arguments, "--ro-bind", "/dev/null", facts->proc_hidden[i], NULL);
	}
}

static void add_devices(const struct plan *plan, struct words *arguments) {
	const struct plan_facts *facts = plan->facts;
	words_add(arguments, "--dev", "/dev", NULL);
	add_tmpfs(arguments, "1777", facts->memory / 8, "/dev/shm");
	if (plan->instance->grants & GRANT_GPU) {
		/* Render nodes alone: a card node could take the screen. Drivers find theirs through /sys. */
		for (size_t i = 0; i < facts->gpus_len; i++) {
			const struct plan_gpu *gpu = &facts->gpus[i];
			words_add(arguments, "--dev-bind", gpu->node, gpu->node, NULL);
			words_add(arguments, "--ro-bind", gpu->device, gpu->device, NULL);
			words_add(arguments, "--symlink", gpu->link_target, gpu->link, NULL);
		}
	}
	words_add(arguments, "--remount-ro", "/dev", NULL);
}

static void add_temporary(const struct plan *plan, struct words *arguments) {
	uint64_t memory = plan->facts->memory;
	add_tmpfs(arguments, "1777", memory / 4, "/tmp");
	words_add(arguments, "--symlink", "../tmp", "/var/tmp", NULL);
	add_tmpfs(arguments, "0755", 64 * MIB, "/run");
	words_add(arguments, "--symlink", "../run", "/var/run", NULL);
	words_add(arguments, "--perms", "0700", "--dir", INSIDE_RUNTIME, NULL);
}

static void add_etc(const struct plan *plan, struct words *arguments) {
	for (size_t i = 0; i < sizeof(etc_entries) / sizeof(etc_entries[0]); i++) {
		bind_root_path(plan, arguments, "--ro-bind-try", etc_entries[i]);
	}
	if (plan->facts->timezone != NULL) {
		words_add(arguments, "--symlink", NULL);
		words_add_format(arguments, "/usr/share/zoneinfo/%s", plan->facts->timezone);
		words_add_format(arguments, "/etc/localtime");
	} else {
		words_add(arguments, "--ro-bind-try", "/etc/localtime", "/etc/localtime", NULL);
	}
	for (size_t i = 0; i < plan->etc_len; i++) {
		words_add(arguments, "--ro-bind-data", NULL);
		words_add_format(arguments, "%d", PLAN_FD_ETC + (int)i);
		words_add_format(arguments, "%s", plan->etc[i].path);
	}
}

static void add_home(const struct plan *plan, struct words *arguments) {
	add_tmpfs(arguments, "0700", plan->facts->memory / 4, INSIDE_HOME);
	for (size_t i = 0; i < plan->binds_len; i++) {
		const struct plan_bind *bind = &plan->binds[i];
		words_add(arguments, bind->writable ? "--bind-fd" : "--ro-bind-fd", NULL);
		words_add_format(arguments, "%d", bind->fd);
		words_add_format(arguments, "%s", bind->destination);
	}
}

static void add_cofferdam(const struct plan *plan, struct words *arguments) {
	words_add(arguments, "--ro-bind", plan->socket, INSIDE_RUNTIME "/" INSIDE_DISPLAY, NULL);
	words_add(arguments, "--ro-bind", plan->init_program, INSIDE_INIT, NULL);
	words_add(arguments, "--remount-ro", "/", NULL);
	words_add(arguments, "--chdir", INSIDE_HOME, NULL);
	words_add(arguments, "--seccomp", NULL);
	words_add_format(arguments, "%d", PLAN_FD_SECCOMP);
	words_add(arguments, "--info-fd", NULL);
	words_add_format(arguments, "%d", PLAN_FD_INFO);
	words_add(arguments, "--", INSIDE_INIT, NULL);
	words_add_format(arguments, "%d", PLAN_FD_INIT);
}

void bubblewrap_arguments(const struct plan *plan, struct words *arguments) {
	words_add(arguments, "bwrap", NULL);
	add_namespaces(plan, arguments);
	add_system(plan, arguments);
	add_proc(plan, arguments);
	add_devices(plan, arguments);
	add_temporary(plan, arguments);
	add_etc(plan, arguments);
	add_home(plan, arguments);
	add_cofferdam(plan, arguments);
}
