#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/question.h"
#include "ctl/text.h"

bool question_ask(const char *format, ...) {
	char *text = NULL, answer[16] = "";
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		text_complain("out of memory");
		return false;
	}
	char *clean = text_clean(text, (size_t)length, TEXT_ONE_LINE, text_locale_is_utf8());
	free(text);
	bool can_ask = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	if (can_ask) {
		fprintf(stderr, "%s? [y/N] ", clean);
		fflush(stderr);
		if (fgets(answer, sizeof(answer), stdin) == NULL) {
			answer[0] = '\0';
		}
	} else {
		text_complain("%s? There is nobody to ask: say --yes", clean);
	}
	free(clean);
	return strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0;
}
