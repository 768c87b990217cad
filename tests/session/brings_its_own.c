/*
 * Stands before a program in a root that has no system: starts PROGRAM.real, beside itself, with the libraries of
 * ../../lib. Static.
 */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
	char self[PATH_MAX], real[PATH_MAX + 8], libraries[PATH_MAX + 8];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (length <= 0) {
		return 127;
	}
	self[length] = '\0';
	snprintf(real, sizeof(real), "%s.real", self);
	for (int i = 0; i < 3; i++) {
		*strrchr(self, '/') = '\0';
	}
	snprintf(libraries, sizeof(libraries), "%s/lib", self);
	setenv("LD_LIBRARY_PATH", libraries, 1);
	execv(real, argv);
	perror(real);
	return 127;
}
