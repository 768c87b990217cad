#ifndef POLICY_UNICODE_H
#define POLICY_UNICODE_H

#include <stdint.h>

/* What a code point may do in a line of trusted text. */
enum unicode_class {
	UNICODE_VISIBLE, /* stands for itself; code points that nobody has assigned yet are here, too */
	UNICODE_SPACE,   /* white space, line breaks, and what looks like a space */
	UNICODE_MARK,    /* drawn onto the character before it (general categories Mn and Me) */
	UNICODE_DROP,    /* not seen itself, but steers, hides or means nothing in common: see unicode.c */
};

/* Per Unicode 16.0. Any value is allowed: what is no code point is UNICODE_DROP. */
enum unicode_class unicode_classify(uint32_t code_point);

#endif
