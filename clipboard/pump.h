#ifndef CLIPBOARD_PUMP_H
#define CLIPBOARD_PUMP_H

/*
 * Bytes in and out of a snapshot without ever blocking. The pumps know no event loop: their owner polls the
 * descriptor and calls step when it is ready.
 */

#include <stddef.h>
#include <stdint.h>
#include "clipboard/transfer.h"
#include "clipboard/types.h"

/* ---- in: from the source's pipe ---- */
struct pump_in;

/* Takes over the read end of a pipe. limit: bytes at most. */
struct pump_in *pump_in_create(int fd, uint64_t limit);
int pump_in_get_fd(const struct pump_in *pump);
enum pump_result { PUMP_AGAIN, PUMP_DONE, PUMP_TOO_LARGE, PUMP_ERROR };
/* Reads what is there, at most 256 KiB a call. */
enum pump_result pump_in_step(struct pump_in *pump);
uint64_t pump_in_get_size(const struct pump_in *pump);
/* After PUMP_DONE: checks and normalises by kind, and returns a sealed memfd (*size its bytes), or -1 and *refusal. */
int pump_in_seal(struct pump_in *pump, enum clip_kind kind, uint64_t *size, enum transfer_refusal *refusal);
void pump_in_destroy(struct pump_in *pump);

/* ---- the snapshot ---- */
/* Immutable and counted: the holder, and each selection that still serves it, own a reference. */
struct snapshot;
struct snapshot *snapshot_create(void);
struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot); /* NULL is allowed */
/* Takes over a sealed memfd. */
void snapshot_add(struct snapshot *snapshot, enum clip_kind kind, const char *mime, int memfd, uint64_t size);
size_t snapshot_get_len(const struct snapshot *snapshot);
const char *snapshot_get_mime(const struct snapshot *snapshot, size_t index);
enum clip_kind snapshot_get_kind(const struct snapshot *snapshot, size_t index);
uint64_t snapshot_get_size(const struct snapshot *snapshot); /* all types */
/* The index that serves this MIME name (canonical or alias), or -1. */
int snapshot_find(const struct snapshot *snapshot, const char *untrusted_mime);
/* The sealed memfd, borrowed, and its size. */
int snapshot_get_fd(const struct snapshot *snapshot, size_t index, uint64_t *size);

/* ---- out: into the destination's pipe ---- */
struct pump_out;
/* Takes over fd (made non-blocking) and a reference to the snapshot. */
struct pump_out *pump_out_create(struct snapshot *snapshot, size_t index, int fd);
int pump_out_get_fd(const struct pump_out *pump);
enum pump_result pump_out_step(struct pump_out *pump);
void pump_out_destroy(struct pump_out *pump);

#endif
