#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "instances/facts.h"

#define GPUS_MAX 8
#define ZONEINFO "/usr/share/zoneinfo/"
#define CLOSURE_ZONEINFO "/etc/zoneinfo/" /* where Nix's C library looks */

static const char *const link_paths[] = { "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32" };

const char *const facts_source_paths[] = { "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt",
	"/var/cache/fontconfig",
	/* Of /etc, what programs need and what tells nothing of this machine's users. */
	"/etc/alternatives", "/etc/bash.bashrc", "/etc/bash_completion", "/etc/bash_completion.d", "/etc/bashrc",
	"/etc/ca-certificates", "/etc/ca-certificates.conf", "/etc/crypto-policies", "/etc/dconf", "/etc/fonts",
	"/etc/gai.conf", "/etc/glvnd", "/etc/gtk-2.0", "/etc/gtk-3.0", "/etc/gtk-4.0", "/etc/host.conf", "/etc/inputrc",
	"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/locale.alias", "/etc/locale.conf",
	"/etc/localtime", "/etc/mime.types", "/etc/nanorc", "/etc/os-release", "/etc/profile", "/etc/profile.d",
	"/etc/protocols", "/etc/services", "/etc/shells", "/etc/terminfo", "/etc/vim", "/etc/vulkan", "/etc/xdg",
	/* Of the directories with certificates, not the neighbours that hold private keys. */
	"/etc/pki/ca-trust/extracted", "/etc/pki/tls/cert.pem", "/etc/pki/tls/certs", "/etc/pki/tls/openssl.cnf",
	"/etc/ssl/cert.pem", "/etc/ssl/certs", "/etc/ssl/openssl.cnf", NULL };

/* Of the host, what programs of its need to run at all. */
static const char *const carrier_paths[] = { "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
	"/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", NULL };

/* Of /proc, what changes or controls the host's kernel. */
static const char *const proc_read_only[] = { "/proc/acpi", "/proc/bus", "/proc/driver", "/proc/fs", "/proc/irq",
	"/proc/mtrr", "/proc/scsi", "/proc/sys", "/proc/sysrq-trigger" };

/* Of /proc, what tells of the host's memory, keys and timing. */
static const char *const proc_hidden[] = { "/proc/kallsyms", "/proc/kcore", "/proc/key-users", "/proc/keys",
	"/proc/kmsg", "/proc/latency_stats", "/proc/sched_debug", "/proc/slabinfo", "/proc/timer_list",
	"/proc/vmallocinfo" };

static size_t keep_existing(const char *const *paths, size_t len, const char **kept) {
	size_t kept_len = 0;
	for (size_t i = 0; i < len; i++) {
		if (access(paths[i], F_OK) == 0) {
			kept[kept_len++] = paths[i];
		}
	}
	return kept_len;
}

/* The target of a symbolic link, or NULL where there is none. The caller frees it. */
static char *read_link(const char *path) {
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target) - 1);
	return length > 0 ? xstrndup(target, (size_t)length) : NULL;
}

/*
 * The path outside of what path leads to in the root, every link taken as the root's own. NULL where there is
 * nothing. The caller frees it.
 */
static char *resolve(int root_fd, const char *path) {
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
	if (fd < 0) {
		return NULL;
	}
	char link[64];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	char *source = read_link(link);
	fd_close(&fd);
	return source;
}

static bool exists(int root_fd, const char *path) {
	char *source = resolve(root_fd, path);
	free(source);
	return source != NULL;
}

/* True where path is a symbolic link into /usr, absolute or relative: it is made anew inside. */
static bool gather_link(struct plan_facts *facts, const char *root, const char *path) {
	bool known = false;
	for (size_t i = 0; i < sizeof(link_paths) / sizeof(link_paths[0]); i++) {
		known = known || strcmp(path, link_paths[i]) == 0;
	}
	char *whole = xasprintf("%s%s", root, path);
	char *target = known ? read_link(whole) : NULL;
	const char *relative = target;
	while (relative != NULL && *relative == '/') {
		relative++;
	}
	bool merged = relative != NULL && strncmp(relative, "usr/", 4) == 0;
	if (merged) {
		facts->links[facts->links_len++] = (struct plan_link){ .path = path, .target = xstrdup(relative) };
	}
	free(target);
	free(whole);
	return merged;
}

static void gather_sources(struct plan_facts *facts, const char *const *paths, const char *root, int root_fd) {
	for (const char *const *path = paths; *path != NULL; path++) {
		bool made = strcmp(*path, "/etc/localtime") == 0 && facts->timezone != NULL;
		char *source = made || gather_link(facts, root, *path) ? NULL : resolve(root_fd, *path);
		if (source != NULL) {
			facts->sources = xrealloc_array(facts->sources, facts->sources_len + 1, sizeof(*facts->sources));
			facts->sources[facts->sources_len++] = (struct plan_source){ .path = *path, .source = source };
		}
	}
}

static bool timezone_is_valid(const char *untrusted_name) {
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
	return untrusted_name[0] != '\0' && untrusted_name[0] != '/' && strlen(untrusted_name) < 64 &&
		strspn(untrusted_name, allowed) == strlen(untrusted_name);
}

static char *find_timezone(int root_fd, const char *zoneinfo) {
	const char *untrusted_tz = getenv("TZ");
	char *target = NULL;
	const char *untrusted_name = NULL;
	if (untrusted_tz != NULL) {
		untrusted_name = untrusted_tz[0] == ':' ? untrusted_tz + 1 : untrusted_tz;
	} else if ((target = read_link("/etc/localtime")) != NULL) {
		const char *below = strstr(target, "zoneinfo/");
		untrusted_name = below != NULL ? below + strlen("zoneinfo/") : NULL;
	}
	char *name = NULL;
	if (untrusted_name != NULL && timezone_is_valid(untrusted_name)) {
		char *path = xasprintf("%s%s", zoneinfo, untrusted_name);
		name = exists(root_fd, path) ? xstrdup(untrusted_name) : NULL;
		free(path);
	}
	free(target);
	return name;
}

/* Adds /dev/dri/NAME where it is a render node with a device behind it. */
static void gather_gpu(struct plan_facts *facts, const char *name) {
	struct stat status;
	struct plan_gpu gpu = { .node = xasprintf("/dev/dri/%s", name) };
	if (stat(gpu.node, &status) != 0 || !S_ISCHR(status.st_mode)) {
		goto drop;
	}
	gpu.link = xasprintf("/sys/dev/char/%u:%u", major(status.st_rdev), minor(status.st_rdev));
	gpu.link_target = read_link(gpu.link);
	char *device_link = xasprintf("%s/device", gpu.link);
	gpu.device = realpath(device_link, NULL);
	free(device_link);
	if (gpu.link_target == NULL || gpu.device == NULL || strncmp(gpu.device, "/sys/devices/", 13) != 0) {
		goto drop;
	}
	facts->gpus = xrealloc_array(facts->gpus, facts->gpus_len + 1, sizeof(*facts->gpus));
	facts->gpus[facts->gpus_len++] = gpu;
	return;

drop:
	free(gpu.node);
	free(gpu.link);
	free(gpu.link_target);
	free(gpu.device);
}

static int by_name(const struct dirent **a, const struct dirent **b) {
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_render_node(const struct dirent *entry) {
	return strncmp(entry->d_name, "renderD", 7) == 0;
}

static void gather_gpus(struct plan_facts *facts) {
	struct dirent **entries;
	int len = scandir("/dev/dri", &entries, is_render_node, by_name);
	for (int i = 0; i < len; i++) {
		if (facts->gpus_len < GPUS_MAX) {
			gather_gpu(facts, entries[i]->d_name);
		}
		free(entries[i]);
	}
	if (len >= 0) {
		free(entries);
	}
}

static void gather_locale(struct plan_facts *facts) {
	for (char **word = environ; *word != NULL; word++) {
		bool wanted = strncmp(*word, "LANG=", 5) == 0 || strncmp(*word, "LANGUAGE=", 9) == 0 ||
			strncmp(*word, "LC_", 3) == 0;
		if (wanted && strlen(*word) < 128 && utf8_is_line(*word, strlen(*word)) && strchr(*word, '/') == NULL) {
			words_add(&facts->locale, *word, NULL);
		}
	}
}

/* What does not depend on the root. */
static void gather_host(struct plan_facts *facts) {
	*facts = (struct plan_facts){ .is_root = geteuid() == 0 };
	struct sysinfo info;
	facts->memory = sysinfo(&info) == 0 ? (uint64_t)info.totalram * info.mem_unit : UINT64_C(1) << 30;
	gather_gpus(facts);
	facts->proc_read_only_len = keep_existing(
		proc_read_only, sizeof(proc_read_only) / sizeof(proc_read_only[0]), facts->proc_read_only);
	facts->proc_hidden_len = keep_existing(
		proc_hidden, sizeof(proc_hidden) / sizeof(proc_hidden[0]), facts->proc_hidden);
	gather_locale(facts);
}

void facts_gather(struct plan_facts *facts, const char *root) {
	gather_host(facts);
	int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	facts->timezone = find_timezone(root_fd, ZONEINFO);
	gather_sources(facts, facts_source_paths, strcmp(root, "/") == 0 ? "" : root, root_fd);
	facts->has_bus = exists(root_fd, "/usr/bin/dbus-daemon");
	facts->has_bash = exists(root_fd, "/bin/bash");
	facts->has_waypipe = exists(root_fd, "/usr/bin/waypipe");
	fd_close(&root_fd);
}

void facts_gather_closure(struct plan_facts *facts, const struct plan_closure *closure) {
	gather_host(facts);
	/* Its links lead elsewhere in the store, which only the whole file system holds. */
	int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *zoneinfo = xasprintf("%s" CLOSURE_ZONEINFO, closure->root);
	facts->timezone = find_timezone(root_fd, zoneinfo);
	free(zoneinfo);
	fd_close(&root_fd);
	facts->has_bus = closure->has_bus;
	facts->has_waypipe = closure->has_waypipe;
	facts->closure = closure;
}

void facts_gather_carrier(struct plan_facts *facts) {
	*facts = (struct plan_facts){ 0 };
	int root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	gather_sources(facts, carrier_paths, "", root_fd);
	fd_close(&root_fd);
}

void facts_finish(struct plan_facts *facts) {
	for (size_t i = 0; i < facts->sources_len; i++) {
		free(facts->sources[i].source);
	}
	free(facts->sources);
	for (size_t i = 0; i < facts->links_len; i++) {
		free(facts->links[i].target);
	}
	for (size_t i = 0; i < facts->gpus_len; i++) {
		free(facts->gpus[i].node);
		free(facts->gpus[i].device);
		free(facts->gpus[i].link);
		free(facts->gpus[i].link_target);
	}
	free(facts->gpus);
	free(facts->timezone);
	words_finish(&facts->locale);
	*facts = (struct plan_facts){ 0 };
}
