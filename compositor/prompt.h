#ifndef COMPOSITOR_PROMPT_H
#define COMPOSITOR_PROMPT_H

/*
 * A question of the compositor's own, above all, the rest but the strip dimmed. It takes no answer in its first
 * second, nor before every key that was down has been released (attack S8).
 */

#include "clipboard/text.h"
#include "compositor/instance.h"
#include "compositor/modal.h"
#include "compositor/output.h"
#include "compositor/paint.h"
#include "compositor/scene.h"

#define PROMPT_DELAY_MS 1000

struct prompts;

struct prompts *prompts_create(struct wl_event_loop *loop, struct scene *scene, struct outputs *outputs,
	struct painter *painter, struct modals *modals);
void prompts_destroy(struct prompts *prompts);
/* Who shows on the strip that a prompt is open: told its one line, then NULL when it is over. */
void prompts_set_announce(
	struct prompts *prompts, void (*announce)(void *data, const char *text), void *data);

struct prompt_give {
	struct instance *source, *destination;
	const char *kind;  /* "text", "image" */
	uint64_t size;
	const struct text_preview *preview; /* or NULL: an image, its size said in words */
	const char *detail; /* one line instead of a preview, or NULL */
};
typedef void (*prompt_answer)(void *data, bool yes);
/*
 * Everything is copied. The answer comes exactly once: no where the prompt is taken away, or where there is no output
 * to show it on (then before this returns).
 */
void prompts_ask_give(struct prompts *prompts, struct output *output, const struct prompt_give *give,
	prompt_answer answer, void *data);
/* What was asked is of no more use: the open prompt is taken away, answered no. Nothing where none is open. */
void prompts_cancel(struct prompts *prompts);
/* Told by keyboard.c: a key was released, and none is down now. */
void prompts_keys_released(struct prompts *prompts);

#endif
