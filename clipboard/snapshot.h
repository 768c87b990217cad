#ifndef CLIPBOARD_SNAPSHOT_H
#define CLIPBOARD_SNAPSHOT_H

/*
 * What was taken: for each type a memfd sealed against every change. Immutable and counted: the holder, each
 * selection that still serves it, and each pump that still writes it, own a reference. Not thread-safe.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "clipboard/types.h"

struct snapshot;

/* With one reference, the caller's. */
struct snapshot *snapshot_create(void);
struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot); /* NULL is allowed */

/*
 * Takes over a memfd of size bytes as pump_in_seal() returns it, and copies mime. Returns false, with the memfd
 * closed, where it is not sealed or not of that size: what could still change is never held.
 */
bool snapshot_add(struct snapshot *snapshot, enum clip_kind kind, const char *mime, int memfd, uint64_t size);

size_t snapshot_get_len(const struct snapshot *snapshot);
/* For an index below snapshot_get_len(); the name is borrowed. */
const char *snapshot_get_mime(const struct snapshot *snapshot, size_t index);
enum clip_kind snapshot_get_kind(const struct snapshot *snapshot, size_t index);
uint64_t snapshot_get_size(const struct snapshot *snapshot); /* all types together, bytes */

/* The index that serves this MIME name (canonical, or an alias by types_aliases()), or -1. */
int snapshot_find(const struct snapshot *snapshot, const char *untrusted_mime);

/*
 * The sealed memfd, borrowed, and its size. It may be mapped for reading: being sealed it can't shrink underneath.
 * Its file offset is shared by all who use it, so read it by pread().
 */
int snapshot_get_fd(const struct snapshot *snapshot, size_t index, uint64_t *size);

#endif
