#ifndef POLICY_PALETTE_H
#define POLICY_PALETTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PALETTE_LEN 12

/* Colours are 0xRRGGBB, sRGB. */
extern const uint32_t palette_default[PALETTE_LEN];

/* WCAG 2 contrast ratio of two colours, 1 to 21. */
double palette_contrast(uint32_t a, uint32_t b);
/* Black or white, whichever reads better on the colour. */
uint32_t palette_text_on(uint32_t color);

enum palette_sight { SIGHT_NORMAL, SIGHT_PROTANOPIA, SIGHT_DEUTERANOPIA, SIGHT_TRITANOPIA };
/*
 * OKLab distance of two colours as seen with this sight (Machado 2009, severity 1, without clipping to sRGB): 0 for
 * the same colour, 1 for black and white.
 */
double palette_distance(uint32_t a, uint32_t b, enum palette_sight sight);

/*
 * The palette colour farthest, under the worst sight, from those already taken; the first one where none is. Once
 * all are taken, one of those taken least often. Same input, same answer.
 */
uint32_t palette_pick(const uint32_t *taken, size_t taken_len);

#endif
