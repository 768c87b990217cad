#include "instances/backend.h"
#include "instances/bubblewrap.h"
#include "instances/environment.h"
#include "instances/podman.h"
#include "instances/vm.h"

const struct backend *backend_find(enum config_backend backend) {
	static const struct backend bubblewrap = {
		.filter = SYSCALLS_BPF,
		.arguments = bubblewrap_arguments,
		.environment = environment_build,
	};
	static const struct backend podman = {
		.filter = SYSCALLS_JSON,
		.user_namespaces = 2, /* the carrier's and the container's */
		.arguments = podman_arguments,
		.environment = environment_build,
	};
	static const struct backend vm = {
		.filter = SYSCALLS_BPF,
		.arguments = vm_arguments,
		.environment = environment_build,
	};
	switch (backend) {
	case BACKEND_BUBBLEWRAP:
		return &bubblewrap;
	case BACKEND_PODMAN:
		return &podman;
	case BACKEND_VM:
		return &vm;
	}
	return NULL;
}
