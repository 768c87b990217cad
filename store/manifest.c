#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/beneath.h"
#include "base/fd.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "store/manifest.h"
#include "store/walk.h"

#define HEAD "cofferdam-backup 1"
static const struct walk_limits limits = { .entries = UINT64_MAX, .depth = WALK_DEPTH_MANIFEST };

#define BUFFER_SIZE (256 * 1024)

/* ---- one entry as a line ---- */

/* The caller frees it. */
static char *escape(const char *untrusted_path) {
	char *text = xcalloc(strlen(untrusted_path) * 4 + 1, 1), *out = text;
	for (const unsigned char *c = (const unsigned char *)untrusted_path; *c != '\0'; c++) {
		if (*c > ' ' && *c < 0x7f && *c != '\\') {
			*out++ = (char)*c;
		} else {
			out += sprintf(out, "\\x%02x", *c);
		}
	}
	return text;
}

static bool hash_file(int parent_fd, const char *name, off_t *size, char digest[SHA256_HEX_SIZE]) {
	static char buffer[BUFFER_SIZE];
	struct stat status;
	struct sha256 hash;
	ssize_t n;
	int fd = walk_open_file(parent_fd, name, &status);
	if (fd < 0) {
		return false;
	}
	sha256_init(&hash);
	*size = 0;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0 || (n < 0 && errno == EINTR)) {
		if (n > 0) {
			sha256_add(&hash, buffer, (size_t)n);
			*size += n;
		}
	}
	sha256_finish(&hash, digest);
	fd_close(&fd);
	return n == 0;
}

/* "TYPE SIZE DIGEST", without the path; NULL, errno set, where it cannot be read. The caller frees it. */
static char *describe(const struct walk_entry *entry) {
	char digest[SHA256_HEX_SIZE], target[PATH_MAX];
	struct sha256 hash;
	off_t size;
	ssize_t length;
	switch (entry->status.st_mode & S_IFMT) {
	case S_IFDIR:
		return xstrdup("directory - -");
	case S_IFREG:
		return hash_file(entry->parent_fd, entry->untrusted_name, &size, digest)
			? xasprintf("file %jd %s", (intmax_t)size, digest)
			: NULL;
	case S_IFLNK:
		length = readlinkat(entry->parent_fd, entry->untrusted_name, target, sizeof(target));
		if (length < 0) {
			return NULL;
		}
		sha256_init(&hash);
		sha256_add(&hash, target, (size_t)length);
		sha256_finish(&hash, digest);
		return xasprintf("link %zd %s", length, digest);
	default:
		return xstrdup("special - -");
	}
}

static bool is_manifest(const struct walk_entry *entry) {
	return strcmp(entry->untrusted_path, MANIFEST_NAME) == 0;
}

/* ---- writing ---- */

struct writing {
	FILE *out;
	struct sha256 hash;
	uint64_t entries;
	int error;
};

static void put(struct writing *writing, const char *text) {
	fputs(text, writing->out);
	sha256_add(&writing->hash, text, strlen(text));
}

static enum walk_step write_entry(void *data, const struct walk_entry *entry) {
	struct writing *writing = data;
	if (is_manifest(entry)) {
		return WALK_ON;
	}
	char *description = describe(entry), *path = escape(entry->untrusted_path);
	if (description == NULL) {
		writing->error = errno;
	} else {
		put(writing, description);
		put(writing, " ");
		put(writing, path);
		put(writing, "\n");
		writing->entries++;
	}
	free(description);
	free(path);
	return writing->error != 0 ? WALK_STOP : WALK_ON;
}

bool manifest_write(int directory_fd) {
	char digest[SHA256_HEX_SIZE];
	struct writing writing = { 0 };
	int fd = beneath_open(directory_fd, MANIFEST_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	writing.out = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (writing.out == NULL) {
		fd_close(&fd);
		return false;
	}
	sha256_init(&writing.hash);
	put(&writing, HEAD "\n");
	struct walk_result result = walk_tree(directory_fd, &limits, write_entry, &writing);
	sha256_finish(&writing.hash, digest);
	fprintf(writing.out, "end %" PRIu64 " %s\n", writing.entries, digest);
	if (writing.error == 0 && (result.cut || result.unreadable > 0)) {
		writing.error = E2BIG;
	}
	if ((fflush(writing.out) != 0 || fsync(fd) != 0) && writing.error == 0) {
		writing.error = errno;
	}
	fclose(writing.out);
	errno = writing.error;
	return writing.error == 0;
}

/* ---- checking ---- */

struct checking {
	FILE *in;
	char *line; /* the next of the manifest; NULL at its end */
	size_t room;
	uint64_t entries; /* of the manifest */
	manifest_visitor visit;
	void *data;
	int64_t faults;
};

/* Reads the whole once, to know that it is what was written. */
static bool is_sound(FILE *in, uint64_t *entries) {
	char *line = NULL, digest[SHA256_HEX_SIZE], said[SHA256_HEX_SIZE];
	size_t room = 0;
	ssize_t length;
	uint64_t lines = 0, claimed = 0;
	bool sound = false;
	struct sha256 hash;
	sha256_init(&hash);
	while ((length = getline(&line, &room, in)) > 0) {
		if (sscanf(line, "end %" SCNu64 " %64[0-9a-f]\n", &claimed, said) == 2) {
			sha256_finish(&hash, digest);
			sound = line[length - 1] == '\n' && lines > 0 && claimed == lines - 1 && strcmp(digest, said) == 0 && getline(&line, &room, in) < 0;
			break;
		}
		if (lines++ == 0 && strcmp(line, HEAD "\n") != 0) {
			break;
		}
		sha256_add(&hash, line, (size_t)length);
	}
	free(line);
	*entries = claimed;
	return sound;
}

static void next_line(struct checking *checking) {
	/* analyzer: manifest_check() closes it */
	ssize_t length = checking->line != NULL ? getline(&checking->line, &checking->room, checking->in) : -1;
	if (length <= 0 || strncmp(checking->line, "end ", 4) == 0) {
		free(checking->line);
		checking->line = NULL;
	} else {
		checking->line[length - 1] = '\0';
	}
}

/* Where the path begins in a line. Sound ones have it. */
static const char *path_of(const char *line) {
	for (int blanks = 0; blanks < 3 && *line != '\0'; line++) {
		blanks += *line == ' ';
	}
	return line;
}

/* The byte that an escaped character stands for; sets *length to how long it is. */
static int unescape(const char *text, int *length) {
	unsigned byte;
	if (text[0] == '\\' && sscanf(text, "\\x%2x", &byte) == 1) {
		*length = 4;
		return (int)byte;
	}
	*length = 1;
	return (unsigned char)text[0];
}

/* As the walk orders them: by the bytes of the components, the end and the slash before all others. */
static int compare(const char *a, const char *b) {
	while (true) {
		int a_length, b_length, x = unescape(a, &a_length), y = unescape(b, &b_length);
		x = a[0] == '\0' ? -1 : a[0] == '/' ? 0 : x;
		y = b[0] == '\0' ? -1 : b[0] == '/' ? 0 : y;
		if (x != y || x == -1) {
			return x - y;
		}
		a += a_length;
		b += b_length;
	}
}

static void report(struct checking *checking, enum manifest_fault fault, const char *path) {
	checking->faults++;
	checking->visit(checking->data, fault, path);
}

static enum walk_step check_entry(void *data, const struct walk_entry *entry) {
	struct checking *checking = data;
	if (is_manifest(entry)) {
		return WALK_ON;
	}
	char *path = escape(entry->untrusted_path);
	while (checking->line != NULL && compare(path_of(checking->line), path) < 0) {
		report(checking, MANIFEST_MISSING, path_of(checking->line));
		next_line(checking);
	}
	if (checking->line == NULL || compare(path_of(checking->line), path) != 0) {
		report(checking, MANIFEST_ADDED, path);
	} else {
		char *description = describe(entry);
		size_t length = description != NULL ? strlen(description) : 0;
		if (description == NULL) {
			report(checking, MANIFEST_UNREADABLE, path);
		} else if (strncmp(checking->line, description, length) != 0 || checking->line[length] != ' ') {
			report(checking, MANIFEST_CHANGED, path);
		}
		free(description);
		next_line(checking);
	}
	/* analyzer: the line is freed with the last one, by next_line() */
	free(path);
	return WALK_ON;
}

int64_t manifest_check(int directory_fd, manifest_visitor visit, void *data, uint64_t *entries) {
	struct checking checking = { .visit = visit, .data = data };
	struct stat status;
	int fd = walk_open_file(directory_fd, MANIFEST_NAME, &status);
	checking.in = fd >= 0 ? fdopen(fd, "r") : NULL;
	if (checking.in == NULL) {
		fd_close(&fd);
		return -1;
	}
	if (!is_sound(checking.in, entries)) {
		fclose(checking.in);
		errno = EBADMSG;
		return -1;
	}
	rewind(checking.in);
	checking.line = xcalloc(1, 1);
	checking.room = 1;
	next_line(&checking); /* the head */
	next_line(&checking);
	/* analyzer: the line is freed with the last one, by next_line() */
	struct walk_result result = walk_tree(directory_fd, &limits, check_entry, &checking);
	while (checking.line != NULL) {
		report(&checking, MANIFEST_MISSING, path_of(checking.line));
		next_line(&checking);
	}
	if (result.cut || result.unreadable > 0) {
		report(&checking, MANIFEST_UNREADABLE, "a directory");
	}
	fclose(checking.in);
	return checking.faults;
}
