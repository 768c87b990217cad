#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "config/check.h"
#include "config/find.h"
#include "ctl/check.h"
#include "ctl/text.h"
#include "wire/control.h"

const char *check_find_home(void) {
	const char *home = getenv("HOME");
	if (home != NULL && home[0] == '/') {
		return home;
	}
	const struct passwd *person = getpwuid(getuid());
	return person != NULL ? person->pw_dir : NULL;
}

void check_print_errors(const char *path, const struct config_errors *errors) {
	char *text = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&text, &length);
	if (memory == NULL) {
		text_complain("out of memory");
		return;
	}
	config_errors_print(memory, path, errors);
	fclose(memory);
	char *clean = text_clean(text, length, TEXT_MANY_LINES, text_locale_is_utf8());
	fputs(clean, stderr);
	free(clean);
	free(text);
}

int check_file(const struct arguments *arguments) {
	const char *home = check_find_home();
	char *path = arguments->words_len > 0 ? xstrdup(arguments->words[0]) : config_find(home);
	struct config_loaded loaded;
	struct config_errors errors = { 0 };
	int code = EXIT_CODE_OK;
	if (config_load(path, home, &loaded, &errors)) {
		config_loaded_finish(&loaded);
		char *clean = text_clean(path, strlen(path), TEXT_ONE_LINE, text_locale_is_utf8());
		printf("%s: no errors\n", clean);
		free(clean);
	} else {
		check_print_errors(path, &errors);
		code = EXIT_CODE_CONFIG;
	}
	config_errors_finish(&errors);
	free(path);
	return code;
}
