/*
 * A backup and its manifest. The input is a tree as tree.h has it; what is left in it after the manifest was
 * written; then another manifest: "patch OFFSET" and what is to stand there in the true one, "sealed" and lines,
 * both of which get a last line with the right digest as whoever changes a backup would write it, or any text. What
 * the check says of it is fit for a terminal, and it finds no fault only where the manifest is, byte for byte, the
 * one that we would write.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/beneath.h"
#include "base/fd.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "store/manifest.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tree.h"

#define LEFT_MAX 16
#define TEXT_MAX (4 * 1024 * 1024)

struct text {
	char *bytes;
	size_t length;
};

static struct text read_manifest(int backup_fd) {
	struct text text = { 0 };
	int fd = openat(backup_fd, MANIFEST_NAME, O_RDONLY | O_CLOEXEC);
	text.bytes = fd_read_all(fd, TEXT_MAX, &text.length);
	FUZZ_CHECK(text.bytes != NULL);
	fd_close(&fd);
	return text;
}

/* The true one as it would be now. */
static struct text write_anew(int backup_fd) {
	FUZZ_CHECK(unlinkat(backup_fd, MANIFEST_NAME, 0) == 0 && manifest_write(backup_fd));
	return read_manifest(backup_fd);
}

static void put_manifest(int backup_fd, const struct text *text) {
	FUZZ_CHECK(unlinkat(backup_fd, MANIFEST_NAME, 0) == 0);
	int fd = openat(backup_fd, MANIFEST_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FUZZ_CHECK(fd >= 0 && write(fd, text->bytes, text->length) == (ssize_t)text->length);
	fd_close(&fd);
}

static void check_path(void *data, enum manifest_fault fault, const char *path) {
	int64_t *faults = data;
	(*faults)++;
	FUZZ_CHECK(fault <= MANIFEST_UNREADABLE && path[0] != '\0');
	for (const char *c = path; *c != '\0'; c++) {
		FUZZ_CHECK((*c > ' ' && *c < 0x7f) || fault == MANIFEST_UNREADABLE);
	}
}

static int64_t check(int backup_fd, uint64_t *entries) {
	int64_t told = 0;
	errno = 0;
	int64_t faults = manifest_check(backup_fd, check_path, &told, entries);
	FUZZ_CHECK(faults == told || (faults == -1 && told == 0 && errno != 0));
	return faults;
}

/* Lines, without those after a last one, and the last one that belongs to them. */
static struct text seal(const char *lines, size_t length) {
	char digest[SHA256_HEX_SIZE];
	struct sha256 hash;
	uint64_t entries = 0;
	for (const char *at = lines; at < lines + length; at++) {
		if (length - (size_t)(at - lines) > 4 && strncmp(at, "end ", 4) == 0 && (at == lines || at[-1] == '\n')) {
			length = (size_t)(at - lines);
		} else {
			entries += *at == '\n';
		}
	}
	sha256_init(&hash);
	sha256_add(&hash, lines, length);
	sha256_finish(&hash, digest);
	char *end = xasprintf("end %" PRIu64 " %s\n", entries > 0 ? entries - 1 : 0, digest);
	struct text text = { xcalloc(length + strlen(end) + 1, 1), length + strlen(end) };
	memcpy(text.bytes, lines, length);
	memcpy(text.bytes + length, end, strlen(end));
	free(end);
	return text;
}

static struct text make_given(const struct text *own, const char *how, const char *rest, size_t length) {
	if (strcmp(how, "sealed") == 0) {
		return seal(rest, length);
	}
	struct text copy = { xcalloc(own->length + length + 1, 1), own->length };
	if (strncmp(how, "patch ", 6) == 0) {
		size_t at = strtoull(how + 6, NULL, 10) % (own->length + 1);
		memcpy(copy.bytes, own->bytes, own->length);
		memcpy(copy.bytes + at, rest, length);
		copy.length = own->length > at + length ? own->length : at + length;
		struct text sealed = seal(copy.bytes, copy.length);
		free(copy.bytes);
		return sealed;
	}
	memcpy(copy.bytes, rest, length);
	copy.length = length;
	return copy;
}

/* Nothing is amiss just where the true manifest is the one that is there. */
static void check_against(int backup_fd, const struct text *given) {
	uint64_t entries;
	int64_t faults = check(backup_fd, &entries);
	struct text own = write_anew(backup_fd);
	bool same = own.length == given->length && memcmp(own.bytes, given->bytes, own.length) == 0;
	FUZZ_CHECK((faults == 0) == same);
	free(own.bytes);
}

static void try(int backup_fd, char *rest, const char *end) {
	uint64_t entries;
	tree_leave(backup_fd, &rest, LEFT_MAX);
	if (!manifest_write(backup_fd)) {
		/* Too deep, or the tree has one. */
		check(backup_fd, &entries);
		return;
	}
	struct text own = read_manifest(backup_fd);
	check_against(backup_fd, &own);

	tree_leave(backup_fd, &rest, LEFT_MAX);
	put_manifest(backup_fd, &own);
	check_against(backup_fd, &own);

	const char *how = tree_next_line(&rest);
	struct text given = make_given(&own, how, rest, (size_t)(end - rest));
	put_manifest(backup_fd, &given);
	check_against(backup_fd, &given);
	free(given.bytes);
	free(own.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char *text = xcalloc(size + 1, 1);
	if (size > 0) {
		memcpy(text, data, size);
	}
	int place_fd = tree_open();
	FUZZ_CHECK(mkdirat(place_fd, "backup", 0700) == 0);
	int backup_fd = beneath_open(place_fd, "backup", O_RDONLY | O_DIRECTORY, 0);
	try(backup_fd, text, text + size);
	fd_close(&backup_fd);
	fd_close(&place_fd);
	tree_remove("backup");
	free(text);
	return 0;
}
