#include "compositor/facts.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "compositor/words.h"
#include "policy/label.h"

static void append(char *out, size_t size, const char *separator, const char *text) {
	size_t used = strlen(out);
	snprintf(out + used, size - used, "%s%s", used > 0 ? separator : "", text);
}

static void append_isolation(const struct instance *instance, char *out, size_t size) {
	static const char *const states[] = {
		[INSTANCE_PREPARING] = "preparing",
		[INSTANCE_STARTING] = "starting",
		[INSTANCE_STOPPING] = "stopping",
	};
	char words[WORDS_SIZE], reason[LABEL_SIZE];
	switch (instance->state) {
	case INSTANCE_FAILED:
		append(out, size, " · ", "failed");
		append(out, size, ": ", label_clean(instance->reason, strlen(instance->reason), reason));
		return;
	case INSTANCE_STOPPED:
		/* Its socket always listens: whoever speaks there now was not started in its sandbox. */
		append(out, size, " · ", instance->clients > 0 ? "not in a sandbox" : "stopped");
		return;
	case INSTANCE_PREPARING:
	case INSTANCE_STARTING:
	case INSTANCE_STOPPING:
		append(out, size, " · ", states[instance->state]);
		break;
	case INSTANCE_RUNNING:
		break;
	}
	append(out, size, " · ", config_backend_name(instance->backend));
	append(out, size, " · ", instance->network == NETWORK_NONE ? "no network" : config_network_name(instance->network));
	if (instance->memory > 0) {
		append(out, size, " · ", words_size(instance->memory, words, sizeof(words)));
	}
	if (instance->frozen) {
		append(out, size, " · ", "frozen");
	}
}

const char *facts_of(const struct instance *instance, char *out, size_t size) {
	char words[WORDS_SIZE];
	copy_string(out, size, words_count(instance->windows, "window", words, sizeof(words)));
	if (instance->popups > 0) {
		append(out, size, ", ", words_count(instance->popups, "popup", words, sizeof(words)));
	}
	if (instance->shell) {
		append(out, size, " · ", "the trusted shell");
	} else {
		append_isolation(instance, out, size);
	}
	return out;
}
