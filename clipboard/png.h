#ifndef CLIPBOARD_PNG_H
#define CLIPBOARD_PNG_H

/*
 * Is it a PNG (third edition, W3C 2025), judged piece by piece as it comes in? Its form is checked, all of it:
 * signature, chunk lengths, names and order, every CRC, a header with a combination of depth and colour type that
 * exists and sides of 1 to PNG_SIDE_MAX pixels, a palette where one is needed, IEND last and not a byte after it.
 * Critical chunks that the standard does not name are refused.
 *
 * Its pixels are not decompressed here: a decoder is the last thing that a compositor should run on hostile bytes.
 * Ancillary chunks (text, Exif, animation) cross as they are, so an image carries along what its program put in it.
 */

#include <stdbool.h>
#include <stddef.h>

#define PNG_SIDE_MAX 32768

struct png_check;

struct png_check *png_check_create(void);
void png_check_destroy(struct png_check *check); /* NULL is allowed */
/* The next bytes. Returns false where it cannot become a valid PNG any more, then and for ever after. */
bool png_check_feed(struct png_check *check, const void *untrusted_data, size_t length);
/* Nothing more comes: true where all that was fed is one whole PNG. */
bool png_check_end(const struct png_check *check);

#endif
