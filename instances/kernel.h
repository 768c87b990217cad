#ifndef INSTANCES_KERNEL_H
#define INSTANCES_KERNEL_H

/* The Linux kernel that a guest boots, and the modules that it cannot reach its root and its windows without. */

#include <stdbool.h>
#include <stddef.h>
#include "instances/words.h"

struct kernel {
	char *path;
	int fd; /* opened for reading; -1 where there is none */
	char *modules; /* the directory of its modules */
	struct words files; /* modules to load, in this order: paths */
};

/*
 * Opens the kernel at path, or with NULL the newest that can be read and has modules: those in /usr/lib/modules and
 * /boot by their versions, else the one that NixOS was booted with. modules: their directory, or NULL to look for it
 * where cofferdam-config(5) says. with_network: the guest has a network card. root: "", or where the machine's files
 * are in a test. Returns false with one line in reason (size bytes). The caller calls kernel_finish() either way.
 */
bool kernel_open(struct kernel *kernel, const char *root, const char *path, const char *modules, bool with_network,
	char *reason, size_t size);
void kernel_finish(struct kernel *kernel);

/*
 * The pure part. Of these modules, by their names, all that have to be loaded and what those need, in order: files as
 * dep (modules.dep(5)) names them. What builtin (modules.builtin) names is in the kernel already. Returns false where
 * the kernel has one in neither way, and sets *missing to its name.
 */
bool kernel_select_modules(
	const char *dep, const char *builtin, const char *const *names, struct words *files, const char **missing);

#endif
