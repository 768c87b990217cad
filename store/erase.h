#ifndef STORE_ERASE_H
#define STORE_ERASE_H

#include <stdbool.h>

/*
 * Removes name in directory_fd with all that is in it, however deep and wide it is and whatever modes its
 * directories have; follows no link and crosses no mount. Uses a few descriptors and no recursion. Returns false, errno
 * set, where something could not be removed. What is not there is removed.
 */
bool erase_tree(int directory_fd, const char *name);

#endif
