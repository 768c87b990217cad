/* For a root of its own, in which there is nothing else: prints the files it is given. Static. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
	for (int i = 1; i < argc; i++) {
		char text[4096];
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
		ssize_t n = fd >= 0 ? read(fd, text, sizeof(text)) : -1;
		if (n < 0) {
			printf("%s: %s\n", argv[i], strerror(errno));
		} else {
			printf("%.*s", (int)n, text);
		}
	}
	return 0;
}
