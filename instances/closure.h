#ifndef INSTANCES_CLOSURE_H
#define INSTANCES_CLOSURE_H

/*
 * A closure as an instance's root: a directory in a store (/nix/store/HASH-NAME) that lists, in the file store-paths,
 * every store path that its programs need. The instance gets these and nothing else of the store. Beside the list may
 * lie:
 *
 *     sw/           bin/, share/ and so on: what the instance has at hand; sw/bin/sh and sw/bin/env, where they are,
 *                   are found as /bin/sh and /usr/bin/env too
 *     etc/          each entry is found in /etc
 *     opengl-driver the GPU's drivers, found as /run/opengl-driver
 *
 * nix/root.nix makes such a directory. What it says is checked: a path that is not right in the store that the
 * directory itself lies in is no path of the closure.
 */

#include "instances/plan.h"

#define CLOSURE_PATHS_MAX 2500 /* bwrap takes 9000 words */

/*
 * path: absolute; its links are followed, so that it may be a profile. Returns NULL with one line in reason (size
 * bytes) that says what is wrong and what to do. The caller calls closure_destroy().
 */
struct plan_closure *closure_open(const char *path, char *reason, size_t size);
void closure_destroy(struct plan_closure *closure);

#endif
