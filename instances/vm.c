#include <stdlib.h>
#include "base/memory.h"
#include "base/path.h"
#include "instances/bubblewrap.h"
#include "instances/vm.h"

#define MIB (UINT64_C(1024) * 1024)
#define CONFIG_MEMORY_GUESS (4096 * MIB) /* where the config names no number */
#define BESIDE (128 * MIB) /* what the programs around a guest need at least */

/* In the sandbox. */
#define ROOT "/instance" /* the instance's, which the guest gets */
#define PROGRAM "/run/coffer-vm"
#define KERNEL "/run/kernel"
#define INITRD "/run/initrd"
#define PLACE "/run/vm" /* of the sockets between the programs */
#define FS_SOCKET PLACE "/fs"
#define SYSTEM_SOCKET PLACE "/system"
#define VHOST_SOCKET PLACE "/vhost"
#define VSOCK PLACE "/vsock" /* and "_PORT" behind it: where that port of ours is */
#define WAYPIPE_SOCKET VSOCK "_3"

/* ---- memory ---- */

static uint64_t budget(const struct config_instance *instance, uint64_t host) {
	if (instance->memory != CONFIG_MEMORY_AUTO && instance->memory != CONFIG_MEMORY_NONE) {
		return instance->memory;
	}
	uint64_t most = host / 4 * 3;
	return most < CONFIG_VM_MEMORY_MIN ? CONFIG_VM_MEMORY_MIN : most < CONFIG_MEMORY_GUESS ? most : CONFIG_MEMORY_GUESS;
}

uint64_t vm_guest_memory(const struct config_instance *instance, uint64_t host) {
	return (budget(instance, host) / 4 * 3 - BESIDE) / MIB * MIB;
}

uint64_t vm_home_size(const struct config_instance *instance, uint64_t host) {
	return budget(instance, host) / 8;
}

/* ---- the sandbox ---- */

static void add_devices(const struct plan_machine *machine, struct words *arguments) {
	words_add(arguments, "--dev", "/dev", NULL);
	if (machine->use_kvm) {
		words_add(arguments, "--dev-bind", "/dev/kvm", "/dev/kvm", NULL);
	}
	words_add(arguments, "--remount-ro", "/dev", NULL);
}

static void add_run(const struct plan *plan, struct words *arguments) {
	const struct plan_machine *machine = plan->machine;
	words_add(arguments, "--perms", "0755", "--size", NULL);
	words_add_format(arguments, "%llu", (unsigned long long)(64 * MIB));
	words_add_format(arguments, "--tmpfs");
	words_add_format(arguments, "/run");
	words_add(arguments, "--perms", "0700", "--dir", PLACE, NULL);
	words_add(arguments, "--perms", "0755", "--dir", "/run/user", NULL);
	words_add(arguments, "--perms", "0700", "--dir", INSIDE_RUNTIME, NULL);
	words_add(arguments, "--ro-bind", plan->socket, INSIDE_RUNTIME "/" INSIDE_DISPLAY, NULL);
	words_add(arguments, "--ro-bind", machine->program, PROGRAM, NULL);
	words_add(arguments, "--ro-bind-fd", NULL);
	words_add_format(arguments, "%d", machine->kernel_fd);
	words_add_format(arguments, KERNEL);
	words_add(arguments, "--ro-bind-data", NULL);
	words_add_format(arguments, "%d", machine->initrd_fd);
	words_add_format(arguments, INITRD);
}

static void add_end(struct words *arguments) {
	words_add(arguments, "--remount-ro", "/", NULL);
	words_add(arguments, "--chdir", "/", NULL);
	words_add(arguments, "--setenv", "XDG_RUNTIME_DIR", INSIDE_RUNTIME, NULL);
	words_add(arguments, "--setenv", "WAYLAND_DISPLAY", INSIDE_DISPLAY, NULL);
	bubblewrap_add_end(arguments);
}

/* ---- what runs in it ---- */

/*
 * The directory of the instance's root that has its programs, and never changes: /usr, or the store. NULL where something
 * that may change is bound below it. The caller frees it.
 */
static char *find_system(const struct plan *plan) {
	const struct plan_closure *closure = plan->facts->closure;
	char *system = closure != NULL ? path_parent(closure->root) : xstrdup("/usr");
	for (size_t i = 0; i < plan->binds_len; i++) {
		if (path_is_within(plan->binds[i].destination, system)) {
			free(system);
			return NULL;
		}
	}
	return system;
}

/* Nothing in it may lie elsewhere than its path says: handles of inodes would need a right that is not there. */
static void add_share(const struct plan_machine *machine, const char *socket, const char *directory, const char *cache,
	struct words *arguments) {
	words_add(arguments, "--", "--wait", socket, machine->virtiofsd, "--socket-path", socket, "--shared-dir", directory,
		"--sandbox=none", "--inode-file-handles=never", "--log-level=error", "--cache", cache, NULL);
}

/* Each is started at once, and the guest when their sockets are there. */
static void add_helpers(const struct plan_machine *machine, const char *system, struct words *arguments) {
	words_add(arguments, "--", PROGRAM, NULL);
	words_add_format(arguments, "%d", PLAN_FD_INIT);
	words_add_format(arguments, VSOCK);
	add_share(machine, FS_SOCKET, ROOT, "auto", arguments);
	if (system != NULL) {
		/* Kept in the guest's memory: else each start of a program would read all of it anew. */
		char *directory = xasprintf(ROOT "%s", system);
		add_share(machine, SYSTEM_SOCKET, directory, "always", arguments);
		free(directory);
	}
	words_add(arguments, "--", "--wait", VHOST_SOCKET, machine->vsock, "--vm",
		"guest-cid=3,uds-path=" VSOCK ",socket=" VHOST_SOCKET ",tx-buffer-size=16384", NULL);
	words_add(arguments, "--", "--wait", WAYPIPE_SOCKET, machine->waypipe, "--no-gpu", "--compress", "none", "-s",
		WAYPIPE_SOCKET, "client", NULL);
}

static void add_processor(const struct plan *plan, struct words *arguments) {
	uint64_t memory = vm_guest_memory(plan->instance, plan->facts->memory) / MIB;
	if (plan->machine->use_kvm) {
		words_add(arguments, "-accel", "kvm", "-cpu", "host", NULL);
	} else {
		words_add(arguments, "-accel", "tcg,tb-size=64", "-cpu", "max", NULL);
	}
	words_add(arguments, "-smp", NULL);
	words_add_format(arguments, "%d", plan->instance->cpus);
	/* virtiofsd and vhost-device-vsock read and write the guest's memory themselves. */
	words_add(arguments, "-object", NULL);
	words_add_format(arguments, "memory-backend-memfd,id=mem,share=on,size=%lluM", (unsigned long long)memory);
	words_add(arguments, "-m", NULL);
	words_add_format(arguments, "%lluM", (unsigned long long)memory);
}

static void add_network(const struct config_instance *instance, struct words *arguments) {
	if (instance->network == NETWORK_NAT) {
		/* To the sandbox's own network, which pasta has made: network.h. */
		words_add(arguments, "-netdev", "user,id=net,ipv6=off", NULL);
		words_add(arguments, "-device", "virtio-net-pci,netdev=net,romfile=", NULL);
	}
}

static void add_kernel(const struct plan *plan, const char *system, struct words *arguments) {
	const struct plan_closure *closure = plan->facts->closure;
	words_add(arguments, "-kernel", KERNEL, "-initrd", INITRD, "-append", NULL);
	words_add_format(arguments, "console=ttyS0 quiet panic=-1 -- %s %d %s %s%s%s%s", plan->instance->name,
		plan->instance->pids, config_network_name(plan->instance->network), closure != NULL ? closure->root : "",
		closure != NULL ? "/sw/bin/waypipe" : "/usr/bin/waypipe", system != NULL ? " " : "",
		system != NULL ? system : "");
}

static void add_machine(const struct plan *plan, const char *system, struct words *arguments) {
	words_add(arguments, "--", plan->machine->qemu, "-nodefaults", "-no-user-config", "-no-reboot", NULL);
	words_add(arguments, "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny", NULL);
	/* What this kind of machine has besides, a guest has no need of, and each is a part of qemu to break out through. */
	words_add(arguments, "-machine", "q35,memory-backend=mem,usb=off,sata=off,smbus=off,vmport=off", NULL);
	add_processor(plan, arguments);
	words_add(arguments, "-display", "none", NULL);
	words_add(arguments, "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console", NULL);
	words_add(arguments, "-device", "virtio-rng-pci", NULL);
	words_add(arguments, "-chardev", "socket,id=fs,path=" FS_SOCKET, NULL);
	words_add(arguments, "-device", "vhost-user-fs-pci,chardev=fs,tag=root", NULL);
	if (system != NULL) {
		words_add(arguments, "-chardev", "socket,id=system,path=" SYSTEM_SOCKET, NULL);
		words_add(arguments, "-device", "vhost-user-fs-pci,chardev=system,tag=system", NULL);
	}
	words_add(arguments, "-chardev", "socket,id=vsock,path=" VHOST_SOCKET, NULL);
	words_add(arguments, "-device", "vhost-user-vsock-pci,chardev=vsock", NULL);
	add_network(plan->instance, arguments);
	add_kernel(plan, system, arguments);
}

void vm_arguments(const struct plan *plan, struct words *arguments) {
	words_add(arguments, "bwrap", NULL);
	bubblewrap_add_namespaces(plan, arguments);
	bubblewrap_add_system(&plan->machine->carrier, arguments);
	bubblewrap_add_proc(plan->facts, arguments);
	add_devices(plan->machine, arguments);
	add_run(plan, arguments);
	bubblewrap_add_root(plan, ROOT, vm_home_size(plan->instance, plan->facts->memory), arguments);
	add_end(arguments);
	char *system = find_system(plan);
	add_helpers(plan->machine, system, arguments);
	add_machine(plan, system, arguments);
	free(system);
}
