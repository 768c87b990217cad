#ifndef COMPOSITOR_OFFER_H
#define COMPOSITOR_OFFER_H

/* A snapshot offered to a destination as its selection. Whoever reads it, however slowly, waits alone. */

#include <wlr/types/wlr_data_device.h>
#include "clipboard/snapshot.h"
#include "compositor/instance.h"

struct offers; /* all that are being read */

struct offers *offers_create(struct wl_event_loop *loop);
/* Ends every reading. After all seats are gone, or their selections are. */
void offers_destroy(struct offers *offers);
/*
 * A data source that serves the snapshot (it takes a reference of its own); wlroots destroys it. destination is only
 * compared: whoever reads on its behalf shares its OFFER_READERS_MAX places, and nobody else's.
 */
struct wlr_data_source *offers_add(struct offers *offers, struct snapshot *snapshot, const struct instance *destination);
#define OFFER_READERS_MAX 16

#endif
