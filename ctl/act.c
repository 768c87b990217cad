#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ctl/act.h"
#include "ctl/client.h"
#include "ctl/lines.h"
#include "ctl/text.h"

/* Longer than the supervisor's own patience, so that it is the one to say what went wrong. */
#define RUN_TIMEOUT_MS 40000 /* the sandbox, its network and its bus may have to start first */
#define STOP_TIMEOUT_MS 70000 /* the longest grace time, and then some */

/* Packs words as wire/control.h wants them. */
static bool set_words(struct control_words *request, const char *const *words, size_t len) {
	size_t used = 0;
	for (size_t i = 0; i < len; i++) {
		size_t size = strlen(words[i]) + 1;
		if (i == CONTROL_WORDS_MAX || size > sizeof(request->words) - used) {
			text_complain("the command is too long, %d words and %d bytes at most: put it into a script",
				CONTROL_WORDS_MAX, CONTROL_WORDS_SIZE);
			return false;
		}
		memcpy(request->words + used, words[i], size);
		used += size;
	}
	request->words_len = (uint32_t)len;
	return true;
}

int act_run(const struct arguments *arguments) {
	struct control_message message = { .type = CONTROL_RUN };
	if (!lines_set_name(&message, arguments->words[0])) {
		return EXIT_CODE_UNKNOWN;
	}
	if (arguments->words[1][0] == '\0') {
		text_complain("the command is empty: name an app or a program");
		return EXIT_CODE_USAGE;
	}
	if (!set_words(&message.request, arguments->words + 1, arguments->words_len - 1)) {
		return EXIT_CODE_USAGE;
	}
	return lines_ask(&(struct client_request){ .message = &message, .timeout_ms = RUN_TIMEOUT_MS }, stdout);
}

int act_stop(const struct arguments *arguments) {
	struct control_message message = { .type = CONTROL_STOP };
	if (!lines_set_name(&message, arguments->words[0])) {
		return EXIT_CODE_UNKNOWN;
	}
	char *late = xasprintf(
		"%s has not stopped yet: coffer kill %s ends it at once", message.request.name, message.request.name);
	int code = lines_ask(
		&(struct client_request){
			.message = &message,
			.timeout_ms = STOP_TIMEOUT_MS,
			.late = late,
		},
		stdout);
	free(late);
	return code;
}

int act_kill(const struct arguments *arguments) {
	struct control_message message = { .type = CONTROL_KILL };
	if (!lines_set_name(&message, arguments->words[0])) {
		return EXIT_CODE_UNKNOWN;
	}
	return lines_ask(&(struct client_request){ .message = &message }, stdout);
}

int act_reload(const struct arguments *arguments) {
	struct control_message message = { .type = CONTROL_RELOAD };
	/* What it has to tell are the errors of the file. */
	return lines_ask(&(struct client_request){ .message = &message }, stderr);
}

int act_quit(const struct arguments *arguments) {
	struct control_message message = { .type = CONTROL_QUIT };
	return lines_ask(&(struct client_request){ .message = &message, .may_close = true }, stdout);
}

int act_clipboard_clear(const struct arguments *arguments) {
	struct control_message message = { .type = CONTROL_CLIPBOARD_CLEAR };
	return lines_ask(&(struct client_request){ .message = &message }, stdout);
}

int act_socket(const struct arguments *arguments) {
	struct control_message message = { .type = CONTROL_SOCKET };
	if (arguments->words_len > 0 && !lines_set_name(&message, arguments->words[0])) {
		return EXIT_CODE_UNKNOWN;
	}
	char path[CONTROL_TEXT_SIZE];
	int code = lines_ask_path(&message, path);
	if (code == EXIT_CODE_OK) {
		puts(path);
	}
	return code;
}
