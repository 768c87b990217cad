#include <stddef.h>
#include "base/name.h"

/* By hand, not by <ctype.h>: the locale has no say in what a name is. */
static bool is_lower(char c) {
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c) {
	return c >= '0' && c <= '9';
}

bool name_is_valid(const char *untrusted_name) {
	if (untrusted_name == NULL || !is_lower(untrusted_name[0])) {
		return false;
	}
	for (size_t i = 1; i < NAME_SIZE; i++) {
		char c = untrusted_name[i];
		if (c == '\0') {
			return true;
		}
		if (!is_lower(c) && !is_digit(c) && c != '-') {
			return false;
		}
	}
	return false;
}
