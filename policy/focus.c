#include "policy/focus.h"

/* Whether no key has been pressed for FOCUS_QUIET_MS. A press in the future counts as one of this moment. */
static bool is_quiet(int64_t now, int64_t last_key) {
	return focus_wait(now, last_key) == 0;
}

/* Whether the person started something there not long ago and has not typed since: they wait for its window. */
static bool is_awaited(const struct focus_facts *facts) {
	if (facts->spawned <= 0 || facts->spawned > facts->now) {
		return false;
	}
	if (facts->last_key > facts->spawned) {
		return false;
	}
	return facts->now - facts->spawned <= FOCUS_SPAWN_MS;
}

bool focus_new_window(const struct focus_facts *facts) {
	if (facts->same_instance || is_awaited(facts)) {
		return true;
	}
	/* A window may fill a void, but not while keys meant for the one that left may still be under way. */
	return facts->nothing_focused && is_quiet(facts->now, facts->last_key);
}

int64_t focus_wait(int64_t now, int64_t last_key) {
	if (last_key <= 0) {
		return 0;
	}
	if (last_key >= now) {
		return FOCUS_QUIET_MS;
	}
	int64_t passed = now - last_key;
	return passed >= FOCUS_QUIET_MS ? 0 : FOCUS_QUIET_MS - passed;
}
