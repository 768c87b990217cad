#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <fcntl.h>

#include "base/fd.h"
#include "base/memory.h"
#include "ctl/program.h"
#include "ctl/restic.h"
#include "ctl/text.h"

#define NO_REPOSITORY 10 /* restic's exit codes */
#define WRONG_PASSWORD 12

/* restic -r REPOSITORY, then these; the list is NULL-terminated. */
static int run(const char *repository, int directory_fd, bool silent, const char *const *words) {
	size_t len = 0;
	while (words[len] != NULL) {
		len++;
	}
	const char **argv = xcalloc(len + 4, sizeof(*argv));
	argv[0] = "restic";
	argv[1] = "--repo";
	argv[2] = repository;
	memcpy(argv + 3, words, len * sizeof(*argv));
	int null_fd = silent ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
	int code = program_run(&(struct program){ argv, directory_fd, -1, null_fd });
	fd_close(&null_fd);
	free(argv);
	return code;
}

/* A password of the person's, typed unseen. */
static bool ask_password(void) {
	char password[1024];
	struct termios before, silent;
	if (getenv("RESTIC_PASSWORD") != NULL || getenv("RESTIC_PASSWORD_FILE") != NULL ||
		getenv("RESTIC_PASSWORD_COMMAND") != NULL) {
		return true;
	}
	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0) {
		text_complain("there is nobody to ask for the repository's password: set RESTIC_PASSWORD_FILE");
		return false;
	}
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	fputs("Password of the repository: ", stderr);
	fflush(stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	char *line = fgets(password, sizeof(password), stdin);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	fputc('\n', stderr);
	if (line == NULL) {
		return false;
	}
	/* analyzer: fgets() has terminated it within its size */
	password[strcspn(password, "\n")] = '\0';
	setenv("RESTIC_PASSWORD", password, 1); /* for restic alone: nothing else is started */
	explicit_bzero(password, sizeof(password));
	return true;
}

bool restic_prepare(const char *repository, bool make) {
	if (!ask_password()) {
		return false;
	}
	int code = run(repository, -1, true, (const char *const[]){ "--quiet", "cat", "config", NULL });
	if (code == NO_REPOSITORY && make) {
		return run(repository, -1, false, (const char *const[]){ "init", NULL }) == 0;
	}
	if (code == WRONG_PASSWORD) {
		text_complain("this is not the password of %s", repository);
	} else if (code > 0) {
		text_complain("%s cannot be opened by restic (%d)", repository, code);
	}
	return code == 0;
}

bool restic_backup(const char *repository, const char *tag, int directory_fd, const char *const *paths, size_t paths_len,
	bool anew) {
	const char **words = xcalloc(paths_len + 6, sizeof(*words));
	size_t len = 0;
	words[len++] = "backup";
	words[len++] = "--tag";
	words[len++] = tag;
	if (anew) {
		words[len++] = "--force";
	}
	words[len++] = "--";
	for (size_t i = 0; i < paths_len; i++) {
		words[len++] = paths[i];
	}
	int code = run(repository, directory_fd, false, words);
	free(words);
	if (code == 3) {
		text_complain("restic could not read all: the snapshot is not complete");
	}
	return code == 0;
}

bool restic_restore(const char *repository, const char *tag, const char *path, const char *const *names, size_t names_len) {
	const char **words = xcalloc(names_len * 2 + 8, sizeof(*words));
	char **includes = xcalloc(names_len + 1, sizeof(*includes));
	size_t len = 0;
	words[len++] = "restore";
	words[len++] = "latest";
	words[len++] = "--tag";
	words[len++] = tag;
	words[len++] = "--target";
	words[len++] = path;
	for (size_t i = 0; i < names_len; i++) {
		includes[i] = xasprintf("/%s", names[i]);
		words[len++] = "--include";
		words[len++] = includes[i];
	}
	int code = run(repository, -1, false, words);
	for (size_t i = 0; i < names_len; i++) {
		free(includes[i]);
	}
	free(includes);
	free(words);
	return code == 0;
}

bool restic_check(const char *repository) {
	return run(repository, -1, false, (const char *const[]){ "check", "--read-data", NULL }) == 0;
}
