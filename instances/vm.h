#ifndef INSTANCES_VM_H
#define INSTANCES_VM_H

#include <stdint.h>
#include "instances/plan.h"

/*
 * The bwrap(1) command of an instance with a kernel of its own. The walls are those of bubblewrap.h; in them, in the place
 * of coffer-init, coffer-vm is pid 1 and runs the guest: qemu, what shares the instance's root with it (virtiofsd), and
 * what carries its windows (vhost-device-vsock, waypipe). Who breaks out of the guest is in that sandbox: it sees the
 * instance's files below /instance, the Wayland socket of the instance, and of the host a system to run these programs.
 * A pure function of the plan, whose machine is set.
 */
void vm_arguments(const struct plan *plan, struct words *arguments);

/*
 * How the memory of an instance's config is divided, in bytes, the rest being for what runs beside the guest: a guest has
 * three quarters less 128 MiB, and an eighth is for what it writes to its home while it runs. host: of the machine.
 */
uint64_t vm_guest_memory(const struct config_instance *instance, uint64_t host);
uint64_t vm_home_size(const struct config_instance *instance, uint64_t host);

#endif
