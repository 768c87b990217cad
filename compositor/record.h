#ifndef COMPOSITOR_RECORD_H
#define COMPOSITOR_RECORD_H

/*
 * A renderer before another one that paints on this processor, as pixman's does. Between recorder_begin() and
 * recorder_end() a pass is not painted: what it consists of is noted, and painted later, a piece at a time. All else goes
 * through at once. A recording keeps what it paints from: a surface or its client may be gone by then.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wlr/render/wlr_renderer.h>

struct recorder;
struct recording;

/* Takes over the renderer, which must be one that does nothing with colour spaces and timelines, as pixman's. */
struct recorder *recorder_create(struct wlr_renderer *real);
/* What is to be used in its place. Destroying that is the end of all three; no recording may be left then. */
struct wlr_renderer *recorder_get_renderer(struct recorder *recorder);

/* The next pass is recorded. */
void recorder_begin(struct recorder *recorder);
/* Returns what was recorded, which is the caller's; NULL: there was no pass. Later passes are painted at once again. */
struct recording *recorder_end(struct recorder *recorder);

/* How many rectangles and textures are not painted yet, or not wholly; 0: the picture is whole. */
size_t recording_count_left(const struct recording *recording);
/*
 * Paints the next piece: at most so many pixels, but never less than a row. Returns false where the buffer that is painted
 * on cannot be used any more.
 */
bool recording_paint(struct recording *recording, int64_t pixels);
void recording_destroy(struct recording *recording); /* NULL is allowed */

#endif
