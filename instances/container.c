#include <stdio.h>
#include <stdlib.h>
#include "instances/carrier.h"
#include "instances/cgroups.h"
#include "instances/container.h"
#include "instances/facts.h"

#define WHO "backend podman"

bool container_gather(struct plan_container *container, char *reason, size_t size) {
	*container = (struct plan_container){ 0 };
	facts_gather_carrier(&container->carrier);
	const struct {
		char **path;
		const char *name;
		const char *places; /* besides PATH */
	} programs[] = {
		{ &container->podman, "podman", "" },
		{ &container->crun, "crun", "" },
		{ &container->conmon, "conmon", "/usr/libexec/podman:/usr/lib/podman" },
	};
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		*programs[i].path = carrier_find(
			&container->carrier, programs[i].name, programs[i].places, WHO, programs[i].name, reason, size);
		if (*programs[i].path == NULL) {
			return false;
		}
	}
	container->cgroups = cgroups_find_mount();
	if (container->cgroups == NULL) {
		snprintf(reason, size, WHO " needs cgroup v2, and it is not mounted here");
		return false;
	}
	return true;
}

void container_finish(struct plan_container *container) {
	facts_finish(&container->carrier);
	free(container->podman);
	free(container->conmon);
	free(container->crun);
	free(container->cgroups);
	*container = (struct plan_container){ 0 };
}
