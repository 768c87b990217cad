#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/fd.h"
#include "instances/initramfs.h"

#define FILE_SIZE_MAX (64 * 1024 * 1024)

/* Everything in it begins at a multiple of four bytes. */
static void pad(FILE *out, size_t length) {
	static const char zeros[4];
	fwrite(zeros, 1, (4 - length % 4) % 4, out);
}

static void put(FILE *out, const char *name, unsigned int number, mode_t mode, const char *content, size_t size) {
	size_t name_size = strlen(name) + 1;
	unsigned int links = S_ISDIR(mode) ? 2 : 1;
	/* magic; inode, mode, uid, gid, links, time, size; devices of the file and of what it stands for; name, check */
	int header = fprintf(out, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", number, (unsigned int)mode,
		0, 0, links, 0, size, 0, 0, 0, 0, name_size, 0);
	fwrite(name, 1, name_size, out);
	pad(out, (header > 0 ? (size_t)header : 0) + name_size);
	fwrite(content, 1, size, out);
	pad(out, size);
}

/* Returns 0, or errno where what is in it cannot be read. */
static int put_file(FILE *out, const struct initramfs_file *file, unsigned int number) {
	size_t size = 0;
	if (file->fd < 0) {
		put(out, file->name, number, file->mode, "", 0);
		return 0;
	}
	char *content = fd_read_all(file->fd, FILE_SIZE_MAX, &size);
	if (content == NULL) {
		return errno;
	}
	put(out, file->name, number, file->mode, content, size);
	free(content);
	return 0;
}

int initramfs_create(const struct initramfs_file *files, size_t len) {
	char *archive = NULL;
	size_t archive_size = 0;
	int result = -1, error = 0;
	FILE *out = open_memstream(&archive, &archive_size);
	if (out == NULL) {
		return -1;
	}
	for (size_t i = 0; i < len && error == 0; i++) {
		error = put_file(out, &files[i], (unsigned int)i + 1);
	}
	put(out, "TRAILER!!!", 0, 0, "", 0);
	if (fclose(out) != 0 && error == 0) {
		error = errno;
	}
	if (error == 0) {
		result = fd_sealed_memfd("initrd", archive, archive_size);
		error = errno;
	}
	free(archive);
	errno = error;
	return result;
}
