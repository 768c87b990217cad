#ifndef CTL_AUDIT_H
#define CTL_AUDIT_H

/* `coffer audit`: for reading, everything in the config and the state store that can run or reach out. */

#include <stddef.h>
#include <sys/stat.h>
#include "ctl/arguments.h"

int audit_run(const struct arguments *arguments);

/*
 * What a file that an instance keeps is, where that is worth reading: "startup", "key", "setuid", "device", "executable",
 * "script", "link"; else NULL. path: in the instance's home. head: its first bytes, of a regular file. target: of a link.
 */
const char *audit_classify(const char *untrusted_path, mode_t mode, const char *untrusted_head, size_t head_length,
	const char *untrusted_target);

#endif
