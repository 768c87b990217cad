#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "instances/launcher.h"
#include "instances/network.h"
#include "instances/plan.h"
#include "instances/process.h"

struct network {
	struct children *children;
	const struct network_handler *handler;
	void *data;
	char *pid_file;
	pid_t starter_pid, daemon_pid; /* 0 where there is none */
	struct child *starter, *daemon;
};

void network_arguments(pid_t pid, bool is_root, const char *pid_file, struct words *arguments) {
	words_add(arguments, "pasta", "--quiet", NULL);
	words_add(arguments, "--config-net", NULL);
	/* No port in, no port out to the host's loopback, and no address that stands for the host. */
	words_add(arguments, "--tcp-ports", "none", "--udp-ports", "none", NULL);
	words_add(arguments, "--tcp-ns", "none", "--udp-ns", "none", NULL);
	words_add(arguments, "--no-map-gw", NULL);
	words_add(arguments, "--dns-forward", INSIDE_RESOLVER, NULL);
	words_add(arguments, "--pid", pid_file, NULL);
	if (is_root) {
		/* As nobody, which it would become, it may not enter our namespaces. */
		words_add(arguments, "--runas", "0:0", NULL);
	}
	words_add(arguments, "--userns", NULL);
	words_add_format(arguments, "/proc/%d/ns/user", (int)pid);
	words_add(arguments, "--netns", NULL);
	words_add_format(arguments, "/proc/%d/ns/net", (int)pid);
}

static void handle_daemon_end(void *data, pid_t pid, int status) {
	struct network *network = data;
	network->daemon = NULL;
	network->daemon_pid = 0;
	network->handler->failed(network->data, "network: pasta has ended: start the instance again");
}

/* 0 where the file does not hold a pid. */
static pid_t read_pid(const char *path) {
	size_t size;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char *text = fd >= 0 ? fd_read_all(fd, 64, &size) : NULL;
	pid_t pid = text != NULL ? process_parse_pid(text) : 0;
	free(text);
	fd_close(&fd);
	return pid;
}

/* pasta goes into the background when the network is there; we are a subreaper, so it comes back to us. */
static void handle_starter_end(void *data, pid_t pid, int status) {
	struct network *network = data;
	network->starter = NULL;
	network->starter_pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		network->handler->failed(network->data, "network: pasta failed");
		return;
	}
	network->daemon_pid = read_pid(network->pid_file);
	network->daemon = network->daemon_pid > 0
		? children_watch(network->children, network->daemon_pid, handle_daemon_end, network)
		: NULL;
	if (network->daemon == NULL) {
		network->daemon_pid = 0;
		network->handler->failed(network->data, "network: pasta did not stay");
		return;
	}
	network->handler->ready(network->data);
}

struct network *network_create(struct children *children, pid_t pid, const char *pid_file, int output_fd,
	const struct network_handler *handler, void *data, char *reason, size_t size) {
	struct words arguments = { 0 }, environment = { 0 };
	const struct launch_fd fds[] = { { output_fd, STDOUT_FILENO }, { output_fd, STDERR_FILENO } };
	unlink(pid_file);
	network_arguments(pid, geteuid() == 0, pid_file, &arguments);
	const char *path = getenv("PATH");
	words_set(&environment, "PATH", path != NULL ? path : "/usr/bin:/bin");
	const struct launch launch = {
		.argv = arguments.list,
		.environment = environment.list,
		.fds = fds,
		.fds_len = 2,
		.new_session = true,
	};

	char cause[256];
	struct network *network = NULL;
	pid_t starter = launch_program(&launch, cause, sizeof(cause));
	if (starter < 0) {
		snprintf(reason, size, "network nat needs pasta (package passt): %s", cause);
		goto out;
	}
	network = xcalloc(1, sizeof(*network));
	network->children = children;
	network->handler = handler;
	network->data = data;
	network->pid_file = xstrdup(pid_file);
	network->starter_pid = starter;
	network->starter = children_watch(children, starter, handle_starter_end, network);
	if (network->starter == NULL) {
		snprintf(reason, size, "network: pasta cannot be watched");
		network_destroy(network);
		network = NULL;
	}

out:
	words_finish(&arguments);
	words_finish(&environment);
	return network;
}

void network_destroy(struct network *network) {
	if (network == NULL) {
		return;
	}
	/* Both are ours and not yet reaped, so the numbers are theirs. */
	if (network->starter_pid > 0) {
		kill(network->starter_pid, SIGKILL);
	}
	if (network->daemon_pid > 0) {
		kill(network->daemon_pid, SIGKILL);
	}
	children_forget(network->starter);
	children_forget(network->daemon);
	unlink(network->pid_file);
	free(network->pid_file);
	free(network);
}
