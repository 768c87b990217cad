#ifndef INSTANCES_PODMAN_H
#define INSTANCES_PODMAN_H

/*
 * Backend podman: the walls around the instance are podman's and its runtime's (crun). The root inside them is the one
 * that every backend has, put together by bwrap in a carrier (carrier.h), in which podman runs and finds it below
 * /instance. So
 *  - podman is given paths that nobody else reaches, where what was opened and checked before is bound already;
 *  - it sees nothing of the person's: not the home, not the settings, images and containers of the person's own podman;
 *  - all that it keeps is in a tmpfs of the carrier, and every process of it is in the carrier's pid namespace: whatever
 *    is killed, nothing stays behind;
 *  - who gets out of the container is in the carrier.
 */

#include "instances/plan.h"

/*
 * The bwrap(1) command with the podman-run(1) command in it whose container runs coffer-init. A pure function of the
 * plan, whose container is set.
 */
void podman_arguments(const struct plan *plan, struct words *arguments);

#endif
