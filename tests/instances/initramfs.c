#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fd.h"
#include "instances/initramfs.h"

/* One file of the archive at *cursor, read as the kernel reads it, by what its header says. */
struct entry {
	unsigned int fields[13]; /* inode, mode, uid, gid, links, time, size, four of devices, name's size, check */
	const char *name, *content;
};

static void read_entry(const char *archive, size_t size, size_t *cursor, struct entry *entry) {
	assert_true(*cursor + 110 <= size);
	assert_memory_equal(archive + *cursor, "070701", 6);
	for (size_t i = 0; i < 13; i++) {
		char digits[9] = "", *end;
		memcpy(digits, archive + *cursor + 6 + 8 * i, 8);
		entry->fields[i] = (unsigned int)strtoul(digits, &end, 16);
		assert_int_equal(end - digits, 8);
	}
	entry->name = archive + *cursor + 110;
	assert_int_equal(strlen(entry->name) + 1, entry->fields[11]);
	*cursor = (*cursor + 110 + entry->fields[11] + 3) / 4 * 4;
	entry->content = archive + *cursor;
	*cursor = (*cursor + entry->fields[6] + 3) / 4 * 4;
	assert_true(*cursor <= size);
}

static void test_archive(void **state) {
	static const char *const contents[] = { "", "a", "ab", "abc", "abcd", "abcde" };
	struct initramfs_file files[] = {
		{ "modules", S_IFDIR | 0755, -1 },
		{ "init", S_IFREG | 0755, -1 },
		{ "modules/00-a", S_IFREG | 0644, -1 },
		{ "modules/01-ab", S_IFREG | 0644, -1 },
		{ "modules/02-abc", S_IFREG | 0644, -1 },
		{ "modules/03-abcd", S_IFREG | 0644, -1 },
	};
	const size_t len = sizeof(files) / sizeof(files[0]);
	for (size_t i = 1; i < len; i++) {
		files[i].fd = fd_sealed_memfd("content", contents[i], strlen(contents[i]));
		assert_true(files[i].fd >= 0);
	}
	int fd = initramfs_create(files, len);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GET_SEALS) & (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
		F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	size_t size, cursor = 0;
	char *archive = fd_read_all(fd, 1024 * 1024, &size);
	assert_non_null(archive);
	assert_int_equal(size % 4, 0);
	struct entry entry;
	for (size_t i = 0; i < len; i++) {
		read_entry(archive, size, &cursor, &entry);
		assert_string_equal(entry.name, files[i].name);
		assert_int_equal(entry.fields[0], i + 1);
		assert_int_equal(entry.fields[1], files[i].mode);
		assert_int_equal(entry.fields[2] + entry.fields[3], 0); /* root's */
		assert_int_equal(entry.fields[5], 0);
		assert_int_equal(entry.fields[6], strlen(contents[i]));
		assert_memory_equal(entry.content, contents[i], strlen(contents[i]));
	}
	read_entry(archive, size, &cursor, &entry);
	assert_string_equal(entry.name, "TRAILER!!!");
	assert_int_equal(cursor, size);
	free(archive);
	fd_close(&fd);
	for (size_t i = 1; i < len; i++) {
		fd_close(&files[i].fd);
	}
}

/* What cannot be read is not left out. */
static void test_unreadable(void **state) {
	int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct initramfs_file files[] = { { "init", S_IFREG | 0755, directory } };
	assert_int_equal(initramfs_create(files, 1), -1);
	assert_int_equal(errno, EISDIR);
	fd_close(&directory);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_archive),
		cmocka_unit_test(test_unreadable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
