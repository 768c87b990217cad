#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "instances/children.h"
#include "instances/process.h"

struct child {
	struct children *children;
	struct child *next; // children.list
	pid_t pid;
	struct loop_source *source;
	loop_child_handler handler; /* NULL: forgotten */
	void *data;
};

struct children {
	struct loop *loop;
	struct loop_source *signal_source;
	struct child *list;
};

static bool is_known(const struct children *children, pid_t pid) {
	for (const struct child *child = children->list; child != NULL; child = child->next) {
		if (child->pid == pid) {
			return true;
		}
	}
	return false;
}

/* An orphan that came to us and has ended. */
static void reap_stranger(void *data, const struct process *process) {
	struct children *children = data;
	if (process->is_zombie && !is_known(children, process->pid)) {
		waitpid(process->pid, NULL, WNOHANG);
	}
}

static void handle_sigchld(void *data, int signal_number) {
	process_for_each_child(reap_stranger, data);
}

struct children *children_create(struct loop *loop) {
	struct children *children = xcalloc(1, sizeof(*children));
	children->loop = loop;
	children->signal_source = loop_add_signal(loop, SIGCHLD, handle_sigchld, children);
	if (children->signal_source == NULL) {
		free(children);
		return NULL;
	}
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
		log_warn("programs that detach themselves are not ended with the session: %s", strerror(errno));
	}
	return children;
}

static void remove_child(struct child *child) {
	struct child **link = &child->children->list;
	while (*link != child) {
		link = &(*link)->next;
	}
	*link = child->next;
	loop_remove(child->source);
	free(child);
}

void children_destroy(struct children *children) {
	if (children == NULL) {
		return;
	}
	while (children->list != NULL) {
		remove_child(children->list);
	}
	loop_remove(children->signal_source);
	free(children);
}

static void handle_end(void *data, pid_t pid, int status) {
	struct child *child = data;
	loop_child_handler handler = child->handler;
	void *handler_data = child->data;
	child->source = NULL; /* the loop has removed it */
	remove_child(child);
	if (handler != NULL) {
		handler(handler_data, pid, status);
	}
}

struct child *children_watch(struct children *children, pid_t pid, loop_child_handler handler, void *data) {
	struct child *child = xcalloc(1, sizeof(*child));
	child->children = children;
	child->pid = pid;
	child->handler = handler;
	child->data = data;
	child->source = loop_add_child(children->loop, pid, handle_end, child);
	if (child->source == NULL) {
		free(child);
		return NULL;
	}
	child->next = children->list;
	children->list = child;
	return child;
}

void children_forget(struct child *child) {
	if (child != NULL) {
		child->handler = NULL;
	}
}

static void count_child(void *data, const struct process *process) {
	size_t *count = data;
	(*count)++;
}

size_t children_count(struct children *children) {
	size_t count = 0;
	process_for_each_child(count_child, &count);
	return count;
}

static void signal_child(void *data, const struct process *process) {
	const int *signal_number = data;
	if (!process->is_zombie) {
		kill(process->pid, *signal_number);
	}
}

void children_signal(struct children *children, int signal_number) {
	process_for_each_child(signal_child, &signal_number);
}
