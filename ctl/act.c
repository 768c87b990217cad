#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ctl/act.h"
#include "ctl/apps.h"
#include "ctl/client.h"
#include "ctl/lines.h"
#include "ctl/text.h"

/* Longer than the supervisor's own patience, so that it is the one to say what went wrong. */
#define RUN_TIMEOUT_MS 230000 /* the sandbox, its network and its bus may have to start first, or a guest to boot */
#define STOP_TIMEOUT_MS 90000 /* the longest grace time, and then some for a guest */

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

/* Is it the name of a .desktop file? */
static bool is_entry(const char *word) {
	static const char suffix[] = ".desktop";
	size_t length = strlen(word);
	return length >= sizeof(suffix) && strcmp(word + length - (sizeof(suffix) - 1), suffix) == 0;
}

/* Sets the words to the command of a .desktop file of the instance's root. */
static int set_entry(struct control_words *request, const struct arguments *arguments) {
	struct places places;
	struct apps apps = { 0 };
	const struct app *found = NULL;
	const char *id = arguments->words[1];
	int code = places_find(arguments, &places);
	const struct config_instance *instance =
		code == EXIT_CODE_OK ? config_find_instance(places.loaded.config, request->name) : NULL;
	if (instance != NULL) {
		apps_find(&places, instance, &apps);
	}
	for (size_t i = 0; i < apps.len && found == NULL; i++) {
		found = strcmp(apps.list[i].id, id) == 0 ? &apps.list[i] : NULL;
	}
	if (code == EXIT_CODE_OK && found == NULL) {
		text_complain("%s has no app '%s': coffer apps lists them", request->name, id);
		code = EXIT_CODE_UNKNOWN;
	} else if (found != NULL && found->terminal) {
		text_complain("%s wants a terminal: run one with its command in it, such as foot %s", id, found->words[0]);
		code = EXIT_CODE_FAILED;
	} else if (found != NULL && !set_words(request, (const char *const *)found->words, found->words_len)) {
		code = EXIT_CODE_USAGE;
	}
	apps_finish(&apps);
	places_finish(&places);
	return code;
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
	if (arguments->words_len == 2 && is_entry(arguments->words[1])) {
		int code = set_entry(&message.request, arguments);
		if (code != EXIT_CODE_OK) {
			return code;
		}
	} else if (!set_words(&message.request, arguments->words + 1, arguments->words_len - 1)) {
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
