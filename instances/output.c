#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "instances/output.h"

#define CHUNK 16384
#define LINE_SIZE 256

struct output {
	struct loop *loop;
	int directory_fd; /* borrowed */
	char *name, *old_name;
	int log_fd;
	size_t log_size;

	int read_fd, write_fd; /* the pipe; -1 where there is none */
	struct loop_source *source;
	struct loop_source *pause; /* until the next second's bytes may come */
	size_t taken; /* bytes since the pause began */
	struct output_cleaner cleaner;

	char line[LINE_SIZE]; /* under way */
	size_t line_len;
	char last_line[LINE_SIZE];
};

/* ---- the pure part ---- */

/* True where the bytes could be the beginning of a character. */
static bool is_incomplete(const char *bytes, size_t length) {
	unsigned char first = (unsigned char)bytes[0];
	size_t need = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 ? 2 : 1;
	if (first >= 0xf5 || length >= need) {
		return false;
	}
	for (size_t i = 1; i < length; i++) {
		if (((unsigned char)bytes[i] & 0xc0) != 0x80) {
			return false;
		}
	}
	return true;
}

static bool is_printed(uint32_t code_point) {
	return code_point != UTF8_INVALID &&
		(code_point == '\n' || code_point == '\t' ||
			(code_point >= 0x20 && code_point != 0x7f && !(code_point >= 0x80 && code_point < 0xa0)));
}

static size_t escape(const char *bytes, size_t length, char *out) {
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		const char escaped[4] = { '\\', 'x', digits[byte >> 4], digits[byte & 15] };
		memcpy(out + 4 * i, escaped, sizeof(escaped));
	}
	return 4 * length;
}

size_t output_clean(struct output_cleaner *cleaner, const char *untrusted_bytes, size_t length, char *out) {
	size_t written = 0, used = 0;
	while (used < length || cleaner->carry_len > 0) {
		/* A window of four bytes: what was carried over, then what is new. */
		char window[4];
		size_t carried = cleaner->carry_len, window_len = carried;
		memcpy(window, cleaner->carry, carried);
		while (window_len < sizeof(window) && used + (window_len - carried) < length) {
			window[window_len] = untrusted_bytes[used + (window_len - carried)];
			window_len++;
		}
		if (is_incomplete(window, window_len)) {
			/* Fewer than four bytes: all that there were. */
			memcpy(cleaner->carry, window, window_len);
			cleaner->carry_len = window_len;
			return written;
		}

		uint32_t code_point;
		size_t consumed = utf8_decode(window, window_len, &code_point);
		if (is_printed(code_point)) {
			memcpy(out + written, window, consumed);
			written += consumed;
		} else {
			written += escape(window, consumed, out + written);
		}
		if (consumed >= carried) {
			used += consumed - carried;
			cleaner->carry_len = 0;
		} else {
			memmove(cleaner->carry, cleaner->carry + consumed, carried - consumed);
			cleaner->carry_len = carried - consumed;
		}
	}
	return written;
}

size_t output_clean_end(struct output_cleaner *cleaner, char *out) {
	size_t written = escape(cleaner->carry, cleaner->carry_len, out);
	cleaner->carry_len = 0;
	return written;
}

/* ---- the log ---- */

static bool open_log(struct output *output) {
	struct stat status;
	output->log_fd = openat(
		output->directory_fd, output->name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (output->log_fd < 0 || fstat(output->log_fd, &status) != 0) {
		return false;
	}
	output->log_size = (size_t)status.st_size;
	return true;
}

static void rotate_log(struct output *output) {
	fd_close(&output->log_fd);
	renameat(output->directory_fd, output->name, output->directory_fd, output->old_name);
	open_log(output);
}

/* A log that cannot be written loses lines; it stops nothing. */
static void write_log(struct output *output, const char *text, size_t length) {
	if (output->log_size + length > OUTPUT_LOG_MAX) {
		rotate_log(output);
	}
	ssize_t n = output->log_fd >= 0 ? write(output->log_fd, text, length) : -1;
	output->log_size += n > 0 ? (size_t)n : 0;
}

static void follow_lines(struct output *output, const char *text, size_t length) {
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n') {
			if (output->line_len > 0) {
				utf8_copy_line(output->line, output->line_len, output->last_line, sizeof(output->last_line));
			}
			output->line_len = 0;
		} else if (output->line_len < sizeof(output->line)) {
			output->line[output->line_len++] = text[i];
		}
	}
}

/* ---- the pipe ---- */

/* Reads once. Returns false where nothing more comes now. */
static bool take_some(struct output *output) {
	char untrusted_bytes[CHUNK];
	char clean[OUTPUT_CLEAN_SIZE(CHUNK)];
	ssize_t n = read(output->read_fd, untrusted_bytes, sizeof(untrusted_bytes));
	if (n <= 0) {
		return n < 0 && errno == EINTR;
	}
	size_t length = output_clean(&output->cleaner, untrusted_bytes, (size_t)n, clean);
	write_log(output, clean, length);
	follow_lines(output, clean, length);
	output->taken += (size_t)n;
	return true;
}

/* At most what a large pipe holds: whoever writes may go on writing. */
static void take_all(struct output *output) {
	for (int i = 0; i < 64 && take_some(output); i++) {
		/* again */
	}
}

static void handle_readable(void *data, int fd, uint32_t revents) {
	struct output *output = data;
	take_some(output);
	/* We hold a writing end, so that there is no end of file to wake us for ever. */
	if (output->taken >= OUTPUT_RATE_MAX) {
		loop_update_fd(output->source, 0);
		loop_arm_timer(output->pause, 1000);
	}
}

static void handle_pause_over(void *data) {
	struct output *output = data;
	output->taken = 0;
	if (output->source != NULL) {
		loop_update_fd(output->source, EPOLLIN);
	}
}

int output_open_pipe(struct output *output) {
	if (output->write_fd >= 0) {
		return output->write_fd;
	}
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) != 0) {
		return -1;
	}
	fd_set_nonblock(fds[0]); /* programs get a writing end that blocks, as they expect */
	output->source = loop_add_fd(output->loop, fds[0], EPOLLIN, handle_readable, output);
	if (output->source == NULL) {
		fd_close(&fds[0]);
		fd_close(&fds[1]);
		errno = ENOMEM;
		return -1;
	}
	output->read_fd = fds[0];
	output->write_fd = fds[1];
	output->taken = 0;
	output->line_len = 0;
	output->last_line[0] = '\0';
	return output->write_fd;
}

void output_close_pipe(struct output *output) {
	if (output->read_fd < 0) {
		return;
	}
	take_all(output);
	/* Whoever writes into the next pipe does not go on with this one's character. */
	char rest[OUTPUT_CLEAN_SIZE(0)];
	size_t length = output_clean_end(&output->cleaner, rest);
	write_log(output, rest, length);
	follow_lines(output, rest, length);
	follow_lines(output, "\n", 1);
	loop_remove(output->source);
	output->source = NULL;
	fd_close(&output->read_fd);
	fd_close(&output->write_fd);
}

/* ---- life ---- */

struct output *output_create(struct loop *loop, int directory_fd, const char *name) {
	struct output *output = xcalloc(1, sizeof(*output));
	output->loop = loop;
	output->directory_fd = directory_fd;
	output->name = xstrdup(name);
	output->old_name = xasprintf("%s.1", name);
	output->read_fd = output->write_fd = -1;
	output->pause = loop_add_timer(loop, handle_pause_over, output);
	if (!open_log(output)) {
		int saved_errno = errno;
		output_destroy(output);
		errno = saved_errno;
		return NULL;
	}
	return output;
}

void output_destroy(struct output *output) {
	if (output == NULL) {
		return;
	}
	output_close_pipe(output);
	loop_remove(output->pause);
	fd_close(&output->log_fd);
	free(output->name);
	free(output->old_name);
	free(output);
}

void output_note(struct output *output, const char *format, ...) {
	char text[LINE_SIZE * 2], line[LINE_SIZE * 2];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	utf8_copy_line(text, strlen(text), line, sizeof(line));
	if (output->read_fd >= 0 && output->taken < OUTPUT_RATE_MAX) {
		take_all(output);
	}
	if (output->line_len > 0) {
		write_log(output, "\n", 1);
		follow_lines(output, "\n", 1);
	}
	char *whole = xasprintf("-- %s\n", line);
	write_log(output, whole, strlen(whole));
	free(whole);
}

const char *output_last_line(struct output *output) {
	if (output->read_fd >= 0) {
		take_all(output);
	}
	return output->last_line;
}
