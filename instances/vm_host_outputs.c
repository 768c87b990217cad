#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "instances/vm_host_outputs.h"
#include "instances/vm_pump.h"

enum state {
	FREE = 0,
	EXPECTED, /* has its `to` */
	OPEN,
};

struct output {
	enum state state;
	uint32_t id;
	enum vm_output which;
	struct vm_pump pump;
};

/* A connection of which nothing is known. */
struct newcomer {
	int fd;
	size_t length;
	unsigned char untrusted_header[sizeof(struct vm_output_header)];
};

struct vm_outputs {
	int listen_fd;
	struct newcomer newcomers[VM_NEWCOMERS_MAX]; /* the oldest first */
	size_t newcomers_len;
	struct output outputs[VM_OUTPUTS_MAX];
	/* What vm_outputs_prepare() asked, in its order: the listener, newcomers, open outputs. */
	size_t polled_newcomers, polled_len;
	struct output *polled[VM_OUTPUTS_MAX];
};

struct vm_outputs *vm_outputs_create(int listen_fd) {
	struct vm_outputs *outputs = calloc(1, sizeof(*outputs));
	if (outputs == NULL) {
		close(listen_fd);
		return NULL;
	}
	outputs->listen_fd = listen_fd;
	return outputs;
}

static void free_output(struct output *output) {
	if (output->state != FREE) {
		vm_pump_finish(&output->pump);
		output->state = FREE;
	}
}

void vm_outputs_destroy(struct vm_outputs *outputs) {
	if (outputs == NULL) {
		return;
	}
	for (size_t i = 0; i < outputs->newcomers_len; i++) {
		close(outputs->newcomers[i].fd);
	}
	for (size_t i = 0; i < VM_OUTPUTS_MAX; i++) {
		free_output(&outputs->outputs[i]);
	}
	close(outputs->listen_fd);
	free(outputs);
}

/* ---- what the supervisor gives ---- */

static struct output *find_output(struct vm_outputs *outputs, enum state state, uint32_t id, uint32_t which) {
	for (size_t i = 0; i < VM_OUTPUTS_MAX; i++) {
		struct output *output = &outputs->outputs[i];
		if (output->state == state && (state == FREE || (output->id == id && output->which == which))) {
			return output;
		}
	}
	return NULL;
}

int vm_outputs_expect(struct vm_outputs *outputs, uint32_t id, enum vm_output which, int fd) {
	char path[32];
	struct output *output = find_output(outputs, FREE, 0, 0);
	if (output == NULL || find_output(outputs, EXPECTED, id, which) != NULL) {
		return EAGAIN;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int to = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (to < 0) {
		return errno;
	}
	output->state = EXPECTED;
	output->id = id;
	output->which = which;
	output->pump.from = -1;
	output->pump.to = to;
	return 0;
}

/* ---- what the guest connects ---- */

static void remove_newcomer(struct vm_outputs *outputs, size_t index) {
	outputs->newcomers_len--;
	memmove(&outputs->newcomers[index], &outputs->newcomers[index + 1],
		(outputs->newcomers_len - index) * sizeof(outputs->newcomers[0]));
}

static void take_connections(struct vm_outputs *outputs) {
	/* As many as there is room for in one turn: the others wait. */
	for (size_t i = 0; i < VM_NEWCOMERS_MAX; i++) {
		int fd = accept4(outputs->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			return;
		}
		if (outputs->newcomers_len == VM_NEWCOMERS_MAX) {
			close(outputs->newcomers[0].fd);
			remove_newcomer(outputs, 0);
		}
		outputs->newcomers[outputs->newcomers_len++] = (struct newcomer){ .fd = fd };
	}
}

/* Returns false where the newcomer is none any more: it has its place, or is closed. */
static bool hear_newcomer(struct vm_outputs *outputs, struct newcomer *newcomer) {
	struct vm_output_header untrusted;
	ssize_t n = read(newcomer->fd, newcomer->untrusted_header + newcomer->length, sizeof(untrusted) - newcomer->length);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
		return true;
	}
	if (n <= 0) {
		close(newcomer->fd);
		return false;
	}
	newcomer->length += (size_t)n;
	if (newcomer->length < sizeof(untrusted)) {
		return true;
	}
	memcpy(&untrusted, newcomer->untrusted_header, sizeof(untrusted));
	struct output *output = find_output(outputs, EXPECTED, untrusted.id, untrusted.which);
	if (output == NULL) {
		close(newcomer->fd);
		return false;
	}
	vm_pump_init(&output->pump, newcomer->fd, output->pump.to);
	output->state = OPEN;
	return false;
}

static void hear_newcomers(struct vm_outputs *outputs) {
	for (size_t i = 0; i < outputs->newcomers_len;) {
		if (hear_newcomer(outputs, &outputs->newcomers[i])) {
			i++;
		} else {
			remove_newcomer(outputs, i);
		}
	}
}

void vm_outputs_catch_up(struct vm_outputs *outputs) {
	take_connections(outputs);
	hear_newcomers(outputs);
}

void vm_outputs_settle(struct vm_outputs *outputs, uint32_t id) {
	vm_outputs_catch_up(outputs);
	for (size_t i = 0; i < VM_OUTPUTS_MAX; i++) {
		struct output *output = &outputs->outputs[i];
		if (output->state == EXPECTED && output->id == id) {
			free_output(output);
		}
	}
}

/* ---- the turn ---- */

nfds_t vm_outputs_prepare(struct vm_outputs *outputs, struct pollfd *polls) {
	nfds_t len = 0;
	polls[len++] = (struct pollfd){ .fd = outputs->listen_fd, .events = POLLIN };
	for (size_t i = 0; i < outputs->newcomers_len; i++) {
		polls[len++] = (struct pollfd){ .fd = outputs->newcomers[i].fd, .events = POLLIN };
	}
	outputs->polled_newcomers = outputs->newcomers_len;
	outputs->polled_len = 0;
	for (size_t i = 0; i < VM_OUTPUTS_MAX; i++) {
		struct output *output = &outputs->outputs[i];
		if (output->state == OPEN) {
			vm_pump_prepare(&output->pump, &polls[len]);
			len += VM_PUMP_POLLS;
			outputs->polled[outputs->polled_len++] = output;
		}
	}
	return len;
}

void vm_outputs_handle(struct vm_outputs *outputs, const struct pollfd *polls, nfds_t len) {
	nfds_t at = 1 + outputs->polled_newcomers;
	for (size_t i = 0; i < outputs->polled_len; i++, at += VM_PUMP_POLLS) {
		if (!vm_pump_run(&outputs->polled[i]->pump, &polls[at])) {
			free_output(outputs->polled[i]);
		}
	}
	if (polls[0].revents != 0) {
		take_connections(outputs);
	}
	/* Each is asked: they are few, and one that has said nothing costs one call. */
	hear_newcomers(outputs);
	outputs->polled_len = outputs->polled_newcomers = 0;
}

bool vm_outputs_are_open(const struct vm_outputs *outputs) {
	for (size_t i = 0; i < VM_OUTPUTS_MAX; i++) {
		if (outputs->outputs[i].state == OPEN) {
			return true;
		}
	}
	return outputs->newcomers_len > 0;
}
