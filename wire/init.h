#ifndef WIRE_INIT_H
#define WIRE_INIT_H

/*
 * What the supervisor and coffer-init say to each other on a SOCK_SEQPACKET pair whose one end coffer-init inherits.
 * One packet is one message: a fixed header, then words (argv and environment) each with its zero byte. Nothing
 * here needs more than libc, since coffer-init is a static binary without libraries. Either end trusts nothing of
 * what it reads: coffer-init lives among the instance's programs, and its word counts no more than theirs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define INIT_VERSION 1
#define INIT_WORDS_SIZE 49152 /* all words of a message */
#define INIT_WORDS_MAX 1024
#define INIT_FDS_MAX 2

enum init_type {
	/* supervisor to coffer-init */
	INIT_START = 1, /* id; argv and environment; fds: standard output, standard error */
	INIT_TERMINATE, /* SIGTERM to every process, then end when the last is gone; nothing is started any more */
	INIT_FREEZE,    /* SIGSTOP to every process, until they stand; it and THAW are answered once each, in their order */
	INIT_THAW,      /* a freeze that it overtakes is answered by INIT_THAWED as well */
	/* coffer-init to supervisor */
	INIT_HELLO,   /* value: INIT_VERSION; the first message, once */
	INIT_STARTED, /* id; value: the pid inside */
	INIT_FAILED,  /* id; value: errno of what could not be done */
	INIT_EXITED,  /* id; value: waitpid()'s status */
	INIT_FROZEN,  /* value: threads that were not seen to stop in time, 0 for none; what was begun in the kernel goes on */
	INIT_THAWED,
};

struct init_header {
	uint32_t type; /* enum init_type */
	uint32_t id;   /* chosen by the supervisor at INIT_START, told back by the answers */
	int32_t value;
	uint32_t argv_len;        /* INIT_START: words of the command, at least 1 */
	uint32_t environment_len; /* INIT_START: words "NAME=value" after them */
};

struct init_message {
	struct init_header header;
	size_t words_length; /* bytes used in words */
	char words[INIT_WORDS_SIZE];
};

enum init_end { INIT_SUPERVISOR, INIT_GUEST };

void init_message_set(struct init_message *message, enum init_type type, uint32_t id, int32_t value);
/* Appends a word of argv or, after all of those, of the environment. Returns false where there is no room. */
bool init_message_add_argument(struct init_message *message, const char *word);
bool init_message_add_environment(struct init_message *message, const char *word);

/*
 * Sends a message with copies of fds_len descriptors. Returns false with errno set; EAGAIN where a non-blocking
 * socket is full. SIGPIPE is never raised.
 */
bool init_send(int fd, const struct init_message *message, const int *fds, size_t fds_len);

enum init_result {
	INIT_CLOSED = -1, /* the peer is gone, or sent what cannot be a message of its end: go no further with it */
	INIT_AGAIN = 0,
	INIT_MESSAGE = 1,
};

/*
 * Receives one message that the sender may send, of exactly its form. On INIT_MESSAGE, fds holds INIT_START's two
 * descriptors (close-on-exec, the caller's to close), else -1; whatever else came along is closed.
 */
enum init_result init_receive(int fd, enum init_end sender, struct init_message *message, int fds[INIT_FDS_MAX]);

/* True where it is a message that the sender may send, of exactly its form, with as many descriptors beside it. */
bool init_message_is_valid(const struct init_message *untrusted_message, enum init_end sender, size_t fds_len);

/*
 * Points list (at least count + 1 entries) at count words from *cursor on, NULL behind them, and moves *cursor on.
 * Only for messages that init_receive() has checked.
 */
void init_message_words(struct init_message *message, size_t *cursor, uint32_t count, char **list);

#endif
