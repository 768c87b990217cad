#include <errno.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "instances/vm_guest_machine.h"
#include "instances/vm_guest_outputs.h"
#include "instances/vm_pump.h"

struct vm_guest_outputs {
	struct vm_pump pumps[VM_GUEST_OUTPUTS_MAX]; /* those before len */
	size_t len;
};

struct vm_guest_outputs *vm_guest_outputs_create(void) {
	return calloc(1, sizeof(struct vm_guest_outputs));
}

int vm_guest_connect(unsigned int port) {
	const struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = port };
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* Returns the end to write to, or -1 with errno set. */
static int open_output(struct vm_guest_outputs *outputs, uint32_t id, enum vm_output which) {
	const struct vm_output_header header = { .id = id, .which = which };
	int pipe_fds[2], fd;
	if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
		return -1;
	}
	/* Its own to the program, which may open /dev/stderr anew. */
	fd = fchown(pipe_fds[1], VM_GUEST_UID, VM_GUEST_UID) == 0 ? vm_guest_connect(VM_PORT_OUTPUT) : -1;
	if (fd < 0) {
		goto fail;
	}
	if (send(fd, &header, sizeof(header), MSG_NOSIGNAL) != (ssize_t)sizeof(header) ||
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) {
		int error = errno;
		close(fd);
		errno = error;
		goto fail;
	}
	vm_pump_init(&outputs->pumps[outputs->len++], pipe_fds[0], fd);
	return pipe_fds[1];

fail:;
	int error = errno;
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	errno = error;
	return -1;
}

int vm_guest_outputs_open(struct vm_guest_outputs *outputs, uint32_t id, int count, int fds[INIT_FDS_MAX]) {
	if (outputs->len + (size_t)count > VM_GUEST_OUTPUTS_MAX) {
		return EAGAIN;
	}
	fds[0] = open_output(outputs, id, VM_OUTPUT_STANDARD);
	if (fds[0] < 0) {
		return errno;
	}
	fds[1] = count == 1 ? fds[0] : open_output(outputs, id, VM_OUTPUT_ERROR);
	if (fds[1] < 0) {
		int error = errno;
		close(fds[0]); /* and its pump is at its end */
		return error;
	}
	return 0;
}

nfds_t vm_guest_outputs_prepare(struct vm_guest_outputs *outputs, struct pollfd *polls) {
	for (size_t i = 0; i < outputs->len; i++) {
		vm_pump_prepare(&outputs->pumps[i], polls + i * VM_PUMP_POLLS);
	}
	return outputs->len * VM_PUMP_POLLS;
}

void vm_guest_outputs_handle(struct vm_guest_outputs *outputs, const struct pollfd *polls) {
	size_t kept = 0;
	for (size_t i = 0; i < outputs->len; i++) {
		struct vm_pump *pump = &outputs->pumps[i];
		if (!vm_pump_run(pump, polls + i * VM_PUMP_POLLS)) {
			vm_pump_finish(pump);
		} else if (kept++ != i) {
			outputs->pumps[kept - 1] = *pump;
		}
	}
	outputs->len = kept;
}

bool vm_guest_outputs_are_open(const struct vm_guest_outputs *outputs) {
	return outputs->len > 0;
}
