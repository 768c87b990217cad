#ifndef INSTANCES_OUTPUT_H
#define INSTANCES_OUTPUT_H

/*
 * What an instance's programs print: one log per instance, bounded in size and in speed, and clean, so that reading
 * it in a terminal is safe. A program that prints faster than it may waits, as at any full pipe.
 */

#include <stddef.h>
#include "base/loop.h"

#define OUTPUT_LOG_MAX (1024 * 1024) /* then it becomes NAME.1, and what was NAME.1 is gone */
#define OUTPUT_RATE_MAX (256 * 1024) /* bytes taken each second */

struct output;

/*
 * Appends to the log name in directory_fd (made with mode 0600; directory_fd stays the caller's and open). Returns
 * NULL with errno set.
 */
struct output *output_create(struct loop *loop, int directory_fd, const char *name);
/* Takes what is still in the pipe, and closes the log. NULL is allowed. */
void output_destroy(struct output *output);

/*
 * The writing end for programs, ours to keep; close it by output_close_pipe() when nobody is to be started any more.
 * Makes a new pipe where there is none. -1 with errno set.
 */
int output_open_pipe(struct output *output);
/* Takes what is in the pipe, and closes both its ends. */
void output_close_pipe(struct output *output);

/* A line of our own into the log, below what was printed before: what programs have said stands above their end. */
void output_note(struct output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The last line that came through the pipe, what is in it now included; clean; "" where none did. */
const char *output_last_line(struct output *output);

/* ---- the pure part ---- */

/* Turns bytes into text: UTF-8 with line feeds and tabs, every other control and all ill-formed bytes as \xNN. */
struct output_cleaner {
	char carry[4]; /* the beginning of a character that the next bytes may complete */
	size_t carry_len;
};

#define OUTPUT_CLEAN_SIZE(length) (4 * ((length) + 4))

/* out has room for OUTPUT_CLEAN_SIZE(length). Returns the number of bytes written. */
size_t output_clean(struct output_cleaner *cleaner, const char *untrusted_bytes, size_t length, char *out);
/* Nothing more comes: what was carried over, as \xNN. out has room for OUTPUT_CLEAN_SIZE(0). */
size_t output_clean_end(struct output_cleaner *cleaner, char *out);

#endif
