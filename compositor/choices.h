#ifndef COMPOSITOR_CHOICES_H
#define COMPOSITOR_CHOICES_H

/* What can be selected in the owners view: each window that is to be seen, and each instance without that lives. */

#include "compositor/desk.h"

struct choice {
	char name[SESSION_NAME_SIZE]; /* of the instance; "" is the shell */
	uint32_t window; /* its id; 0: none is to be seen */
	struct box box;  /* where it is to be clicked, layout coordinates; of an instance without, the view's to set */
};

struct choices {
	struct choice *list; /* the windows by output and in layout order, then the instances without */
	size_t len, size;
	size_t selected; /* an index, 0 where there is none */
};

/* The part of a window that is to be seen below its output's strip; false where there is none. */
bool choices_visible_part(const struct window *window, const struct output *output, struct box *box);

/*
 * Looks again. The selection stays with its window, else goes to another choice of the same instance, else to the
 * nearest. Returns false in that last case: another instance is selected than before.
 */
bool choices_update(struct choices *choices, struct instances *instances, struct desk *desk);
void choices_finish(struct choices *choices);

/* Each returns NULL where there is none. */
struct choice *choices_selected(const struct choices *choices);
struct choice *choices_of_window(const struct choices *choices, uint32_t window);
/* The index of the first instance without a window to be seen; len where there is none. */
size_t choices_first_tag(const struct choices *choices);
/* Selects the choice at this point of the layout: of those that overlap the smallest, most likely the uppermost. */
struct choice *choices_select_at(struct choices *choices, double lx, double ly);
void choices_step(struct choices *choices, bool forward);
/* The window that the choice leads to: its own, else the latest of its instance on any workspace. */
struct window *choice_get_window(const struct choice *choice, struct instances *instances, struct desk *desk);

#endif
