#ifndef POLICY_FOCUS_H
#define POLICY_FOCUS_H

/*
 * When keyboard focus may move without the person's own chord or click. Pure: the caller says what is, these
 * say what may be. Times are milliseconds of CLOCK_MONOTONIC; 0 is never.
 */

#include <stdbool.h>
#include <stdint.h>

#define FOCUS_QUIET_MS 500 /* no key for so long before focus may pass to another instance */
#define FOCUS_SPAWN_MS 30000 /* a window that the person asked for may come so late and still be focused */

struct focus_facts {
	bool same_instance;   /* the new window's instance has the focus now */
	bool nothing_focused; /* no window has it */
	int64_t now;
	int64_t last_key;     /* the last key press from a real device */
	int64_t spawned;      /* when the person last started something in that instance */
};

/* May a window that has just been mapped take the focus? Else it is marked urgent. */
bool focus_new_window(const struct focus_facts *facts);

/*
 * The focused window has gone and no other of its instance is on this workspace: how many milliseconds from now
 * until another instance's window may have the focus. 0: at once.
 */
int64_t focus_wait(int64_t now, int64_t last_key);

#endif
