/*
 * What `coffer audit` takes a file for that an instance keeps. The input is lines: a letter for what it is ("f" a
 * file, "x" one that may be executed, "s" setuid, "l" a link, "d" a device) and its path; a link's target; then the
 * file's first bytes. Whatever it is called, what can run or leads out is told, and no byte that is no text hides
 * it.
 */

#include <locale.h>
#include <string.h>
#include "base/memory.h"
#include "ctl/audit.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tree.h"

#define HEAD_MAX 16

int LLVMFuzzerInitialize(int *argc, char ***argv) {
	FUZZ_CHECK(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	return 0;
}

static mode_t find_mode(char letter) {
	static const struct {
		char letter;
		mode_t mode;
	} modes[] = { { 'x', S_IFREG | 0755 }, { 's', S_IFREG | 04644 }, { 'l', S_IFLNK | 0777 }, { 'd', S_IFBLK | 0600 },
		{ 'o', S_IFDIR | 0755 } };
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (modes[i].letter == letter) {
			return modes[i].mode;
		}
	}
	return S_IFREG | 0644;
}

/* As a walk's: names with one slash between two, none of them dots. */
static bool is_walked(const char *path) {
	for (const char *at = path;; at++) {
		size_t length = strcspn(at, "/");
		if (length == 0 || (length <= 2 && strspn(at, ".") >= length)) {
			return false;
		}
		at += length;
		if (*at == '\0') {
			return true;
		}
	}
}

/* Followed name by name, were all of them directories. */
static bool leaves(const char *path, const char *target) {
	long depth = 0;
	for (const char *c = path; *c != '\0'; c++) {
		depth += *c == '/';
	}
	for (const char *at = target; *at != '\0' && depth >= 0;) {
		size_t length = strcspn(at, "/");
		if (length == 2 && strncmp(at, "..", 2) == 0) {
			depth--;
		} else if (length > 0 && !(length == 1 && at[0] == '.')) {
			depth++;
		}
		at += length + (at[length] == '/');
	}
	return target[0] == '/' || depth < 0;
}

static void check_same(const char *a, const char *b) {
	FUZZ_CHECK((a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0));
}

static void check(const char *path, mode_t mode, const char *head, size_t head_length, const char *target) {
	static const char kinds[] = "startup key setuid device executable script link";
	const char *kind = audit_classify(path, mode, head, head_length, target);
	FUZZ_CHECK(kind == NULL || strstr(kinds, kind) != NULL);
	bool runs = S_ISREG(mode) && ((mode & 06111) != 0 || (head_length >= 2 && strncmp(head, "#!", 2) == 0));
	FUZZ_CHECK(kind != NULL || !(runs || S_ISBLK(mode) || (S_ISLNK(mode) && leaves(path, target))));
	FUZZ_CHECK(!S_ISDIR(mode) || kind == NULL);

	/* No name that we look for has such bytes, so that others in their place change nothing. */
	char *plain = xstrdup(path);
	for (char *c = plain; *c != '\0'; c++) {
		*c = (unsigned char)*c >= 0x80 || (unsigned char)*c < 0x20 ? '~' : *c;
	}
	check_same(kind, audit_classify(plain, mode, head, head_length, target));
	/* And what lies in there is started whatever its name is. */
	char *started = xasprintf(".config/autostart/%s", strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path);
	kind = audit_classify(started, S_IFREG | 0644, "", 0, "");
	FUZZ_CHECK(kind != NULL && strcmp(kind, "startup") == 0);
	free(started);
	free(plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char *text = xcalloc(size + 1, 1), *rest = text;
	if (size > 0) {
		memcpy(text, data, size);
	}
	const char *path = tree_next_line(&rest), *target = tree_next_line(&rest);
	size_t length = size - (size_t)(rest - text);
	if (path[0] != '\0' && is_walked(path + 1) && strlen(path) < 4096) {
		check(path + 1, find_mode(path[0]), rest, length < HEAD_MAX ? length : HEAD_MAX, target);
	}
	free(text);
	return 0;
}
