#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/memory.h"

static void *checked(void *pointer) {
	if (pointer == NULL) {
		log_error("out of memory");
		abort();
	}
	return pointer;
}

void *xcalloc(size_t count, size_t size) {
	/* Nothing asked for still gets an address, so that NULL always means exhaustion. */
	return checked(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *xrealloc_array(void *pointer, size_t count, size_t size) {
	return checked(reallocarray(pointer, count > 0 ? count : 1, size > 0 ? size : 1));
}

char *xstrdup(const char *text) {
	return checked(strdup(text));
}

char *xstrndup(const char *text, size_t length) {
	return checked(strndup(text, length));
}

char *xasprintf(const char *format, ...) {
	char *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	return checked(length < 0 ? NULL : text);
}

bool copy_string(char *out, size_t size, const char *text) {
	size_t length = strnlen(text, size);
	bool whole = length < size;
	if (!whole) {
		length = size - 1;
		/* Back to the start of a character, so that UTF-8 stays UTF-8. */
		while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) {
			length--;
		}
	}
	memcpy(out, text, length);
	out[length] = '\0';
	return whole;
}
