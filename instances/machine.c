#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/memory.h"
#include "base/path.h"
#include "instances/carrier.h"
#include "instances/facts.h"
#include "instances/initramfs.h"
#include "instances/kernel.h"
#include "instances/machine.h"
#include "instances/syscalls.h"

#define WHO "backend vm"
#define ARCHITECTURE "x86_64"
#define MODULES_MAX 64

struct gathering {
	struct plan_machine *machine;
	const struct config_instance *instance;
	const char *init_program;
	char *reason;
	size_t size;
};

/* Beside coffer-init. The caller frees it. */
static char *find_sibling(const struct gathering *gathering, const char *name) {
	char *directory = path_parent(gathering->init_program);
	char *path = xasprintf("%s/%s", directory, name);
	free(directory);
	return path;
}

static bool find_programs(struct gathering *gathering) {
	struct plan_machine *machine = gathering->machine;
	const struct {
		char **path;
		const char *name, *package;
		const char *places; /* besides PATH */
	} programs[] = {
		{ &machine->qemu, "qemu-system-" ARCHITECTURE, "qemu-system-x86 or qemu", "" },
		{ &machine->virtiofsd, "virtiofsd", "virtiofsd", "/usr/libexec:/usr/lib/qemu:/usr/lib" },
		{ &machine->vsock, "vhost-device-vsock", "vhost-device-vsock", "" },
		{ &machine->waypipe, "waypipe", "waypipe", "" },
	};
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		*programs[i].path = carrier_find(&machine->carrier, programs[i].name, programs[i].places, WHO,
			programs[i].package, gathering->reason, gathering->size);
		if (*programs[i].path == NULL) {
			return false;
		}
	}
	return true;
}

/* ---- the processor ---- */

static bool look_at_processor(struct gathering *gathering) {
	struct utsname name;
	if (uname(&name) != 0 || strcmp(name.machine, ARCHITECTURE) != 0) {
		snprintf(gathering->reason, gathering->size, WHO " is for " ARCHITECTURE " in this version, not %s: use another",
			name.machine);
		return false;
	}
	if (gathering->instance->acceleration == ACCELERATION_NONE) {
		return true;
	}
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	gathering->machine->use_kvm = fd >= 0;
	if (fd < 0 && gathering->instance->acceleration == ACCELERATION_KVM) {
		snprintf(gathering->reason, gathering->size, "acceleration kvm: /dev/kvm: %s: you may have to be of the group kvm",
			strerror(errno));
		return false;
	}
	fd_close(&fd);
	return true;
}

/* ---- the first file system ---- */

struct packing {
	struct initramfs_file files[4 + MODULES_MAX];
	char *names[4 + MODULES_MAX]; /* owned, where files have no fixed one */
	size_t len;
};

/* Takes over fd; false where it is none. */
static bool pack(struct packing *packing, char *name, mode_t mode, int fd) {
	packing->names[packing->len] = name;
	packing->files[packing->len++] = (struct initramfs_file){ name, mode, fd };
	return fd >= 0 || S_ISDIR(mode);
}

static bool pack_path(struct gathering *gathering, struct packing *packing, char *name, mode_t mode, const char *path) {
	if (!pack(packing, name, S_IFREG | mode, open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK))) {
		snprintf(gathering->reason, gathering->size, "%s: %s", path, strerror(errno));
		return false;
	}
	return true;
}

static bool pack_all(struct gathering *gathering, struct packing *packing, const struct kernel *kernel) {
	char *guest_program = find_sibling(gathering, "coffer-guest");
	bool packed = pack_path(gathering, packing, xstrdup("init"), 0755, guest_program) &&
		pack_path(gathering, packing, xstrdup("coffer-init"), 0755, gathering->init_program);
	free(guest_program);
	if (!packed) {
		return false;
	}
	/* What the host's kernel refuses to an instance, its guest's does too. */
	if (!pack(packing, xstrdup("seccomp"), S_IFREG | 0644, syscalls_create_filter(SYSCALLS_BPF))) {
		snprintf(gathering->reason, gathering->size, "no system call filter; see the messages of cofferdam");
		return false;
	}
	if (kernel->files.len > MODULES_MAX) {
		snprintf(gathering->reason, gathering->size, "kernel %s wants more than %d modules loaded: name another by `kernel`",
			kernel->path, MODULES_MAX);
		return false;
	}
	pack(packing, xstrdup("modules"), S_IFDIR | 0755, -1);
	for (size_t i = 0; i < kernel->files.len; i++) {
		const char *path = kernel->files.list[i];
		char *name = xasprintf("modules/%02zu-%s", i, strrchr(path, '/') + 1);
		if (!pack_path(gathering, packing, name, 0644, path)) {
			return false;
		}
	}
	return true;
}

static bool make_initrd(struct gathering *gathering, const struct kernel *kernel) {
	struct packing packing = { .len = 0 };
	bool made = pack_all(gathering, &packing, kernel);
	if (made) {
		gathering->machine->initrd_fd = initramfs_create(packing.files, packing.len);
		made = gathering->machine->initrd_fd >= 0;
	}
	if (!made && gathering->reason[0] == '\0') {
		snprintf(gathering->reason, gathering->size, "no memory for the guest's first files: %s", strerror(errno));
	}
	for (size_t i = 0; i < packing.len; i++) {
		fd_close(&packing.files[i].fd);
		free(packing.names[i]);
	}
	return made;
}

bool machine_gather(struct plan_machine *machine, const struct config_instance *instance, const char *init_program,
	char *reason, size_t size) {
	*machine = (struct plan_machine){ .kernel_fd = -1, .initrd_fd = -1 };
	struct gathering gathering = {
		.machine = machine, .instance = instance, .init_program = init_program, .reason = reason, .size = size
	};
	struct kernel kernel = { .fd = -1 };
	reason[0] = '\0';
	facts_gather_carrier(&machine->carrier);
	machine->program = find_sibling(&gathering, "coffer-vm");
	bool good = look_at_processor(&gathering) && find_programs(&gathering) &&
		kernel_open(&kernel, "", instance->kernel, instance->modules, instance->network == NETWORK_NAT, reason, size) &&
		make_initrd(&gathering, &kernel);
	if (good) {
		machine->kernel_fd = kernel.fd;
		kernel.fd = -1;
	}
	kernel_finish(&kernel);
	return good;
}

void machine_finish(struct plan_machine *machine) {
	facts_finish(&machine->carrier);
	free(machine->program);
	free(machine->qemu);
	free(machine->virtiofsd);
	free(machine->vsock);
	free(machine->waypipe);
	*machine = (struct plan_machine){ .kernel_fd = -1, .initrd_fd = -1 };
}
