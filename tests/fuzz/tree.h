#ifndef TESTS_FUZZ_TREE_H
#define TESTS_FUZZ_TREE_H

/* A directory on a real file system that a target fills by lines of its input, and empties after each. */

#include <stddef.h>

/* Where it is: a directory of this process's own, for its life. Made when it is asked for first, in memory where that can be. */
const char *tree_place(void);
/* Makes it in that directory instead: for LLVMFuzzerInitialize(). */
void tree_begin_in(const char *directory);
/* Opens it for reading. */
int tree_open(void);
/* Removes name in it with all that is in it; it must be gone then. */
void tree_remove(const char *name);

/* Cuts the next line off *rest; "" where there is none. */
char *tree_next_line(char **rest);

/*
 * Leaves in directory_fd what the lines say, as an instance could, at most max of them, and cuts them off: "d NAME", "f NAME CONTENT",
 * "l NAME TARGET" (a link), "h NAME" (a second name of the file before), "p NAME" (a pipe). A line "-" ends them, and
 * what is none of these is passed over.
 */
void tree_leave(int directory_fd, char **lines, size_t max);

#endif
