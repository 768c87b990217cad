#ifndef WIRE_CONTROL_H
#define WIRE_CONTROL_H

/*
 * What `coffer` and the supervisor say to each other on $XDG_RUNTIME_DIR/cofferdam/control (SOCK_SEQPACKET): one
 * request a connection, then any number of answers, then CONTROL_END or CONTROL_ERROR. Tables as in session.c.
 */

#include <stdbool.h>
#include <stdint.h>
#include "base/message.h"
#include "wire/session.h"

#define CONTROL_WORDS_MAX 256
#define CONTROL_WORDS_SIZE 24576 /* all words of a command, each with its zero byte */
#define CONTROL_TEXT_SIZE 4096
#define CONTROL_MET_SIZE 256

enum control_type {
	/* requests */
	CONTROL_RUN = 1,   /* words: an app's name alone, or a command; fds: none. Ended at once when started */
	CONTROL_PS,
	CONTROL_STOP,      /* answered when the instance has stopped */
	CONTROL_KILL,
	CONTROL_WINDOWS,
	CONTROL_CLIPBOARD_STATUS,
	CONTROL_CLIPBOARD_CLEAR,
	CONTROL_RELOAD,
	CONTROL_QUIT,
	CONTROL_SOCKET,    /* the path of an instance's socket */
	CONTROL_LOGS,      /* the path of an instance's log */
	CONTROL_LIMITS,    /* of one instance, or, with the name "", of all */
	/* answers */
	CONTROL_INSTANCE,
	CONTROL_WINDOW,    /* body of a session_window */
	CONTROL_CLIPBOARD, /* body of a session_clipboard */
	CONTROL_LIMITS_OF, /* body of a session_limits: what the instance has of the compositor */
	CONTROL_SANDBOX,   /* what it has of the machine */
	CONTROL_LINE,      /* a path, or a line for the person */
	CONTROL_ERROR,     /* the last answer; one line that says what to do */
	CONTROL_END,       /* the last answer: it is done */
	/* requests */
	CONTROL_PLACES,    /* where the session's files are, and the first process of an instance; "" for none */
	CONTROL_HOLD,      /* freeze an instance, if it runs, for as long as this connection is open */
	/* answers */
	CONTROL_PLACE,     /* to PLACES */
	CONTROL_HELD,      /* to HOLD: from now on nothing of it runs. Then nothing more, or ERROR: something does again */
	CONTROL_TYPES,
};

/* coffer's exit codes: coffer(1). */
enum control_exit {
	EXIT_CODE_OK = 0,
	EXIT_CODE_FAILED = 1,    /* it was tried and did not work */
	EXIT_CODE_USAGE = 2,     /* the command line makes no sense */
	EXIT_CODE_NO_SESSION = 3, /* no cofferdam is running here */
	EXIT_CODE_UNKNOWN = 4,   /* no such instance or app */
	EXIT_CODE_CONFIG = 5,    /* the config file has errors */
};

struct control_words {
	char name[SESSION_NAME_SIZE]; /* RUN, STOP, KILL, LOGS, HOLD: the instance; SOCKET: the same, or "" for the
	                              shell; LIMITS: or "" for all */
	uint32_t words_len; /* RUN: 1 to CONTROL_WORDS_MAX */
	char words[CONTROL_WORDS_SIZE]; /* RUN: zero-terminated words one after the other, of any bytes */
};
struct control_instance {
	char name[SESSION_NAME_SIZE];
	char state[16];
	uint32_t frozen;
	char backend[16];
	char network[16];
	uint32_t color;
	uint32_t pids;
	uint64_t memory; /* bytes */
	uint32_t windows;
	uint32_t clients;
	char met[CONTROL_MET_SIZE]; /* the names of the limits that something of it ended at, with ", " between */
	char reason[SESSION_TEXT_SIZE];
};
struct control_place {
	char config[CONTROL_TEXT_SIZE]; /* the path of the config file */
	char store[CONTROL_TEXT_SIZE]; /* of the state store */
	uint32_t pid; /* of the instance's coffer-init, as it is seen from outside; 0 where it does not run */
};
struct control_held {
	uint32_t unstopped; /* threads that were not seen to stop: what they have begun in the kernel may go on */
};
enum control_resource { RESOURCE_MEMORY, RESOURCE_PIDS, CONTROL_RESOURCES };
struct control_sandbox {
	char name[SESSION_NAME_SIZE];
	char how[16]; /* it is limited by: "systemd", "cgroup"; "" where it is not */
	char why[SESSION_TEXT_SIZE]; /* it is not limited; else "" */
	uint64_t used[CONTROL_RESOURCES]; /* bytes, processes; now */
	uint64_t most[CONTROL_RESOURCES]; /* since it was started; 0 where nobody knows */
	uint64_t limit[CONTROL_RESOURCES]; /* UINT64_MAX where there is none */
	uint64_t met[CONTROL_RESOURCES]; /* how often something ended, or was refused, at it */
	uint32_t cpu_weight; /* 0 where there is none */
};
struct control_line {
	char text[CONTROL_TEXT_SIZE];
};
struct control_error {
	uint32_t code;
	char text[CONTROL_TEXT_SIZE];
};

struct control_message {
	enum control_type type;
	union {
		struct control_words request;
		struct control_instance instance;
		struct session_window window;
		struct session_clipboard clipboard;
		struct control_place place;
		struct control_held held;
		struct session_limits limits;
		struct control_sandbox sandbox;
		struct control_line line;
		struct control_error error;
	};
};

enum control_end { CONTROL_COFFER, CONTROL_SUPERVISOR };

/* "memory", "pids": the config's words. */
const char *control_resource_name(enum control_resource resource);

/* As session_send() and session_decode(). */
bool control_send(struct channel *channel, enum control_end sender, struct control_message *message);
bool control_decode(struct message *untrusted_message, enum control_end sender, struct control_message *message);

#endif
