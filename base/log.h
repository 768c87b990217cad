#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * Lines on stderr, one event each: "HH:MM:SS.mmm level program: text". Bytes that came from a client or an
 * instance are passed through log_quote() first, so that a terminal or a log reader is never steered by them.
 * errno survives a call.
 */

#include <stddef.h>

enum log_level {
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG,
};

/* Sets the program's name (kept, not copied) and the most detailed level printed. */
void log_init(const char *program, enum log_level level);

enum log_level log_get_level(void);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

/*
 * Writes a printable ASCII form of untrusted bytes into out (size bytes, always terminated): what is not
 * printable ASCII, and the backslash, becomes \xNN, and what does not fit is cut. Returns out.
 */
const char *log_quote(const char *untrusted_text, size_t length, char *out, size_t size);

#endif
