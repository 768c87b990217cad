#ifndef CLIPBOARD_PUMP_H
#define CLIPBOARD_PUMP_H

/*
 * Bytes in and out of a snapshot without ever waiting. The pumps know no event loop and no clock: their owner
 * polls the descriptor (level-triggered), calls step when it is ready, and gives up when time is up. The peer is
 * hostile: it may write or read a byte at a time, never, or for ever. One step is bounded work whatever the peer
 * does (PUMP_STEP_MAX bytes, a handful of system calls), checks and normalisation included, so that nothing is
 * left to do in one go at the end.
 *
 * The process must ignore SIGPIPE: a destination that closes early would else end it.
 */

#include <stdint.h>
#include "clipboard/snapshot.h"
#include "clipboard/transfer.h"
#include "clipboard/types.h"

#define PUMP_STEP_MAX (256 * 1024)

enum pump_result {
	PUMP_AGAIN,     /* poll, and step again */
	PUMP_DONE,
	PUMP_TOO_LARGE, /* in only: there is more than the limit */
	PUMP_ERROR,     /* the descriptor is of no use, the peer closed (out), or memory ran out */
};

/* ---- in: from the source's pipe ---- */
struct pump_in;

/*
 * Takes over the read end of a pipe that is ours alone, polled for POLLIN. limit: bytes at most, and what the pump
 * holds in memory stays within it. kind says how the bytes are checked as they come. Returns NULL, with fd
 * closed, where the kernel gives no memory.
 */
struct pump_in *pump_in_create(int fd, enum clip_kind kind, uint64_t limit);
int pump_in_get_fd(const struct pump_in *pump); /* borrowed */
/*
 * PUMP_DONE where the source has closed, or where it is already clear that the bytes are not what they
 * should be: pump_in_seal() tells. Once it is not PUMP_AGAIN the answer stays.
 */
enum pump_result pump_in_step(struct pump_in *pump);
/* Bytes that the source has delivered so far. */
uint64_t pump_in_get_size(const struct pump_in *pump);
/*
 * After PUMP_DONE, once: a memfd sealed against every change, the caller's, and *size its bytes, at least 1. Text is
 * normalised (text.h), a PNG is valid (png.h), CLIP_OTHER is as it came. Or -1 and *refusal: REFUSED_BROKEN,
 * REFUSED_BAD_CONTENT, REFUSED_TOO_LARGE.
 */
int pump_in_seal(struct pump_in *pump, uint64_t *size, enum transfer_refusal *refusal);
void pump_in_destroy(struct pump_in *pump); /* NULL is allowed */

/* ---- out: into the destination's pipe ---- */
struct pump_out;

/*
 * Takes over fd, the write end as a client sent it, polled for POLLOUT, and a reference to the snapshot of its own. The
 * client shares that end's flags and can change them at any time, so they are neither relied on nor touched:
 * every write says by itself that it does not wait, which Linux offers for pipes and sockets. Any other kind of
 * descriptor (a file can lie on a file system that the client serves itself, and make a write wait for ever) is
 * PUMP_ERROR at the first step.
 */
struct pump_out *pump_out_create(struct snapshot *snapshot, size_t index, int fd);
int pump_out_get_fd(const struct pump_out *pump); /* borrowed */
/* PUMP_DONE where every byte has been handed to the kernel. Destroy the pump then: closing is what tells the reader. */
enum pump_result pump_out_step(struct pump_out *pump);
void pump_out_destroy(struct pump_out *pump); /* NULL is allowed */

#endif
