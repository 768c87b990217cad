#ifndef COMPOSITOR_INSTANCE_H
#define COMPOSITOR_INSTANCE_H

/*
 * The compositor's record of an instance: identity, looks, rights, and what is known of its life. The trusted
 * shell is one too, named "". Others read the fields; only the functions here write them, unless noted.
 */

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include "base/clock.h"
#include "config/config.h"
#include "wire/session.h"

struct seat;

struct instance {
	char name[SESSION_NAME_SIZE];
	bool shell;
	uint32_t color;      /* 0xRRGGBB */
	uint32_t text_color; /* what reads on it: 0x000000 or 0xffffff */
	uint32_t grants;     /* enum config_grant bits */
	bool cover;          /* its fullscreen windows may cover the strip */
	enum config_backend backend;
	enum config_network network;

	enum session_instance_state state;
	bool frozen;
	uint32_t pids;
	uint64_t memory; /* bytes */
	char reason[SESSION_TEXT_SIZE];

	struct seat *seat; /* set once by seat_create() */
	uint64_t limits[CONFIG_LIMITS]; /* by enum config_limit; the shell has none */
	uint64_t used[CONFIG_LIMITS]; /* of each now; written by instance_use() */
	uint64_t most[CONFIG_LIMITS]; /* the most of each since it was started; likewise */
	uint64_t met[CONFIG_LIMITS]; /* how often something ended at each since then; written by limits.c, activation.c */
	int64_t limit_logged, limit_told; /* ms: a limit was last written to the log, shown on the strip; limits.c */
	uint32_t clients;  /* written by client.c */
	uint32_t windows, popups; /* mapped; written by window.c and popup.c */
	int64_t spawned;   /* ms, CLOCK_MONOTONIC: the person last started something in it; 0 never */
	int64_t rang;      /* ms: its bell was last heard; 0 never; written by bell.c */
	int64_t input;     /* ms: a real key, button or touch was last delivered to it; 0 never; written by seat.c */

	struct {
		struct wl_signal changed; /* any field above */
		struct wl_signal destroy;
	} events;

	struct wl_list link; // instances.list
};

struct instances {
	struct wl_list list; // instance.link; the shell is not in it
	struct instance *shell;
	struct {
		struct wl_signal created; /* struct instance * */
		struct wl_signal changed; /* struct instance *: any of them */
	} events;
};

struct instances *instances_create(void);
void instances_destroy(struct instances *instances);

/* NULL where there is none. "" is the shell. */
struct instance *instances_find(struct instances *instances, const char *name);

/*
 * Follows a new config: makes records for new names, updates looks and rights of known ones. One that is no
 * longer in the config keeps its last ones until instances_forget().
 */
void instances_configure(struct instances *instances, const struct config *config);
void instances_forget(struct instances *instances, const char *name);

void instance_set_state(struct instances *instances, struct instance *instance, const struct session_state *state);
/* Counts what it has of the compositor: that many more, or fewer where negative. Judging is limits.c's. */
void instance_use(struct instance *instance, enum config_limit limit, int64_t change);
/* Tells listeners that a field changed. */
void instance_notify(struct instances *instances, struct instance *instance);

#endif
