#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compositor/instance.h"
#include "compositor/pace.h"

/* A clock of ours. The loop's own timers go by the real one: where one is short, only what is idle is dispatched. */
static int64_t now;
int64_t clock_now(void) {
	return now;
}

#define INTERVAL_MS 3600000

struct world {
	struct wl_event_loop *loop;
	struct pace *pace;
	int count;
};

static void handle_pace(void *data) {
	struct world *world = data;
	world->count++;
}

static int set_up(void **state) {
	static struct world world;
	now = 5;
	world = (struct world){.loop = wl_event_loop_create()};
	world.pace = pace_create(world.loop, INTERVAL_MS, handle_pace, &world);
	*state = &world;
	return 0;
}

static int tear_down(void **state) {
	struct world *world = *state;
	pace_destroy(world->pace);
	wl_event_loop_destroy(world->loop);
	return 0;
}

static void test_many_are_one(void **state) {
	struct world *world = *state;
	wl_event_loop_dispatch(world->loop, 0);
	assert_int_equal(world->count, 0);
	for (int i = 0; i < 1000; i++) {
		pace_wake(world->pace);
	}
	assert_int_equal(world->count, 0);
	wl_event_loop_dispatch(world->loop, 0);
	assert_int_equal(world->count, 1);
	wl_event_loop_dispatch(world->loop, 0);
	assert_int_equal(world->count, 1);
}

static void test_interval(void **state) {
	struct world *world = *state;
	pace_wake(world->pace);
	wl_event_loop_dispatch(world->loop, 0);
	now += INTERVAL_MS - 1;
	for (int i = 0; i < 1000; i++) {
		pace_wake(world->pace);
		wl_event_loop_dispatch_idle(world->loop);
	}
	assert_int_equal(world->count, 1);
	/* Given up for now, as after a look that was had for another reason. */
	pace_rest(world->pace);
	now++;
	pace_wake(world->pace);
	wl_event_loop_dispatch(world->loop, 0);
	assert_int_equal(world->count, 2);
}

static void test_rest(void **state) {
	struct world *world = *state;
	pace_wake(world->pace);
	pace_rest(world->pace);
	wl_event_loop_dispatch(world->loop, 0);
	assert_int_equal(world->count, 0);
	pace_wake(world->pace);
	wl_event_loop_dispatch(world->loop, 0);
	assert_int_equal(world->count, 1);
	pace_wake(world->pace); /* left waiting: its end is safe */
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_many_are_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_interval, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rest, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
