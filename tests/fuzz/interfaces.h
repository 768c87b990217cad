#ifndef TESTS_FUZZ_INTERFACES_H
#define TESTS_FUZZ_INTERFACES_H

#include <wayland-client.h>

/* The description of an interface that a global may have; NULL where it is not known here. */
const struct wl_interface *interface_find(const char *name);

#endif
