/*
 * Stands before a program in a root that has no system: starts PROGRAM.real, beside itself, by the dynamic linker and with
 * the libraries of ../../lib. Static.
 */

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
	char self[PATH_MAX], real[PATH_MAX + 8], libraries[PATH_MAX + 16], linker[PATH_MAX + 32];
	char *words[64] = { linker, "--library-path", libraries, "--argv0", argv[0], real };
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (length <= 0 || argc > 50) {
		return 127;
	}
	self[length] = '\0';
	snprintf(real, sizeof(real), "%s.real", self);
	for (int i = 0; i < 3; i++) {
		*strrchr(self, '/') = '\0';
	}
	snprintf(libraries, sizeof(libraries), "%s/lib", self);
	snprintf(linker, sizeof(linker), "%s/linker", libraries);
	memcpy(words + 6, argv + 1, (size_t)argc * sizeof(*argv));
	execv(linker, words);
	perror(linker);
	return 127;
}
