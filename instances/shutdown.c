#include <signal.h>
#include "instances/shutdown.h"

static void end_shell(void *data) {
	const struct shutdown *shutdown = data;
	shell_stop(shutdown->shell);
}

static bool shell_has_ended(void *data) {
	const struct shutdown *shutdown = data;
	return shell_is_idle(shutdown->shell);
}

static void kill_shell(void *data) {
	const struct shutdown *shutdown = data;
	shell_kill(shutdown->shell);
}

static void end_fleet(void *data) {
	const struct shutdown *shutdown = data;
	fleet_stop(shutdown->fleet);
}

static bool fleet_has_ended(void *data) {
	const struct shutdown *shutdown = data;
	return fleet_is_idle(shutdown->fleet);
}

static void kill_fleet(void *data) {
	const struct shutdown *shutdown = data;
	fleet_kill(shutdown->fleet);
}

static void end_compositor(void *data) {
	const struct shutdown *shutdown = data;
	compositor_stop(shutdown->compositor);
}

static bool compositor_has_ended(void *data) {
	const struct shutdown *shutdown = data;
	return !compositor_is_running(shutdown->compositor);
}

static void kill_compositor(void *data) {
	const struct shutdown *shutdown = data;
	compositor_kill(shutdown->compositor);
}

static void end_strays(void *data) {
	const struct shutdown *shutdown = data;
	children_signal(shutdown->children, SIGTERM);
}

static bool strays_have_ended(void *data) {
	const struct shutdown *shutdown = data;
	return children_count(shutdown->children) == 0;
}

static void kill_strays(void *data) {
	const struct shutdown *shutdown = data;
	children_signal(shutdown->children, SIGKILL);
}

/* Where a sanitizer or memcheck searches the compositor for leaks at its end, that is let finish. */
#if defined(__SANITIZE_ADDRESS__) || defined(FOR_MEMCHECK)
#define COMPOSITOR_MS 10000
#else
#define COMPOSITOR_MS 700
#endif

/* With ENDING_FORCED_MS for each, less than 5 s in all. */
const struct ending_step shutdown_steps[] = {
	{ "shell programs", 700, end_shell, shell_has_ended, kill_shell },
	{ "instances", 2000, end_fleet, fleet_has_ended, kill_fleet },
	{ "compositor", COMPOSITOR_MS, end_compositor, compositor_has_ended, kill_compositor },
	{ "programs left behind", 200, end_strays, strays_have_ended, kill_strays },
};
const size_t shutdown_steps_len = sizeof(shutdown_steps) / sizeof(shutdown_steps[0]);
