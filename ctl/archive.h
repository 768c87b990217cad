#ifndef CTL_ARCHIVE_H
#define CTL_ARCHIVE_H

/* A backup as one file: tar(1) through zstd(1). Each returns false, and has said what is wrong. */

#include <stdbool.h>

/* Packs all that is in directory_fd. out_fd: an empty file. */
bool archive_pack(int directory_fd, int out_fd);

/*
 * Unpacks into an empty directory. What is in the file is not believed: tar runs in a sandbox of its own that can write to
 * this directory alone, and no more is unpacked than leaves a tenth of the disk's room free.
 */
bool archive_unpack(int in_fd, int directory_fd);

#endif
