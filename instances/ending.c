#include <stdlib.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "instances/ending.h"

#define TICK_MS 10

struct ending {
	const struct ending_step *steps;
	size_t len, current;
	void *step_data;
	void (*done)(void *data);
	void *data;
	struct loop_source *timer;
	int64_t deadline; /* of the step */
	bool started, forced;
};

static void begin(struct ending *ending) {
	if (ending->current == ending->len) {
		ending->done(ending->data);
		return;
	}
	const struct ending_step *step = &ending->steps[ending->current];
	log_debug("ending: %s", step->name);
	ending->forced = false;
	ending->deadline = clock_now() + step->patience;
	step->begin(ending->step_data);
	loop_arm_timer(ending->timer, 1);
}

static void force(struct ending *ending, const char *why) {
	const struct ending_step *step = &ending->steps[ending->current];
	log_warn("ending: %s: %s, so killed", step->name, why);
	ending->forced = true;
	ending->deadline = clock_now() + ENDING_FORCED_MS;
	step->force(ending->step_data);
}

static void handle_tick(void *data) {
	struct ending *ending = data;
	const struct ending_step *step = &ending->steps[ending->current];
	bool late = clock_now() >= ending->deadline;
	if (step->is_done(ending->step_data) || (late && ending->forced)) {
		ending->current++;
		begin(ending);
		return;
	}
	if (late) {
		force(ending, "not ended in time");
	}
	loop_arm_timer(ending->timer, TICK_MS);
}

struct ending *ending_create(struct loop *loop, const struct ending_step *steps, size_t len, void *step_data,
	void (*done)(void *data), void *data) {
	struct ending *ending = xcalloc(1, sizeof(*ending));
	ending->steps = steps;
	ending->len = len;
	ending->step_data = step_data;
	ending->done = done;
	ending->data = data;
	ending->timer = loop_add_timer(loop, handle_tick, ending);
	return ending;
}

void ending_destroy(struct ending *ending) {
	if (ending == NULL) {
		return;
	}
	loop_remove(ending->timer);
	free(ending);
}

void ending_start(struct ending *ending) {
	if (!ending->started) {
		ending->started = true;
		begin(ending);
	} else if (!ending->forced && ending->current < ending->len) {
		force(ending, "told again to end");
	}
}

bool ending_is_started(const struct ending *ending) {
	return ending->started;
}
