#ifndef COMPOSITOR_FETCH_H
#define COMPOSITOR_FETCH_H

/* A source's selection, fetched into a snapshot: all picked types at once, each by a pipe, none of them waited for. */

#include <wlr/types/wlr_data_device.h>
#include "clipboard/snapshot.h"
#include "clipboard/transfer.h"
#include "clipboard/types.h"

struct fetch;

/* Called once, never from inside fetch_create(). On REFUSED_NOT the snapshot is the callee's, else it is NULL. */
typedef void (*fetch_done)(void *data, struct snapshot *snapshot, enum transfer_refusal refusal);

/*
 * types: what types_pick() picked, len from 1 to TRANSFER_TYPES_MAX. limit: bytes, all types together. Returns NULL
 * where there is no descriptor or memory left.
 */
struct fetch *fetch_create(struct wl_event_loop *loop, struct wlr_data_source *source, const struct clip_type *types,
	size_t len, uint64_t limit, int timeout_ms, fetch_done done, void *data);
/* Also in done(). NULL is allowed. */
void fetch_destroy(struct fetch *fetch);

#endif
