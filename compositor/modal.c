#include "compositor/modal.h"

#include <stdlib.h>

#include "base/memory.h"

struct modals {
	struct focus *focus;
	const struct modal_impl *impl; /* NULL: nothing is open */
	void *data;
};

struct modals *modals_create(struct focus *focus) {
	struct modals *modals = xcalloc(1, sizeof(*modals));
	modals->focus = focus;
	return modals;
}

void modals_destroy(struct modals *modals) {
	if (modals == NULL) {
		return;
	}
	modals_close(modals);
	free(modals);
}

void modals_open(struct modals *modals, const struct modal_impl *impl, void *data) {
	modals_close(modals);
	modals->impl = impl;
	modals->data = data;
	focus_hold(modals->focus, true);
}

void modals_close(struct modals *modals) {
	if (modals->impl == NULL) {
		return;
	}
	const struct modal_impl *impl = modals->impl;
	modals->impl = NULL;
	focus_hold(modals->focus, false);
	/* Last: it may open the next one. */
	impl->closed(modals->data);
}

bool modals_is_open(const struct modals *modals) {
	return modals->impl != NULL;
}

void modals_key(struct modals *modals, xkb_keysym_t keysym) {
	if (modals->impl != NULL) {
		modals->impl->key(modals->data, keysym);
	}
}

void modals_click(struct modals *modals, double lx, double ly) {
	if (modals->impl != NULL) {
		modals->impl->click(modals->data, lx, ly);
	}
}
