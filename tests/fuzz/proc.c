/*
 * What the kernel, bwrap and pasta tell of processes and cgroups, where a program's own name stands in between. The
 * first line of the input is that name. Whatever it is, it is not taken for anything else; and of any text, what is
 * accepted is in it.
 */

#include <limits.h>
#include <string.h>
#include "base/memory.h"
#include "instances/bubblewrap.h"
#include "instances/cgroups.h"
#include "instances/process.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tree.h"

/* As proc_pid_stat(5) has it. */
static void check_name(const char *name) {
	static const char states[] = "RSDZTtX";
	for (size_t i = 0; i < sizeof(states) - 1; i++) {
		char *stat = xasprintf("4711 (%s) %c 34 4711 4711 0 -1 4194304 100 0 0\n", name, states[i]);
		struct process process;
		FUZZ_CHECK(process_parse(stat, &process));
		FUZZ_CHECK(process.pid == 4711 && process.parent == 34);
		FUZZ_CHECK(process.is_zombie == (states[i] == 'Z' || states[i] == 'X'));
		free(stat);
	}
}

static void check_cgroups(const char *text) {
	char *path = cgroups_parse_path(text), *point = NULL, *root = NULL;
	if (path != NULL) {
		char *line = xasprintf("0::%s", path);
		FUZZ_CHECK(path[0] == '/' && strchr(path, '\n') == NULL && strstr(text, line) != NULL);
		free(line);
	}
	if (cgroups_parse_mount(text, &point, &root)) {
		FUZZ_CHECK(point[0] != '\0' && point[strcspn(point, " \n\\")] == '\0' && strstr(text, point) != NULL);
		FUZZ_CHECK(root[0] != '\0' && root[strcspn(root, " \n")] == '\0' && strstr(text, root) != NULL);
		FUZZ_CHECK(strstr(text, " - cgroup2 ") != NULL);
	} else {
		FUZZ_CHECK(point == NULL && root == NULL);
	}
	FUZZ_CHECK(cgroups_parse_version(text) >= 0);
	FUZZ_CHECK(strstr(text, "oom_kill ") != NULL || cgroups_parse_count(text, "oom_kill") == 0);

	char *copy = xstrdup(text), *save = NULL;
	bool has = false;
	for (char *word = strtok_r(copy, " \n", &save); word != NULL; word = strtok_r(NULL, " \n", &save)) {
		has = has || strcmp(word, "pids") == 0;
	}
	FUZZ_CHECK(cgroups_has_word(text, "pids") == has);
	free(copy);
	free(path);
	free(point);
	free(root);
}

static void check_pids(const char *text) {
	pid_t pid = process_parse_pid(text);
	FUZZ_CHECK(pid == 0 || pid > 1);
	if (pid > 0) {
		char digits[16];
		snprintf(digits, sizeof(digits), "%d", (int)pid);
		FUZZ_CHECK(strncmp(text, digits, strlen(digits)) == 0);
		FUZZ_CHECK(strspn(text, "0123456789") == strlen(digits));
	}
	char *info = xasprintf("{\n    \"child-pid\": %s", text);
	FUZZ_CHECK(strspn(text, " \t\n") > 0 || bubblewrap_parse_info(info) == pid);
	free(info);
	FUZZ_CHECK(bubblewrap_parse_info(text) >= 0 && bubblewrap_parse_info(text) != 1);
	struct process process;
	FUZZ_CHECK(!process_parse(text, &process) || (process.pid > 0 && process.parent >= 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char *text = xcalloc(size + 1, 1), *rest = text;
	if (size > 0) {
		memcpy(text, data, size);
	}
	const char *name = tree_next_line(&rest);
	check_name(name);
	check_pids(name);
	check_pids(rest);
	check_cgroups(rest);
	free(text);
	return 0;
}
