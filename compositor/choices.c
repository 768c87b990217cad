#include "compositor/choices.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* So that no instance hides the others behind its windows; one of them is enough to stop it by. */
#define CHOICES_PER_INSTANCE 32

bool choices_visible_part(const struct window *window, const struct output *output, struct box *box) {
	return window->mapped && window->visible && box_intersect(box, &window->box, &output->below_strip);
}

static struct choice *add(struct choices *choices, const struct instance *instance, uint32_t window) {
	if (choices->len == choices->size) {
		choices->size = choices->size > 0 ? 2 * choices->size : 16;
		choices->list = xrealloc_array(choices->list, choices->size, sizeof(*choices->list));
	}
	struct choice *choice = &choices->list[choices->len++];
	/* analyzer: where there is room there is a list */
	*choice = (struct choice){.window = window};
	copy_string(choice->name, sizeof(choice->name), instance->name);
	return choice;
}

static size_t count(const struct choices *choices, const struct instance *instance) {
	size_t found = 0;
	for (size_t i = 0; i < choices->len; i++) {
		found += strcmp(choices->list[i].name, instance->name) == 0;
	}
	return found;
}

static bool has_life(const struct instance *instance) {
	return instance->state != INSTANCE_STOPPED || instance->clients > 0;
}

static void collect(struct choices *choices, struct instances *instances, struct desk *desk) {
	choices->len = 0;
	struct output *output;
	wl_list_for_each(output, &desk->outputs->list, link) {
		const struct workspace *workspace = desk_on_output(desk, output);
		if (workspace == NULL) {
			continue;
		}
		const struct window *window;
		wl_list_for_each(window, &workspace->windows, workspace_link) {
			struct box box;
			if (choices_visible_part(window, output, &box) &&
					count(choices, window->instance) < CHOICES_PER_INSTANCE) {
				add(choices, window->instance, window->id)->box = box;
			}
		}
	}
	const struct instance *instance;
	wl_list_for_each(instance, &instances->list, link) {
		if (has_life(instance) && count(choices, instance) == 0) {
			add(choices, instance, 0);
		}
	}
}

static bool reselect(struct choices *choices, const struct choice *before) {
	size_t same_instance = choices->len;
	for (size_t i = choices->len; i-- > 0;) {
		const struct choice *choice = &choices->list[i];
		if (strcmp(choice->name, before->name) != 0) {
			continue;
		}
		if (choice->window == before->window) {
			choices->selected = i;
			return true;
		}
		same_instance = i;
	}
	if (same_instance < choices->len) {
		choices->selected = same_instance;
		return true;
	}
	if (choices->selected >= choices->len) {
		choices->selected = choices->len > 0 ? choices->len - 1 : 0;
	}
	return false;
}

bool choices_update(struct choices *choices, struct instances *instances, struct desk *desk) {
	const struct choice *selected = choices_selected(choices);
	if (selected == NULL) {
		collect(choices, instances, desk);
		choices->selected = 0;
		return false;
	}
	struct choice before = *selected;
	collect(choices, instances, desk);
	return reselect(choices, &before);
}

void choices_finish(struct choices *choices) {
	free(choices->list);
	*choices = (struct choices){0};
}

struct choice *choices_selected(const struct choices *choices) {
	return choices->selected < choices->len ? &choices->list[choices->selected] : NULL;
}

struct choice *choices_of_window(const struct choices *choices, uint32_t window) {
	for (size_t i = 0; i < choices->len; i++) {
		if (choices->list[i].window == window) {
			return &choices->list[i];
		}
	}
	return NULL;
}

size_t choices_first_tag(const struct choices *choices) {
	size_t first = 0;
	while (first < choices->len && choices->list[first].window != 0) {
		first++;
	}
	return first;
}

struct choice *choices_select_at(struct choices *choices, double lx, double ly) {
	struct choice *best = NULL;
	for (size_t i = 0; i < choices->len; i++) {
		struct choice *choice = &choices->list[i];
		bool smaller = best == NULL ||
			(int64_t)choice->box.width * choice->box.height < (int64_t)best->box.width * best->box.height;
		if (box_contains(&choice->box, lx, ly) && smaller) {
			best = choice;
			choices->selected = i;
		}
	}
	return best;
}

void choices_step(struct choices *choices, bool forward) {
	if (choices->len > 0) {
		choices->selected = (choices->selected + (forward ? 1 : choices->len - 1)) % choices->len;
	}
}

static struct window *find_window(struct desk *desk, uint32_t id) {
	for (int i = 0; i < WORKSPACES; i++) {
		struct window *window;
		wl_list_for_each(window, &desk->workspaces[i].windows, workspace_link) {
			if (window->id == id) {
				return window;
			}
		}
	}
	return NULL;
}

struct window *choice_get_window(const struct choice *choice, struct instances *instances, struct desk *desk) {
	if (choice->window != 0) {
		return find_window(desk, choice->window);
	}
	struct instance *instance = instances_find(instances, choice->name);
	struct window *window = NULL;
	for (int i = 0; i < WORKSPACES && window == NULL && instance != NULL; i++) {
		window = workspace_latest(&desk->workspaces[i], instance);
	}
	return window;
}
