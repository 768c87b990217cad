#include "compositor/alarm.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/memory.h"

#define SECOND 1000000000LL

struct alarm {
	int fd;
	struct wl_event_source *source;
	int64_t at; /* 0 while it is not set */
};

static int handle_time(int fd, uint32_t mask, void *data) {
	struct alarm *alarm = data;
	uint64_t times;
	if (read(fd, &times, sizeof(times)) > 0) {
		alarm->at = 0;
	}
	return 0;
}

void alarm_set(struct alarm *alarm, int64_t at) {
	if (at == alarm->at || (at != 0 && alarm->at != 0 && alarm->at < at)) {
		return; /* it comes early, and is set anew then: that is cheaper than a call in each turn */
	}
	alarm->at = at;
	const struct itimerspec when = {.it_value = {.tv_sec = at / SECOND, .tv_nsec = at % SECOND}};
	timerfd_settime(alarm->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

struct alarm *alarm_create(struct wl_event_loop *loop) {
	struct alarm *alarm = xcalloc(1, sizeof(*alarm));
	alarm->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (alarm->fd >= 0) {
		alarm->source = wl_event_loop_add_fd(loop, alarm->fd, WL_EVENT_READABLE, handle_time, alarm);
	}
	if (alarm->source == NULL) {
		fd_close(&alarm->fd);
		free(alarm);
		return NULL;
	}
	return alarm;
}

void alarm_destroy(struct alarm *alarm) {
	if (alarm == NULL) {
		return;
	}
	wl_event_source_remove(alarm->source);
	fd_close(&alarm->fd);
	free(alarm);
}
