#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "config/check.h"
#include "ctl/check.h"
#include "ctl/text.h"
#include "wire/control.h"

static const char *find_home(void) {
	const char *home = getenv("HOME");
	if (home != NULL && home[0] == '/') {
		return home;
	}
	const struct passwd *person = getpwuid(getuid());
	return person != NULL ? person->pw_dir : NULL;
}

/* Where the executable that runs was installed with its default, else where it was configured to be. */
static char *find_default(void) {
	char *executable = realpath("/proc/self/exe", NULL), *path = NULL;
	if (executable != NULL) {
		*strrchr(executable, '/') = '\0';
		char *beside = xasprintf("%s/../share/cofferdam/default.scfg", executable);
		path = access(beside, R_OK) == 0 ? realpath(beside, NULL) : NULL;
		free(beside);
		free(executable);
	}
	return path != NULL ? path : xstrdup(COFFER_DATADIR "/default.scfg");
}

/* cofferdam(1), FILES: the person's own, else the default; by the same rule as cofferdam's. The caller frees it. */
static char *find_config(const char *home) {
	const char *config_home = getenv("XDG_CONFIG_HOME");
	char *path = NULL;
	if (config_home != NULL && config_home[0] == '/') {
		path = xasprintf("%s/cofferdam/config", config_home);
	} else if (home != NULL) {
		path = xasprintf("%s/.config/cofferdam/config", home);
	}
	if (path != NULL && access(path, F_OK) == 0) {
		return path;
	}
	free(path);
	return find_default();
}

/* The errors quote the file, which may hold anything. */
static void print_errors(const char *path, const struct config_errors *errors) {
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
	const char *home = find_home();
	char *path = arguments->words_len > 0 ? xstrdup(arguments->words[0]) : find_config(home);
	struct config_loaded loaded;
	struct config_errors errors = { 0 };
	int code = EXIT_CODE_OK;
	if (config_load(path, home, &loaded, &errors)) {
		config_loaded_finish(&loaded);
		char *clean = text_clean(path, strlen(path), TEXT_ONE_LINE, text_locale_is_utf8());
		printf("%s: no errors\n", clean);
		free(clean);
	} else {
		print_errors(path, &errors);
		code = EXIT_CODE_CONFIG;
	}
	config_errors_finish(&errors);
	free(path);
	return code;
}
