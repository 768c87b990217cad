/* What is shown of an instance is what runs: a config that is reloaded speaks of the next start alone. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "compositor/instance.h"

#define OLD_COLOR 0x1775fd
#define NEW_COLOR 0xc12408

static void configure(struct instances *instances, uint32_t color, enum config_network network) {
	char name[] = "work";
	struct config_instance instance = {.name = name, .color = color, .network = network};
	const struct config config = {.instances = &instance, .instances_len = 1};
	instances_configure(instances, &config);
}

static void set_state(struct instances *instances, uint32_t state, enum config_network network) {
	const struct session_state told = {.name = "work", .state = state, .network = network};
	instance_set_state(instances, instances_find(instances, "work"), &told);
}

static void test_reload_while_it_runs(void **state) {
	struct instances *instances = instances_create();
	configure(instances, OLD_COLOR, NETWORK_NAT);
	const struct instance *work = instances_find(instances, "work");
	set_state(instances, INSTANCE_RUNNING, NETWORK_NAT);
	configure(instances, NEW_COLOR, NETWORK_NONE);
	assert_int_equal(work->color, NEW_COLOR);
	assert_int_equal(work->network, NETWORK_NAT);
	/* Its next start is by the new config, and says so. */
	set_state(instances, INSTANCE_STOPPED, NETWORK_NONE);
	assert_int_equal(work->network, NETWORK_NONE);
	instances_destroy(instances);
}

static void test_reload_while_it_does_not_run(void **state) {
	static const uint32_t states[] = {INSTANCE_STOPPED, INSTANCE_FAILED};
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct instances *instances = instances_create();
		configure(instances, OLD_COLOR, NETWORK_NAT);
		set_state(instances, states[i], NETWORK_NAT);
		configure(instances, NEW_COLOR, NETWORK_NONE);
		assert_int_equal(instances_find(instances, "work")->network, NETWORK_NONE);
		instances_destroy(instances);
	}
}

/* A compositor that was started anew reads the new config before it is told what runs under the old one. */
static void test_state_after_config(void **state) {
	struct instances *instances = instances_create();
	configure(instances, NEW_COLOR, NETWORK_NONE);
	set_state(instances, INSTANCE_RUNNING, NETWORK_NAT);
	assert_int_equal(instances_find(instances, "work")->network, NETWORK_NAT);
	instances_destroy(instances);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reload_while_it_runs),
		cmocka_unit_test(test_reload_while_it_does_not_run),
		cmocka_unit_test(test_state_after_config),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
