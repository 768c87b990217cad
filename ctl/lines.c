#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/name.h"
#include "ctl/lines.h"
#include "ctl/text.h"

bool lines_set_name(struct control_message *message, const char *untrusted_name) {
	if (!name_is_valid(untrusted_name)) {
		text_complain("no instance can be called '%s': coffer ps lists them", untrusted_name);
		return false;
	}
	return copy_string(message->request.name, sizeof(message->request.name), untrusted_name);
}

static bool show_line(void *data, const struct control_message *answer) {
	if (answer->type != CONTROL_LINE) {
		return false;
	}
	const char *text = answer->line.text;
	char *clean = text_clean(text, strlen(text), TEXT_ONE_LINE, text_locale_is_utf8());
	fprintf(data, "%s\n", clean);
	free(clean);
	return true;
}

int lines_ask(const struct client_request *request, FILE *out) {
	struct client_request whole = *request;
	whole.answer = show_line;
	whole.data = out;
	return client_ask(&whole);
}

/* The path is printed and opened as it is: control_decode() has seen to it that no control character is in it. */
static bool take_path(void *data, const struct control_message *answer) {
	char *path = data;
	if (answer->type != CONTROL_LINE || path[0] != '\0' || answer->line.text[0] != '/') {
		return false;
	}
	return copy_string(path, CONTROL_TEXT_SIZE, answer->line.text);
}

int lines_ask_path(struct control_message *message, char path[CONTROL_TEXT_SIZE]) {
	path[0] = '\0';
	int code = client_ask(&(struct client_request){ .message = message, .answer = take_path, .data = path });
	if (code == EXIT_CODE_OK && path[0] == '\0') {
		text_complain("the session's answer has no path in it: use the coffer that came with this cofferdam");
		return EXIT_CODE_FAILED;
	}
	return code;
}
