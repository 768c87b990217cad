#ifndef WIRE_FIELDS_H
#define WIRE_FIELDS_H

/*
 * The bodies that travel twice, from the compositor to the supervisor and from there to `coffer`: their structs, and
 * one list of fields for both tables.
 */

#include <stdint.h>
#include "wire/codec.h"

#define SESSION_NAME_SIZE 32 /* an instance's name; "" is the trusted shell */
#define SESSION_TEXT_SIZE 512
#define SESSION_TYPES_SIZE 256

enum session_window_flag {
	WINDOW_FOCUSED = 1,
	WINDOW_FLOATING = 2,
	WINDOW_FULLSCREEN = 4,
	WINDOW_MAXIMIZED = 8,
	WINDOW_URGENT = 16,
	WINDOW_VISIBLE = 32,
};

struct session_window {
	uint32_t query;
	uint32_t id; /* of the window, unique in this compositor's life */
	char name[SESSION_NAME_SIZE];
	char title[SESSION_TEXT_SIZE]; /* cleaned */
	char app_id[SESSION_TEXT_SIZE]; /* cleaned */
	char output[64];
	uint32_t workspace; /* 1 to 9 */
	uint32_t x, y, width, height; /* the frame in layout coordinates; x and y are int32_t bits */
	uint32_t content_x, content_y, content_width, content_height;
	uint32_t flags; /* enum session_window_flag */
};

struct session_clipboard {
	uint32_t query;
	uint32_t held; /* 0 or 1 */
	char name[SESSION_NAME_SIZE]; /* from whom */
	char types[SESSION_TYPES_SIZE]; /* space separated */
	uint64_t size; /* bytes, all types together */
	uint32_t seconds; /* left; 0 where it never expires */
};

#define SESSION_LIMITS_LEN 15 /* CONFIG_LIMITS, which this room does not know */

/* What an instance has of the compositor, by enum config_limit. */
struct session_limits {
	uint32_t query; /* 0 where nobody asked: something ended at a limit */
	char name[SESSION_NAME_SIZE];
	uint64_t used[SESSION_LIMITS_LEN]; /* now */
	uint64_t most[SESSION_LIMITS_LEN]; /* since the instance was started */
	uint64_t limit[SESSION_LIMITS_LEN];
	uint64_t met[SESSION_LIMITS_LEN]; /* how often something ended at it since then */
};

extern const struct codec_field fields_window[];
extern const struct codec_field fields_clipboard[];
extern const struct codec_field fields_limits[];

#endif
