#ifndef TESTS_BASE_TREE_H
#define TESTS_BASE_TREE_H

/* A directory of a test's own, new for each test, with what the test puts in it. */

#include <sys/types.h>

/* The path, absolute. As cmocka's set-up and tear-down: *state is it. */
int tree_set_up(void **state);
int tree_tear_down(void **state);

/* "TREE/PATH"; the result lives until the test ends. */
const char *tree_path(const char *tree, const char *path);

/* Each makes the directories on the way, and fails the test where it cannot. */
void tree_directory(const char *tree, const char *path);
void tree_file(const char *tree, const char *path, const char *content);
void tree_link(const char *tree, const char *path, const char *target);
void tree_hard_link(const char *tree, const char *path, const char *target);
void tree_fifo(const char *tree, const char *path);
void tree_socket(const char *tree, const char *path);

/* The mode bits of what is there (not what a link leads to), 0 where nothing is. */
mode_t tree_mode(const char *tree, const char *path);
/* True where the descriptor is open at TREE/PATH. */
int tree_is_at(const char *tree, const char *path, int fd);

#endif
