#ifndef INSTANCES_INITRAMFS_H
#define INSTANCES_INITRAMFS_H

#include <stddef.h>
#include <sys/types.h>

/* A file or directory of the first file system that a guest's kernel has. */
struct initramfs_file {
	const char *name; /* without a slash at its beginning; after that of its directory */
	mode_t mode; /* S_IFREG or S_IFDIR, and the permissions; root's */
	int fd; /* what is in it; of a directory, -1 */
};

/*
 * Packs them as a cpio archive in the format "newc" (the kernel's initramfs/buffer-format.rst), with nothing of the
 * time or the machine in it. Returns a sealed memfd, or -1 with errno set.
 */
int initramfs_create(const struct initramfs_file *files, size_t len);

#endif
