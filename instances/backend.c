#include "instances/backend.h"
#include "instances/bubblewrap.h"
#include "instances/environment.h"

const struct backend *backend_find(enum config_backend backend) {
	static const struct backend bubblewrap = {
		.arguments = bubblewrap_arguments,
		.environment = environment_build,
	};
	switch (backend) {
	case BACKEND_BUBBLEWRAP:
		return &bubblewrap;
	case BACKEND_PODMAN:
	case BACKEND_VM:
		break;
	}
	return NULL;
}
