#include <fcntl.h>
#include <stdio.h>
#include "base/fd.h"
#include "instances/quota.h"
#include "store/layout.h"
#include "store/walk.h"

static const struct walk_limits limits = { .entries = 500000, .depth = WALK_DEPTH_MAX, .milliseconds = 100 };

bool quota_is_over(struct store *store, const struct config_instance *instance, uint64_t *bytes) {
	char reason[512];
	struct walk_size size = { 0 };
	*bytes = 0;
	if (instance->state_limit == 0) {
		return false;
	}
	int fd = store_enter_instance(store, instance->name, false, reason, sizeof(reason));
	if (fd >= 0 && walk_measure(fd, LAYOUT_HOME, &limits, &size)) {
		*bytes = size.bytes;
	}
	fd_close(&fd);
	return *bytes > instance->state_limit;
}

const char *quota_describe(const struct config_instance *instance, uint64_t bytes, char *out, size_t size) {
	const double unit = 1024 * 1024;
	snprintf(out, size, "it keeps %.1f MiB, more than its state-limit of %.1f MiB: see coffer state list %s",
		(double)bytes / unit, (double)instance->state_limit / unit, instance->name);
	return out;
}
