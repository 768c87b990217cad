#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/fd.h"
#include "base/memory.h"
#include "config/check.h"
#include "config/errors.h"
#include "instances/snapshot.h"

struct snapshot {
	unsigned int references;
	uint32_t serial;
	struct config_loaded loaded;
	int text_fd, keymap_fd;
};

struct snapshot *snapshot_load(const char *path, const char *home, uint32_t serial, struct config_errors *errors) {
	struct snapshot *snapshot = xcalloc(1, sizeof(*snapshot));
	snapshot->references = 1;
	snapshot->serial = serial;
	snapshot->text_fd = snapshot->keymap_fd = -1;
	if (!config_load(path, home, &snapshot->loaded, errors)) {
		snapshot_unref(snapshot);
		return NULL;
	}
	const struct config_loaded *loaded = &snapshot->loaded;
	snapshot->text_fd = fd_sealed_memfd("config", loaded->text, loaded->length);
	snapshot->keymap_fd = fd_sealed_memfd("keymap", loaded->keymap, strlen(loaded->keymap));
	if (snapshot->text_fd < 0 || snapshot->keymap_fd < 0) {
		errors_add(errors, 0, "cannot be handed to the compositor: %s", strerror(errno));
		snapshot_unref(snapshot);
		return NULL;
	}
	return snapshot;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot) {
	snapshot->references++;
	return snapshot;
}

void snapshot_unref(struct snapshot *snapshot) {
	if (snapshot == NULL || --snapshot->references > 0) {
		return;
	}
	config_loaded_finish(&snapshot->loaded);
	fd_close(&snapshot->text_fd);
	fd_close(&snapshot->keymap_fd);
	free(snapshot);
}

const struct config *snapshot_get_config(const struct snapshot *snapshot) {
	return snapshot->loaded.config;
}

uint32_t snapshot_get_serial(const struct snapshot *snapshot) {
	return snapshot->serial;
}

int snapshot_get_text_fd(const struct snapshot *snapshot) {
	return snapshot->text_fd;
}

int snapshot_get_keymap_fd(const struct snapshot *snapshot) {
	return snapshot->keymap_fd;
}
