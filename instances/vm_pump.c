#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "instances/vm_pump.h"

/* Buffers moved in one turn: the others are waiting. */
#define TURN_MAX 4

void vm_pump_init(struct vm_pump *pump, int from, int to) {
	pump->from = from;
	pump->to = to;
	pump->start = pump->end = 0;
	int flags = fcntl(from, F_GETFL);
	if (flags >= 0) {
		fcntl(from, F_SETFL, flags | O_NONBLOCK);
	}
}

void vm_pump_finish(struct vm_pump *pump) {
	if (pump->from >= 0) {
		close(pump->from);
	}
	if (pump->to >= 0) {
		close(pump->to);
	}
	pump->from = pump->to = -1;
}

void vm_pump_prepare(const struct vm_pump *pump, struct pollfd polls[VM_PUMP_POLLS]) {
	bool is_full = pump->end > pump->start;
	/* A writer that has hung up would be told again and again while its last words wait: it is not asked then. */
	polls[0] = (struct pollfd){ .fd = is_full ? -1 : pump->from, .events = POLLIN };
	/* That nobody reads any more: a pipe tells it unasked, a socket by POLLRDHUP. */
	polls[1] = (struct pollfd){ .fd = pump->to, .events = (is_full ? POLLOUT : 0) | POLLRDHUP };
}

static bool is_for_later(ssize_t n) {
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

bool vm_pump_run(struct vm_pump *pump, const struct pollfd polls[VM_PUMP_POLLS]) {
	if (polls[0].revents == 0 && polls[1].revents == 0) {
		return true;
	}
	if (polls[1].revents & (POLLERR | POLLHUP | POLLRDHUP | POLLNVAL)) {
		return false;
	}
	for (int i = 0; i < TURN_MAX; i++) {
		if (pump->start == pump->end) {
			ssize_t n = read(pump->from, pump->buffer, sizeof(pump->buffer));
			if (is_for_later(n)) {
				return true;
			}
			if (n <= 0) {
				return false;
			}
			pump->start = 0;
			pump->end = (size_t)n;
		}
		ssize_t n = write(pump->to, pump->buffer + pump->start, pump->end - pump->start);
		if (is_for_later(n)) {
			return true;
		}
		if (n <= 0) {
			return false;
		}
		pump->start += (size_t)n;
	}
	return true;
}
