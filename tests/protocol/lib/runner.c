#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "tests/protocol/lib/process.h"
#include "tests/protocol/lib/test_private.h"

static double time_factor(void) {
	const char *text = getenv("TEST_TIMEOUT_FACTOR");
	double factor = text != NULL ? strtod(text, NULL) : 1;
	return factor >= 0.1 && factor <= 100 ? factor : 1;
}

/* Removes a directory and what is in it, following no link. */
static void remove_tree(int parent, const char *name) {
	if (unlinkat(parent, name, 0) == 0 || (errno != EISDIR && errno != EPERM)) {
		return;
	}
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		return;
	}
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			remove_tree(dirfd(dir), entry->d_name);
		}
	}
	if (dir != NULL) {
		closedir(dir);
	}
	unlinkat(parent, name, AT_REMOVEDIR);
}

enum result { PASSED, FAILED, SKIPPED };

static enum result run_in_child(const char *program, const struct test_case *current, double factor) {
	/* Short: a socket's path has to fit into 108 bytes. */
	char directory[] = "/tmp/cfd-XXXXXX";
	if (mkdtemp(directory) == NULL) {
		printf("# cannot make %s: %s\n", directory, strerror(errno));
		return FAILED;
	}
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		struct test *test = test_create(program, current, directory, factor);
		int status = test_run_and_destroy(test);
		fflush(NULL);
		/* Without the leak checker: what a client leaves to the end of its process is no fault. */
		_exit(status);
	}
	int status = 0;
	bool ended = pid > 0 && process_wait(pid, (int64_t)(TEST_CASE_TIMEOUT_MS * factor), &status);
	if (!ended) {
		printf("# %sdid not end within %.0f s\n", test_is_on_peer() ? "not measured: " : "", TEST_CASE_TIMEOUT_MS * factor / 1000);
		if (pid > 0) {
			process_kill_tree(pid);
		}
	} else if (WIFSIGNALED(status)) {
		printf("# ended by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
	}
	/* What a failed case left running is ours now. */
	process_kill_descendants();
	remove_tree(AT_FDCWD, directory);
	if (ended && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		return PASSED;
	}
	return ended && WIFEXITED(status) && WEXITSTATUS(status) == TEST_EXIT_SKIPPED ? SKIPPED : FAILED;
}

int test_main(int argc, char **argv, const struct test_case *cases, size_t cases_len) {
	const char *slash = strrchr(argv[0], '/');
	const char *program = slash != NULL ? slash + 1 : argv[0];
	size_t only = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	double factor = time_factor();
	process_adopt_orphans();
	bool all_passed = true;
	printf("1..%zu\n", only != 0 ? (size_t)1 : cases_len);
	size_t number = 0;
	for (size_t i = 0; i < cases_len; i++) {
		if (only != 0 && only != i + 1) {
			continue;
		}
		int64_t begin = test_now();
		number++;
		if (test_is_on_peer() && cases[i].where == OURS_ONLY) {
			printf("ok %zu - %s # SKIP ours only\n", number, cases[i].name);
			continue;
		}
		enum result result = run_in_child(program, &cases[i], factor);
		all_passed &= result != FAILED;
		printf("%s %zu - %s%s\n", result != FAILED ? "ok" : "not ok", number, cases[i].name,
			result == SKIPPED ? " # SKIP" : "");
		printf("# %.2f s\n", (double)(test_now() - begin) / 1000);
		fflush(stdout);
	}
	if (number == 0) {
		printf("# there is no case %zu: there are %zu\n", only, cases_len);
		return 1;
	}
	return all_passed ? 0 : 1;
}
