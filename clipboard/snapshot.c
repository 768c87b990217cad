#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "clipboard/snapshot.h"

struct entry {
	enum clip_kind kind;
	char *mime;
	int memfd;
	uint64_t size;
};

struct snapshot {
	size_t references;
	struct entry *entries;
	size_t len;
};

#define SEALS_WANTED (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct snapshot *snapshot_create(void) {
	struct snapshot *snapshot = xcalloc(1, sizeof(*snapshot));
	snapshot->references = 1;
	return snapshot;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot) {
	snapshot->references++;
	return snapshot;
}

void snapshot_unref(struct snapshot *snapshot) {
	if (snapshot == NULL) {
		return;
	}
	assert(snapshot->references > 0);
	snapshot->references--;
	if (snapshot->references > 0) {
		return;
	}
	for (size_t i = 0; i < snapshot->len; i++) {
		free(snapshot->entries[i].mime);
		fd_close(&snapshot->entries[i].memfd);
	}
	free(snapshot->entries);
	free(snapshot);
}

static bool is_sealed(int memfd, uint64_t size) {
	struct stat status;
	int seals = fcntl(memfd, F_GET_SEALS);
	return seals >= 0 && (seals & SEALS_WANTED) == SEALS_WANTED && fstat(memfd, &status) == 0 &&
		status.st_size >= 0 && (uint64_t)status.st_size == size;
}

bool snapshot_add(struct snapshot *snapshot, enum clip_kind kind, const char *mime, int memfd, uint64_t size) {
	if (!is_sealed(memfd, size)) {
		log_error("clipboard: what was taken is not sealed, and is not held");
		fd_close(&memfd);
		return false;
	}
	snapshot->entries = xrealloc_array(snapshot->entries, snapshot->len + 1, sizeof(*snapshot->entries));
	snapshot->entries[snapshot->len++] = (struct entry){
		.kind = kind,
		.mime = xstrdup(mime),
		.memfd = memfd,
		.size = size,
	};
	return true;
}

static const struct entry *entry_at(const struct snapshot *snapshot, size_t index) {
	assert(index < snapshot->len);
	return &snapshot->entries[index];
}

size_t snapshot_get_len(const struct snapshot *snapshot) {
	return snapshot->len;
}

const char *snapshot_get_mime(const struct snapshot *snapshot, size_t index) {
	return entry_at(snapshot, index)->mime;
}

enum clip_kind snapshot_get_kind(const struct snapshot *snapshot, size_t index) {
	return entry_at(snapshot, index)->kind;
}

uint64_t snapshot_get_size(const struct snapshot *snapshot) {
	uint64_t size = 0;
	for (size_t i = 0; i < snapshot->len; i++) {
		size += snapshot->entries[i].size;
	}
	return size;
}

int snapshot_find(const struct snapshot *snapshot, const char *untrusted_mime) {
	for (size_t i = 0; i < snapshot->len; i++) {
		const struct entry *entry = &snapshot->entries[i];
		if (strcmp(entry->mime, untrusted_mime) == 0) {
			return (int)i;
		}
		for (const char *const *alias = types_aliases(entry->kind); *alias != NULL; alias++) {
			if (strcmp(*alias, untrusted_mime) == 0) {
				return (int)i;
			}
		}
	}
	return -1;
}

int snapshot_get_fd(const struct snapshot *snapshot, size_t index, uint64_t *size) {
	const struct entry *entry = entry_at(snapshot, index);
	*size = entry->size;
	return entry->memfd;
}
