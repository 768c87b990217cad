#include "compositor/clock.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"

struct minutes {
	int fd;
	struct wl_event_source *source;
	void (*handler)(void *data);
	void *data;
};

/* By the wall clock: a timer that counts up would stand still while the machine sleeps. timerfd_create(2). */
static void arm(struct minutes *minutes) {
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	struct itimerspec next = {.it_value = {.tv_sec = (now.tv_sec / 60 + 1) * 60}};
	if (timerfd_settime(minutes->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &next, NULL) < 0) {
		log_error("the clock's timer cannot be set: the time shown will stand still");
	}
}

static int handle_timer(int fd, uint32_t mask, void *data) {
	struct minutes *minutes = data;
	uint64_t count;
	/* Fails with ECANCELED where the clock was set, which is news too. */
	(void)!read(fd, &count, sizeof(count));
	arm(minutes);
	minutes->handler(minutes->data);
	return 0;
}

struct minutes *minutes_create(struct wl_event_loop *loop, void (*handler)(void *data), void *data) {
	struct minutes *minutes = xcalloc(1, sizeof(*minutes));
	minutes->handler = handler;
	minutes->data = data;
	minutes->fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (minutes->fd < 0) {
		goto error;
	}
	minutes->source = wl_event_loop_add_fd(loop, minutes->fd, WL_EVENT_READABLE, handle_timer, minutes);
	if (minutes->source == NULL) {
		close(minutes->fd);
		goto error;
	}
	arm(minutes);
	return minutes;

error:
	log_error("no timer for the clock: the time shown will stand still");
	free(minutes);
	return NULL;
}

void minutes_destroy(struct minutes *minutes) {
	if (minutes == NULL) {
		return;
	}
	wl_event_source_remove(minutes->source);
	close(minutes->fd);
	free(minutes);
}

const char *minutes_now(char *out, size_t size) {
	time_t now = time(NULL);
	struct tm local;
	localtime_r(&now, &local);
	if (strftime(out, size, "%H:%M", &local) == 0) {
		out[0] = '\0';
	}
	return out;
}
