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
#define PATH_SIZE ((PATH_MAX - 1) * 4 + 1) /* escaped, with its zero byte; longer paths are not written */
#define LINE_SIZE (PATH_SIZE + 128)

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
	if (strlen(entry->untrusted_path) >= PATH_MAX) {
		writing->error = ENAMETOOLONG;
		return WALK_STOP;
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

/* ---- reading ---- */

static int from_hex(char digit) {
	return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/*
 * The byte that an escaped character stands for; sets *length to how long it is. -1 where escape() writes no such
 * thing, and at the end of the text.
 */
static int unescape(const char *untrusted_text, int *length) {
	int byte = (unsigned char)untrusted_text[0];
	*length = 1;
	if (byte != '\\') {
		return byte > ' ' && byte < 0x7f ? byte : -1;
	}
	int high = untrusted_text[1] == 'x' ? from_hex(untrusted_text[2]) : -1;
	int low = high >= 0 ? from_hex(untrusted_text[3]) : -1;
	if (low < 0) {
		return -1;
	}
	*length = 4;
	byte = high << 4 | low;
	return byte == 0 || (byte > ' ' && byte < 0x7f && byte != '\\') ? -1 : byte;
}

static bool is_path(const char *untrusted_path) {
	int length;
	const char *at = untrusted_path;
	while (*at != '\0' && unescape(at, &length) >= 0) {
		at += length;
	}
	return at > untrusted_path && *at == '\0';
}

/* As the walk orders them: by the bytes of the components, the end and the slash before all others. */
static int compare(const char *a, const char *b) {
	while (true) {
		int a_length, b_length, x = unescape(a, &a_length), y = unescape(b, &b_length);
		x = a[0] == '/' ? 0 : x;
		y = b[0] == '/' ? 0 : y;
		if (x != y || x == -1) {
			return x - y;
		}
		a += a_length;
		b += b_length;
	}
}

/* Behind one blank; NULL where there is none. */
static const char *after_blank(const char *at) {
	/* analyzer: the line's end is none of the bytes that were stepped over */
	return *at == ' ' ? at + 1 : NULL;
}

/* The path in the line of an entry; NULL where it is none that put() would write. */
static const char *find_path(const char *untrusted_line) {
	static const char digits[] = "0123456789", hex_digits[] = "0123456789abcdef";
	static const char *const sized[] = { "file ", "link " }, *const plain[] = { "directory - - ", "special - - " };
	const char *path = NULL;
	for (size_t i = 0; i < 2 && path == NULL; i++) {
		size_t length = strlen(sized[i]);
		if (strncmp(untrusted_line, sized[i], length) == 0) {
			size_t size_length = strspn(untrusted_line + length, digits);
			const char *digest = size_length > 0 ? after_blank(untrusted_line + length + size_length) : NULL;
			path = digest != NULL && strspn(digest, hex_digits) == SHA256_HEX_SIZE - 1
				? after_blank(digest + SHA256_HEX_SIZE - 1)
				: NULL;
		} else if (strncmp(untrusted_line, plain[i], strlen(plain[i])) == 0) {
			path = untrusted_line + strlen(plain[i]);
		}
	}
	return path != NULL && is_path(path) ? path : NULL;
}

/* A line without its line feed, in LINE_SIZE bytes. False at the end, and where none of ours is so long or has a zero byte. */
static bool read_line(FILE *in, char *line) {
	/* analyzer: where it has ended or failed, it is read once more at most, and says so again */
	if (fgets(line, LINE_SIZE, in) == NULL) {
		return false;
	}
	size_t length = strlen(line);
	if (length == 0 || line[length - 1] != '\n') {
		return false;
	}
	line[length - 1] = '\0';
	return true;
}

static bool is_at_end(FILE *in) {
	return fgetc(in) == EOF && !ferror(in);
}

/*
 * Reads the whole once, to know that manifest_write() could have written it: then what is shown of it is fit for a terminal,
 * and it goes by the walk's order. The digest tells damage; whoever changes the backup can write another.
 */
static bool is_sound(FILE *in, uint64_t *entries) {
	static char untrusted_line[LINE_SIZE], before[PATH_SIZE];
	char digest[SHA256_HEX_SIZE], end[SHA256_HEX_SIZE + 32];
	struct sha256 hash;
	sha256_init(&hash);
	*entries = 0;
	before[0] = '\0';
	if (!read_line(in, untrusted_line) || strcmp(untrusted_line, HEAD) != 0) {
		return false;
	}
	do {
		sha256_add(&hash, untrusted_line, strlen(untrusted_line));
		sha256_add(&hash, "\n", 1);
		if (!read_line(in, untrusted_line)) {
			return false;
		}
		const char *path = find_path(untrusted_line);
		if (path == NULL) {
			break;
		}
		if (compare(before, path) >= 0 || !copy_string(before, sizeof(before), path)) {
			return false;
		}
		(*entries)++;
	} while (true);
	sha256_finish(&hash, digest);
	snprintf(end, sizeof(end), "end %" PRIu64 " %s", *entries, digest);
	return strcmp(untrusted_line, end) == 0 && is_at_end(in);
}

/* ---- checking ---- */

struct checking {
	FILE *in;
	char *line; /* LINE_SIZE bytes */
	const char *path; /* in the line; NULL behind the last entry */
	manifest_visitor visit;
	void *data;
	int64_t faults;
};

static void next_line(struct checking *checking) {
	checking->path = read_line(checking->in, checking->line) ? find_path(checking->line) : NULL;
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
	while (checking->path != NULL && compare(checking->path, path) < 0) {
		report(checking, MANIFEST_MISSING, checking->path);
		next_line(checking);
	}
	if (checking->path == NULL || compare(checking->path, path) != 0) {
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
	checking.line = xcalloc(LINE_SIZE, 1);
	next_line(&checking); /* the head */
	next_line(&checking);
	struct walk_result result = walk_tree(directory_fd, &limits, check_entry, &checking);
	while (checking.path != NULL) {
		report(&checking, MANIFEST_MISSING, checking.path);
		next_line(&checking);
	}
	if (result.cut || result.unreadable > 0) {
		report(&checking, MANIFEST_UNREADABLE, "a directory");
	}
	free(checking.line);
	fclose(checking.in);
	return checking.faults;
}
