#ifndef COMPOSITOR_MODAL_H
#define COMPOSITOR_MODAL_H

/*
 * What is above everything and takes all input: the prompt and the owners view. One at a time; Super+Escape
 * replaces a prompt (which is answered no).
 */

#include <stdbool.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>
#include "compositor/focus.h"

struct modal;
struct modal_impl {
	/* A press from a real device; its release is swallowed. */
	void (*key)(void *data, xkb_keysym_t keysym);
	/* A button press at layout coordinates. */
	void (*click)(void *data, double lx, double ly);
	/* It is taken away: destroy the picture; do not call modal_close(). */
	void (*closed)(void *data);
};

struct modals;
struct modals *modals_create(struct focus *focus);
void modals_destroy(struct modals *modals);
/* Closes what is there and opens this. */
void modals_open(struct modals *modals, const struct modal_impl *impl, void *data);
/* Closes what is there; its closed() runs. Nothing where nothing is. */
void modals_close(struct modals *modals);
bool modals_is_open(const struct modals *modals);
void modals_key(struct modals *modals, xkb_keysym_t keysym);
void modals_click(struct modals *modals, double lx, double ly);

#endif
