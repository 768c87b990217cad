#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "base/memory.h"
#include "base/utf8.h"
#include "instances/facts.h"

#define GPUS_MAX 8
#define ZONEINFO "/usr/share/zoneinfo/"

static const char *const link_paths[] = { "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32" };

/* Of /proc, what changes or controls the host's kernel. */
static const char *const proc_read_only[] = {
	"/proc/acpi", "/proc/bus", "/proc/driver", "/proc/fs", "/proc/irq", "/proc/mtrr", "/proc/scsi", "/proc/sys",
	"/proc/sysrq-trigger",
};

/* Of /proc, what tells of the host's memory, keys and timing. */
static const char *const proc_hidden[] = {
	"/proc/kallsyms", "/proc/kcore", "/proc/key-users", "/proc/keys", "/proc/kmsg", "/proc/latency_stats",
	"/proc/sched_debug", "/proc/slabinfo", "/proc/timer_list", "/proc/vmallocinfo",
};

static size_t keep_existing(const char *const *paths, size_t len, const char **kept) {
	size_t kept_len = 0;
	for (size_t i = 0; i < len; i++) {
		if (access(paths[i], F_OK) == 0) {
			kept[kept_len++] = paths[i];
		}
	}
	return kept_len;
}

static bool exists_below(const char *root, const char *path) {
	char *whole = xasprintf("%s%s", root, path);
	bool exists = access(whole, F_OK) == 0;
	free(whole);
	return exists;
}

/* The target of a symbolic link, or NULL where there is none. The caller frees it. */
static char *read_link(const char *path) {
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target) - 1);
	return length > 0 ? xstrndup(target, (size_t)length) : NULL;
}

static void gather_links(struct plan_facts *facts, const char *root) {
	for (size_t i = 0; i < sizeof(link_paths) / sizeof(link_paths[0]); i++) {
		char *path = xasprintf("%s%s", root, link_paths[i]);
		char *target = read_link(path);
		/* Merged into /usr, absolute or relative; anywhere else, it is bound as what it leads to. */
		char *relative = target;
		while (relative != NULL && *relative == '/') {
			relative++;
		}
		bool merged = relative != NULL && strncmp(relative, "usr/", 4) == 0;
		if (merged || access(path, F_OK) == 0) {
			facts->links[facts->links_len++] =
				(struct plan_link){ .path = link_paths[i], .target = merged ? xstrdup(relative) : NULL };
		}
		free(target);
		free(path);
	}
}

static bool timezone_is_valid(const char *untrusted_name) {
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";
	return untrusted_name[0] != '\0' && untrusted_name[0] != '/' && strlen(untrusted_name) < 64 &&
		strspn(untrusted_name, allowed) == strlen(untrusted_name);
}

static char *find_timezone(const char *root) {
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
		char *path = xasprintf("%s%s", ZONEINFO, untrusted_name);
		name = exists_below(root, path) ? xstrdup(untrusted_name) : NULL;
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

void facts_gather(struct plan_facts *facts, const char *root) {
	const char *prefix = strcmp(root, "/") == 0 ? "" : root;
	*facts = (struct plan_facts){ .is_root = geteuid() == 0 };
	struct sysinfo info;
	facts->memory = sysinfo(&info) == 0 ? (uint64_t)info.totalram * info.mem_unit : UINT64_C(1) << 30;
	gather_links(facts, prefix);
	facts->timezone = find_timezone(prefix);
	gather_gpus(facts);
	facts->proc_read_only_len =
		keep_existing(proc_read_only, sizeof(proc_read_only) / sizeof(proc_read_only[0]), facts->proc_read_only);
	facts->proc_hidden_len =
		keep_existing(proc_hidden, sizeof(proc_hidden) / sizeof(proc_hidden[0]), facts->proc_hidden);
	facts->has_bus = exists_below(prefix, "/usr/bin/dbus-daemon");
	facts->has_bash = exists_below(prefix, "/bin/bash");
	gather_locale(facts);
}

void facts_finish(struct plan_facts *facts) {
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
