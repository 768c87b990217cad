#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/fd.h"
#include "clipboard/snapshot.h"

#define TEXT "text/plain;charset=utf-8"
#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int sealed(const char *text) {
	int fd = fd_sealed_memfd("test", text, strlen(text));
	assert_true(fd >= 0);
	return fd;
}

static bool is_open(int fd) {
	return fcntl(fd, F_GETFD) >= 0;
}

static void test_holds(void **state) {
	(void)state;
	struct snapshot *snapshot = snapshot_create();
	assert_int_equal(snapshot_get_len(snapshot), 0);
	assert_int_equal(snapshot_get_size(snapshot), 0);
	assert_int_equal(snapshot_find(snapshot, TEXT), -1);

	int text = sealed("hello"), html = sealed("<b>hello</b>");
	char mime[] = "text/html";
	assert_true(snapshot_add(snapshot, CLIP_TEXT, TEXT, text, 5));
	assert_true(snapshot_add(snapshot, CLIP_OTHER, mime, html, 12));
	mime[0] = 'X'; /* the name was copied: the config that it is from may go */
	assert_int_equal(snapshot_get_len(snapshot), 2);
	assert_int_equal(snapshot_get_size(snapshot), 17);
	assert_string_equal(snapshot_get_mime(snapshot, 0), TEXT);
	assert_string_equal(snapshot_get_mime(snapshot, 1), "text/html");
	assert_int_equal(snapshot_get_kind(snapshot, 0), CLIP_TEXT);
	assert_int_equal(snapshot_get_kind(snapshot, 1), CLIP_OTHER);

	uint64_t size = 0;
	assert_int_equal(snapshot_get_fd(snapshot, 1, &size), html);
	assert_int_equal(size, 12);
	char *mapped = mmap(NULL, size, PROT_READ, MAP_PRIVATE, html, 0);
	assert_ptr_not_equal(mapped, MAP_FAILED);
	assert_memory_equal(mapped, "<b>hello</b>", 12);
	munmap(mapped, size);
	snapshot_unref(snapshot);
}

static void test_many_types(void **state) {
	(void)state;
	struct snapshot *snapshot = snapshot_create();
	for (int i = 0; i < 40; i++) {
		char mime[32];
		snprintf(mime, sizeof(mime), "test/%d", i);
		assert_true(snapshot_add(snapshot, CLIP_OTHER, mime, sealed("ab"), 2));
	}
	assert_int_equal(snapshot_get_len(snapshot), 40);
	assert_int_equal(snapshot_get_size(snapshot), 80);
	assert_int_equal(snapshot_find(snapshot, "test/39"), 39);
	snapshot_unref(snapshot);
}

static void test_last_reference_closes(void **state) {
	(void)state;
	struct snapshot *snapshot = snapshot_create();
	int fd = sealed("hello");
	assert_true(snapshot_add(snapshot, CLIP_TEXT, TEXT, fd, 5));
	assert_ptr_equal(snapshot_ref(snapshot), snapshot);
	snapshot_ref(snapshot);
	snapshot_unref(snapshot);
	snapshot_unref(snapshot);
	assert_true(is_open(fd));
	snapshot_unref(snapshot);
	assert_false(is_open(fd));
	snapshot_unref(NULL);
}

/* C3: what can still change is not held. */
static void test_unsealed_is_refused(void **state) {
	(void)state;
	static const int seals[] = {
		0, F_SEAL_SHRINK | F_SEAL_GROW, ALL_SEALS & ~F_SEAL_WRITE, ALL_SEALS & ~F_SEAL_SHRINK,
		ALL_SEALS & ~F_SEAL_GROW, ALL_SEALS & ~F_SEAL_SEAL,
	};
	struct snapshot *snapshot = snapshot_create();
	for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++) {
		int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, "hello", 5), 5);
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals[i]), 0);
		assert_false(snapshot_add(snapshot, CLIP_TEXT, TEXT, fd, 5));
		assert_false(is_open(fd));
	}
	static const uint64_t sizes[] = { 0, 4, 6, UINT64_MAX };
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int fd = sealed("hello");
		assert_false(snapshot_add(snapshot, CLIP_TEXT, TEXT, fd, sizes[i]));
		assert_false(is_open(fd));
	}
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	assert_false(snapshot_add(snapshot, CLIP_TEXT, TEXT, ends[0], 0));
	assert_false(is_open(ends[0]));
	close(ends[1]);
	assert_false(snapshot_add(snapshot, CLIP_TEXT, TEXT, -1, 0));
	assert_int_equal(snapshot_get_len(snapshot), 0);
	snapshot_unref(snapshot);
}

static void test_find(void **state) {
	(void)state;
	static const struct {
		const char *mime;
		int index;
	} rows[] = {
		{ "text/html", 0 }, { "image/png", 1 }, { TEXT, 2 }, { "text/plain", 2 }, { "UTF8_STRING", 2 },
		{ "STRING", 2 }, { "TEXT", 2 }, { "", -1 }, { "text", -1 }, { "image/jpeg", -1 }, { "text/htm", -1 },
		{ "text/html ", -1 }, { "text/plain;charset=latin1", -1 },
	};
	struct snapshot *snapshot = snapshot_create();
	assert_true(snapshot_add(snapshot, CLIP_OTHER, "text/html", sealed("a"), 1));
	assert_true(snapshot_add(snapshot, CLIP_PNG, "image/png", sealed("b"), 1));
	assert_true(snapshot_add(snapshot, CLIP_TEXT, TEXT, sealed("c"), 1));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(snapshot_find(snapshot, rows[i].mime), rows[i].index);
	}
	snapshot_unref(snapshot);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_many_types),
		cmocka_unit_test(test_last_reference_closes),
		cmocka_unit_test(test_unsealed_is_refused),
		cmocka_unit_test(test_find),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
