#ifndef CLIPBOARD_TYPES_H
#define CLIPBOARD_TYPES_H

#include <stddef.h>

enum clip_kind { CLIP_TEXT, CLIP_PNG, CLIP_OTHER };

#define MIME_LENGTH_MAX 127
#define MIME_OFFER_MAX 1000

/* What crosses, and under which names the destination is offered it. */
struct clip_type {
	enum clip_kind kind;
	const char *ask;    /* the source's own spelling to ask for; borrowed from the offer */
	const char *mime;   /* "text/plain;charset=utf-8", "image/png", or a type from the config, borrowed from it */
};

/*
 * Picks from a source's offer what may cross: at most one spelling of UTF-8 text (text/plain;charset=utf-8,
 * UTF8_STRING, text/plain, TEXT, STRING in that order), image/png, and the config's extra types in their order, at
 * most max. Names over MIME_LENGTH_MAX or not of the form type/subtype[;parameter] are passed over; offers past
 * MIME_OFFER_MAX are not read. Case does not count, nor does a space after a semicolon; the X11 names count as they
 * are. An extra type that is text or PNG anyway is not picked again, so that it can't cross unchecked by its other
 * name.
 */
size_t types_pick(const char *const *untrusted_offer, size_t offer_len, char *const *extra, size_t extra_len,
	struct clip_type *picked, size_t max);

/*
 * The names under which this kind is offered to the destination (NULL-terminated, static, canonical first). None for
 * CLIP_OTHER: that is offered under its own.
 */
const char *const *types_aliases(enum clip_kind kind);

/* "text", "image", or the type: for the strip. */
const char *types_label(const struct clip_type *type);

#endif
