#ifndef CAPTURE_H
#define CAPTURE_H

/* Pictures of the first output, as a trusted shell program takes them. */

#include "tests/protocol/lib/client.h"
#include "tests/protocol/lib/picture.h"

/* By wlr-screencopy. It shows all that was committed before; the cursor is left out. The caller destroys it. */
struct picture *capture(struct client *shell);
/* The same with the cursor in it. */
struct picture *capture_with_cursor(struct client *shell);
/* By ext-image-copy-capture. */
struct picture *capture_ext(struct client *shell);
/* NULL where the connection is dead or the compositor refuses: for evidence of a failure. */
struct picture *capture_if_possible(struct client *shell);

#endif
