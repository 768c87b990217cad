/* What is told of an instance that takes its time to start. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compositor/starting.h"

struct world {
	struct wl_event_loop *loop;
	struct instances *instances;
	struct starting *starting;
	int told;
};

static void handle_told(void *data) {
	struct world *world = data;
	world->told++;
}

static int set_up(void **state) {
	static struct world world;
	char names[][6] = {"work", "vault"};
	struct config_instance list[] = {{.name = names[0]}, {.name = names[1]}};
	const struct config config = {.instances = list, .instances_len = 2};
	world = (struct world){.loop = wl_event_loop_create(), .instances = instances_create()};
	instances_configure(world.instances, &config);
	world.starting = starting_create(world.loop, world.instances, handle_told, &world);
	*state = &world;
	return 0;
}

static int tear_down(void **state) {
	struct world *world = *state;
	starting_destroy(world->starting);
	instances_destroy(world->instances);
	wl_event_loop_destroy(world->loop);
	return 0;
}

static void set_state(struct world *world, const char *name, uint32_t state) {
	const struct session_state told = {.state = state};
	instance_set_state(world->instances, instances_find(world->instances, name), &told);
}

/* Until it is told of something: the timer's own time. */
static void wait(struct world *world) {
	int before = world->told;
	while (world->told == before) {
		wl_event_loop_dispatch(world->loop, -1);
	}
}

static void test_short(void **state) {
	struct world *world = *state;
	set_state(world, "work", INSTANCE_PREPARING);
	set_state(world, "work", INSTANCE_STARTING);
	set_state(world, "work", INSTANCE_RUNNING);
	assert_null(starting_get(world->starting));
	assert_int_equal(world->told, 0);
	/* Another that follows at once has its own patience. */
	set_state(world, "vault", INSTANCE_STARTING);
	assert_null(starting_get(world->starting));
	set_state(world, "vault", INSTANCE_FAILED);
	assert_int_equal(world->told, 0);
}

static void test_long(void **state) {
	struct world *world = *state;
	set_state(world, "vault", INSTANCE_STARTING);
	assert_null(starting_get(world->starting));
	wait(world);
	assert_ptr_equal(starting_get(world->starting), instances_find(world->instances, "vault"));
	set_state(world, "vault", INSTANCE_RUNNING);
	assert_null(starting_get(world->starting));
	assert_int_equal(world->told, 2);
}

static void test_forgotten(void **state) {
	struct world *world = *state;
	set_state(world, "vault", INSTANCE_STARTING);
	wait(world);
	instances_forget(world->instances, "vault");
	assert_null(starting_get(world->starting));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_short, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_forgotten, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
