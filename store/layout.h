#ifndef STORE_LAYOUT_H
#define STORE_LAYOUT_H

/*
 * What the store looks like on the disk: cofferdam-state(7).
 *
 *   VERSION           the number of this layout, in decimal, and a line feed; no instance can have that name
 *   NAME/home/PATH    what the config declares, bound into the sandbox: plain files, written by the instance
 *   NAME/aside/DATE/PATH   what it declares no longer
 *   NAME/partial/     what is being made or taken away; of no worth when nobody holds the lock
 *   NAME/lock         held (flock) by whoever runs the instance or changes what it keeps
 *   .moving/          during the migration from layout 0 alone
 */
#define LAYOUT_VERSION 1
#define LAYOUT_MARKER "VERSION"
#define LAYOUT_HOME "home"
#define LAYOUT_ASIDE "aside"
#define LAYOUT_PARTIAL "partial"
#define LAYOUT_LOCK "lock"
#define LAYOUT_MOVING ".moving"

#endif
