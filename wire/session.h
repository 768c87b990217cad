#ifndef WIRE_SESSION_H
#define WIRE_SESSION_H

/*
 * What the supervisor and the compositor say to each other over their one SOCK_SEQPACKET pair. One table in
 * session.c gives each message's direction, fields, bounds and descriptors; encode and decode both walk it, so
 * the two ends cannot drift, and a message that is not exactly of its form is refused on either end.
 */

#include <stdbool.h>
#include <stdint.h>
#include "base/message.h"
#include "wire/fields.h"

enum session_type {
	/* supervisor to compositor */
	SESSION_CONFIG = 1, /* fds: config text, xkb keymap text (both sealed memfds) */
	SESSION_LISTEN,     /* fd: a listening socket */
	SESSION_FORGET,     /* an instance that left the config has stopped */
	SESSION_STATE,      /* an instance's state, for strip and owners */
	SESSION_NOTICE,     /* one line for the strip */
	SESSION_QUERY,
	SESSION_CLIPBOARD_CLEAR,
	SESSION_SPAWNED,    /* the person just started something in this instance: its next window may take focus */
	/* compositor to supervisor */
	SESSION_READY,      /* the config with this serial is in effect, or could not be */
	SESSION_BIND,       /* the person pressed a bound chord that the supervisor carries out */
	SESSION_ORDER,      /* from Super+Escape */
	SESSION_WINDOW,     /* one answer to SESSION_QUERY windows */
	SESSION_CLIPBOARD,  /* the answer to SESSION_QUERY clipboard */
	SESSION_QUERY_END,
	SESSION_WINDOWS,    /* an instance's window and client counts changed */
	SESSION_MEASURE,    /* somebody looks: tell every instance's SESSION_STATE anew */
	SESSION_CLOSED,     /* the desktop that showed the session has closed its window: it is over */
	SESSION_LIMITS,     /* one answer to SESSION_QUERY limits; or, at most once a second, that something met one */
};

enum session_instance_state {
	INSTANCE_STOPPED,
	INSTANCE_PREPARING,
	INSTANCE_STARTING,
	INSTANCE_RUNNING,
	INSTANCE_STOPPING,
	INSTANCE_FAILED,
};
enum session_query { QUERY_WINDOWS = 1, QUERY_CLIPBOARD = 2, QUERY_LIMITS = 3 };
enum session_order { ORDER_FREEZE = 1, ORDER_THAW = 2, ORDER_KILL = 3, ORDER_STOP = 4 };
enum session_notice_level { NOTICE_INFO = 0, NOTICE_WARNING = 1 };

struct session_config {
	uint32_t serial;
};
struct session_listen {
	char name[SESSION_NAME_SIZE];
};
struct session_forget {
	char name[SESSION_NAME_SIZE];
};
#define SESSION_BACKEND_MAX 2 /* the last of enum config_backend, which this room does not know */
#define SESSION_NETWORK_MAX 1 /* likewise */
struct session_state {
	char name[SESSION_NAME_SIZE];
	uint32_t state; /* enum session_instance_state */
	uint32_t frozen; /* 0 or 1 */
	uint32_t pids;
	/* Of the sandbox that runs, which a reload does not change; without one, of the next. As in config/config.h. */
	uint32_t backend; /* enum config_backend */
	uint32_t network; /* enum config_network */
	uint64_t memory; /* bytes */
	char reason[SESSION_TEXT_SIZE]; /* for INSTANCE_FAILED */
};
struct session_notice {
	uint32_t level;
	char name[SESSION_NAME_SIZE]; /* whom it is about, or "" */
	char text[SESSION_TEXT_SIZE];
};
struct session_query_message {
	uint32_t id, what;
};
struct session_spawned {
	char name[SESSION_NAME_SIZE];
};
struct session_ready {
	uint32_t serial, accepted;
	char reason[SESSION_TEXT_SIZE];
};
struct session_bind {
	uint32_t serial, index; /* index into config.binds of that config serial */
};
struct session_order_message {
	char name[SESSION_NAME_SIZE];
	uint32_t order;
};
struct session_query_end {
	uint32_t query;
};
struct session_windows {
	char name[SESSION_NAME_SIZE];
	uint32_t windows, clients;
};

struct session_message {
	enum session_type type;
	/* Of a decoded message, the receiver's to close, -1 where none. Sending looks at as many as the type has. */
	int fds[2];
	union {
		struct session_config config;
		struct session_listen listen;
		struct session_forget forget;
		struct session_state state;
		struct session_notice notice;
		struct session_query_message query;
		struct session_spawned spawned;
		struct session_ready ready;
		struct session_bind bind;
		struct session_order_message order;
		struct session_window window;
		struct session_clipboard clipboard;
		struct session_query_end query_end;
		struct session_windows windows;
		struct session_limits limits;
	};
};

enum session_end { SESSION_SUPERVISOR, SESSION_COMPOSITOR };

/*
 * Encodes and sends; takes over the descriptors, which become -1. Returns false where the channel is broken, or
 * where the message is not of its form (a bug of ours: logged). Text made of others' words passes through
 * utf8_copy_line() first, or a control character in it is such a bug.
 */
bool session_send(struct channel *channel, enum session_end sender, struct session_message *message);

/*
 * Checks a received message against the table: direction, exact length, bounds, names ([a-z][a-z0-9-]{0,30} or
 * "" where allowed), UTF-8 without control characters, enum ranges, number of descriptors. Returns false and
 * leaves no descriptor open where anything is amiss. Every byte of message that its type does not set is zero.
 */
bool session_decode(struct message *untrusted_message, enum session_end sender, struct session_message *message);

#endif
