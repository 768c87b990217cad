#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/memory.h"
#include "instances/process.h"

#define PROCESSES_MAX 65536
#define CHILDREN_SIZE_MAX (1024 * 1024)

bool process_parse(const char *untrusted_stat, struct process *process) {
	const char *name_end = strrchr(untrusted_stat, ')');
	int pid, parent;
	char state;
	if (name_end == NULL || sscanf(untrusted_stat, "%d (", &pid) != 1 ||
		sscanf(name_end, ") %c %d ", &state, &parent) != 2 || pid <= 0 || parent < 0) {
		return false;
	}
	*process = (struct process){ .pid = pid, .parent = parent, .is_zombie = state == 'Z' || state == 'X' };
	return true;
}

pid_t process_parse_pid(const char *untrusted_text) {
	char *end;
	errno = 0;
	long pid = untrusted_text[0] >= '1' && untrusted_text[0] <= '9' ? strtol(untrusted_text, &end, 10) : 0;
	return errno == 0 && pid > 1 && pid <= INT_MAX ? (pid_t)pid : 0;
}

/* Reads the start of /proc/PID/FILE as a string. */
static bool read_file(pid_t pid, const char *file, char *out, size_t size) {
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return false;
	}
	ssize_t n = read(fd, out, size - 1);
	fd_close(&fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

void process_for_each(process_visitor visit, void *data) {
	DIR *proc = opendir("/proc");
	if (proc == NULL) {
		return;
	}
	for (struct dirent *entry; (entry = readdir(proc)) != NULL;) {
		char stat[1024];
		struct process process;
		int pid = atoi(entry->d_name);
		if (pid > 0 && read_file(pid, "stat", stat, sizeof(stat)) && process_parse(stat, &process)) {
			visit(data, &process);
		}
	}
	closedir(proc);
}

/* Calls visit for those of the pids of a text, such as "12 34 ". */
static void visit_listed(const char *text, process_visitor visit, void *data) {
	char *end;
	for (long pid = strtol(text, &end, 10); end != text; pid = strtol(text, &end, 10)) {
		char stat[1024];
		struct process process;
		text = end;
		if (read_file((pid_t)pid, "stat", stat, sizeof(stat)) && process_parse(stat, &process)) {
			visit(data, &process);
		}
	}
}

static void keep_own(void *data, const struct process *process) {
	const struct {
		process_visitor visit;
		void *data;
	} *inner = data;
	if (process->parent == getpid()) {
		inner->visit(inner->data, process);
	}
}

void process_for_each_child(process_visitor visit, void *data) {
	size_t size;
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	char *text = fd >= 0 ? fd_read_all(fd, CHILDREN_SIZE_MAX, &size) : NULL;
	fd_close(&fd);
	if (text != NULL) {
		visit_listed(text, visit, data);
	} else {
		/* A kernel without that list. */
		struct {
			process_visitor visit;
			void *data;
		} inner = { visit, data };
		process_for_each(keep_own, &inner);
	}
	free(text);
}

/* ---- usage ---- */

struct tree {
	struct process *list;
	size_t len, capacity;
};

static void remember(void *data, const struct process *process) {
	struct tree *tree = data;
	if (tree->len >= PROCESSES_MAX) {
		return;
	}
	if (tree->len == tree->capacity) {
		tree->capacity = tree->capacity == 0 ? 256 : tree->capacity * 2;
		tree->list = xrealloc_array(tree->list, tree->capacity, sizeof(*tree->list));
	}
	tree->list[tree->len++] = *process;
}

/* By statm: smaps would wait for a lock that the process can hold for as long as it likes. */
static uint64_t measure_memory(pid_t pid) {
	char text[256];
	unsigned long long size, resident, shared;
	if (!read_file(pid, "statm", text, sizeof(text)) ||
		sscanf(text, "%llu %llu %llu", &size, &resident, &shared) != 3 || resident < shared) {
		return 0;
	}
	return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

struct process_usage process_measure(pid_t root) {
	struct process_usage usage = { 0 };
	struct tree tree = { 0 };
	if (root <= 0) {
		return usage;
	}
	process_for_each(remember, &tree);

	/* Generation by generation: ours[] is a queue of pids whose children have still to be found. */
	pid_t *ours = xcalloc(tree.len + 1, sizeof(*ours));
	size_t ours_len = 0;
	ours[ours_len++] = root;
	for (size_t next = 0; next < ours_len; next++) {
		for (size_t i = 0; i < tree.len && ours_len <= tree.len; i++) {
			if (tree.list[i].parent == ours[next] && !tree.list[i].is_zombie && tree.list[i].pid != root) {
				ours[ours_len++] = tree.list[i].pid;
			}
		}
	}
	for (size_t i = 0; i < ours_len; i++) {
		usage.memory += measure_memory(ours[i]);
	}
	usage.processes = (uint32_t)ours_len;
	free(ours);
	free(tree.list);
	return usage;
}
