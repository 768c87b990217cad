#ifndef INSTANCES_VM_GUEST_MACHINE_H
#define INSTANCES_VM_GUEST_MACHINE_H

/*
 * The guest, made ready by coffer-guest: modules, the instance's root and what stands in it, names, limits. Each
 * function returns false with one line on standard error, and the guest goes no further.
 */

#include <stdbool.h>

#define VM_GUEST_UID 1000
#define VM_GUEST_RUNTIME "/run/user/1000"
#define VM_GUEST_DISPLAY VM_GUEST_RUNTIME "/wayland-0"
#define VM_GUEST_INIT "/run/coffer-init"
#define VM_GUEST_SELF "/run/coffer-guest"

/* Says "coffer-guest: what: errno's text", and returns false. */
bool vm_guest_fault(const char *what);

/* Loads /modules/ of the initramfs, in the order of their names. */
bool vm_guest_load_modules(void);

/*
 * Mounts the shared directory, and in it what a guest has of its own, and makes it the root of this process. Where
 * system is not NULL, a second one is shared, which never changes, and mounted on this directory of the first.
 */
bool vm_guest_enter_root(const char *system);

/* hostname; no more user namespaces; as many open files as a program on the host may have. */
bool vm_guest_set_limits(const char *hostname);

/* lo, and with has_network eth0 as qemu's user network expects it. */
bool vm_guest_set_network(bool has_network);

/*
 * In the child that is to be pid 1 of the instance's programs: mounts a /proc of its own pid namespace, which must be
 * new, where the other is.
 */
bool vm_guest_enter_proc(void);

/* Becomes the instance's user for good: no groups, no capabilities, no new privileges. */
bool vm_guest_drop_privileges(void);

/* The filter of system calls, as it lies in a file: what the kernel takes, struct sock_filter after struct sock_filter. */
struct vm_guest_filter;
/* NULL with a line on standard error where there is none. The caller frees it. */
struct vm_guest_filter *vm_guest_read_filter(const char *path);
/* For this process and its children, which must have no new privileges. */
bool vm_guest_set_filter(const struct vm_guest_filter *filter);

#endif
