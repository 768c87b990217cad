#ifndef WIRE_FIELDS_H
#define WIRE_FIELDS_H

#include "wire/codec.h"

/*
 * The bodies that travel twice, from the compositor to the supervisor and from there to `coffer`: one list of
 * fields for both tables. Offsets are into struct session_window and struct session_clipboard.
 */
extern const struct codec_field fields_window[];
extern const struct codec_field fields_clipboard[];

#endif
