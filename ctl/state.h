#ifndef CTL_STATE_H
#define CTL_STATE_H

/* `coffer state`: what instances keep. Each returns an enum control_exit, and has said what is wrong. */

#include "ctl/arguments.h"
#include "ctl/places.h"

int state_run(const struct arguments *arguments);

/* "a/b": components that are plain names, one slash between two. */
bool state_path_is_plain(const char *untrusted_path);

struct table;
struct walk_size;
/* Three cells: size, files, last change. */
void state_add_size(struct table *table, const struct walk_size *size, bool exists);

/* The actions; words[0] is theirs. */
int state_list(const struct arguments *arguments, struct places *places);
int state_diff(const struct arguments *arguments, struct places *places);
int state_keep(const struct arguments *arguments, struct places *places);
int state_forget(const struct arguments *arguments, struct places *places);
int state_clone(const struct arguments *arguments, struct places *places);
int state_reset(const struct arguments *arguments, struct places *places);
int state_aside(const struct arguments *arguments, struct places *places);
int state_recall(const struct arguments *arguments, struct places *places);
int state_size(const struct arguments *arguments, struct places *places);

/*
 * Opens the directory of an instance in the store; -1 where there is none yet. EXIT_CODE_UNKNOWN, and said, where
 * neither the config nor the store has the name.
 */
int state_open(struct places *places, const char *untrusted_name, int *instance_fd);

/* "PATH@DATE", as `coffer state list` writes it: cuts the text, and returns the date in it; NULL where there is none. */
char *state_split_date(char *text);

/*
 * "PATH" in the instance's home, or in aside/DATE: opens the directory that the last of it is in; *name is that last. -1 with
 * errno set.
 */
int state_open_parent(int instance_fd, const char *path, const char *date, const char **name);

/* What the config declares there or above; NULL where it does not. */
const struct config_persist *state_find_declared(const struct config_instance *instance, const char *path);

#endif
