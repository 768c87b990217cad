#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"

#define LINE_SIZE 2048

/* A log is the one thing that every file needs and none should have to be handed. */
static struct {
	const char *program;
	enum log_level level;
} state = {
	.program = "cofferdam",
	.level = LOG_INFO,
};

static const char *const level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warning",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

void log_init(const char *program, enum log_level level) {
	state.program = program;
	state.level = level;
	/* Read the zone file now: later this process may not be able to open it. */
	tzset();
}

enum log_level log_get_level(void) {
	return state.level;
}

/*
 * Whoever forgot log_quote() still gets one line without terminal sequences: C0 controls and DEL, and C1
 * controls in their UTF-8 form, become question marks.
 */
static void clean_line(char *line, size_t length) {
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)line[i];
		if (c < 0x20 || c == 0x7f) {
			line[i] = '?';
		} else if (c == 0xc2 && i + 1 < length && (unsigned char)line[i + 1] >= 0x80 &&
			(unsigned char)line[i + 1] < 0xa0) {
			line[i] = line[i + 1] = '?';
		}
	}
}

/* What snprintf() returned, as the number of bytes that are in the buffer. */
static size_t written(int result, size_t room) {
	if (result < 0) {
		return 0;
	}
	return (size_t)result < room ? (size_t)result : room - 1;
}

static void write_all(const char *data, size_t length) {
	while (length > 0) {
		ssize_t n = write(STDERR_FILENO, data, length);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return; /* there is nowhere left to say so */
		}
		data += n;
		length -= (size_t)n;
	}
}

void log_write(enum log_level level, const char *format, ...) {
	if (level > state.level) {
		return;
	}
	int saved_errno = errno;

	struct timespec now;
	struct tm local = { 0 };
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &local);

	/* One byte is kept for the newline: the line goes out in one write, so that two processes never mix. */
	char line[LINE_SIZE];
	size_t room = sizeof(line) - 1;
	size_t length = written(snprintf(line, room, "%02d:%02d:%02d.%03ld %s %s: ", local.tm_hour, local.tm_min,
								local.tm_sec, now.tv_nsec / 1000000, level_names[level], state.program),
		room);

	va_list arguments;
	va_start(arguments, format);
	length += written(vsnprintf(line + length, room - length, format, arguments), room - length);
	va_end(arguments);

	clean_line(line, length);
	line[length++] = '\n';
	write_all(line, length);
	errno = saved_errno;
}

const char *log_quote(const char *untrusted_text, size_t length, char *out, size_t size) {
	static const char digits[] = "0123456789abcdef";
	size_t used = 0;

	if (size == 0) {
		return out;
	}
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)untrusted_text[i];
		/* The backslash too, or "\x41" in the log could be either. */
		bool plain = c >= 0x20 && c < 0x7f && c != '\\';
		size_t needed = plain ? 1 : 4;
		if (used + needed >= size) {
			break;
		}
		if (plain) {
			out[used++] = (char)c;
			continue;
		}
		out[used++] = '\\';
		out[used++] = 'x';
		out[used++] = digits[c >> 4];
		out[used++] = digits[c & 0xf];
	}
	out[used] = '\0';
	return out;
}
