#ifndef COMPOSITOR_POPUP_H
#define COMPOSITOR_POPUP_H

/* Popups: framed in their instance's colour, on the output, below the strip, above all windows. */

#include "compositor/window.h"

struct popups;
struct layer;

struct popups *popups_create(struct windows *windows, struct scene *scene, struct outputs *outputs);
void popups_destroy(struct popups *popups);
/* Ends every popup of the instance (NULL: of all): on focus switches and Super+Escape. */
void popups_dismiss(struct popups *popups, struct instance *instance);

#endif
