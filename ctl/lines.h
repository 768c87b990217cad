#ifndef CTL_LINES_H
#define CTL_LINES_H

/* Questions that are answered in lines of text. */

#include <stdbool.h>
#include <stdio.h>
#include "ctl/client.h"

/* Sets message->request.name, or says on stderr why no instance can have that name. */
bool lines_set_name(struct control_message *message, const char *untrusted_name);

/* As client_ask() with answer and data left out; what the supervisor has to tell goes to out, cleaned. */
int lines_ask(const struct client_request *request, FILE *out);

/* As client_ask(); the answer is one absolute path, which *path is where EXIT_CODE_OK is returned. */
int lines_ask_path(struct control_message *message, char path[CONTROL_TEXT_SIZE]);

#endif
