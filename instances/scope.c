#include "instances/scope.h"

/* What is left is for the desktop, and for whoever has to end what has gone wild. */
#define AUTO_SHARE(bytes) ((bytes) / 4 * 3)
/* Some, so that what rests can be moved out; not much, since whoever fills it slows down all. */
#define SWAP_SHARE(bytes) ((bytes) / 4)

uint64_t scope_memory(const struct config_instance *instance, uint64_t machine) {
	return instance->memory == CONFIG_MEMORY_AUTO ? AUTO_SHARE(machine) : instance->memory;
}

uint64_t scope_swap(const struct config_instance *instance, uint64_t machine) {
	uint64_t memory = scope_memory(instance, machine);
	return memory == CONFIG_MEMORY_NONE ? UINT64_MAX : SWAP_SHARE(memory);
}

#define OOM_POLICY_VERSION 253 /* the first that has one for scopes */

void scope_arguments(const struct config_instance *instance, uint64_t machine, const char *unit, int version,
	struct words *arguments) {
	words_add(arguments, "systemd-run", "--user", "--scope", "--quiet", "--collect", NULL);
	words_add(arguments, "--slice=cofferdam.slice", NULL);
	words_add_format(arguments, "--unit=%s", unit);
	if (instance->memory != CONFIG_MEMORY_NONE) {
		words_add(arguments, "-p", NULL);
		words_add_format(arguments, "MemoryMax=%llu", (unsigned long long)scope_memory(instance, machine));
		words_add(arguments, "-p", NULL);
		words_add_format(arguments, "MemorySwapMax=%llu", (unsigned long long)scope_swap(instance, machine));
	}
	if (version >= OOM_POLICY_VERSION) {
		/* Who asks for too much is ended by the kernel. systemd would then end all others of the instance, too. */
		words_add(arguments, "-p", "OOMPolicy=continue", NULL);
	}
	words_add(arguments, "-p", NULL);
	words_add_format(arguments, "TasksMax=%d", instance->pids);
	words_add(arguments, "-p", NULL);
	words_add_format(arguments, "CPUWeight=%d", instance->cpu_weight);
	words_add(arguments, "--", NULL);
}
