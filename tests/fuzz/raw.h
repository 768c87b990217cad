#ifndef TESTS_FUZZ_RAW_H
#define TESTS_FUZZ_RAW_H

/*
 * A Wayland connection without libwayland's manners: requests are made from the protocols' own descriptions, valid
 * ones and such that are not, then changed on their way out; events are read for what later requests need.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-client.h>
#include "tests/fuzz/random.h"

#define RAW_OBJECTS_MAX 512
#define RAW_ARGUMENTS_MAX 20

struct raw_object {
	uint32_t id;
	uint32_t version;
	const struct wl_interface *interface;
	uint32_t configure; /* xdg_surface: serial of the last configure that is not acknowledged; else 0 */
	bool is_configured; /* xdg_surface: one has been acknowledged */
};

struct raw_global {
	uint32_t name, version;
	const struct wl_interface *interface;
};

struct raw; /* opaque but for what follows */

/* Connects; the registry is asked for. NULL where that fails. rarely: one message in so many is changed; 0: none. */
struct raw *raw_connect(const char *socket_path, uint64_t seed, size_t rarely);
void raw_destroy(struct raw *raw);
/* False once the compositor has closed the connection. */
bool raw_is_alive(const struct raw *raw);
struct rng *raw_rng(struct raw *raw);

/* Objects that live, the registry first after the display. A picked one is borrowed until the next request or event. */
size_t raw_objects(const struct raw *raw, const struct raw_object **list);
/* Any live one of this interface; NULL where there is none. */
const struct raw_object *raw_pick(struct raw *raw, const char *interface);
const struct raw_object *raw_find(struct raw *raw, uint32_t id);
const struct raw_global *raw_find_global(const struct raw *raw, const char *interface);
size_t raw_globals(const struct raw *raw, const struct raw_global **list);
/* The serial of the last input event; 0 before any. */
uint32_t raw_serial(const struct raw *raw);

/*
 * Queues a request, by an opcode of the object's interface; a new id among its arguments is allotted here (whatever
 * stands there), and returned, else 0. Descriptors are taken over.
 */
uint32_t raw_request(struct raw *raw, const struct raw_object *object, uint32_t opcode, union wl_argument *arguments);
/* wl_registry.bind, at most at this version. Returns the new id, 0 where there is no such global. */
uint32_t raw_bind(struct raw *raw, const struct raw_global *global);

/* Sends what is queued, reads what has come. Never waits. */
void raw_step(struct raw *raw);

/* The compositor's last word: wl_display.error's message, "" where there was none. */
const char *raw_error(const struct raw *raw);

#endif
