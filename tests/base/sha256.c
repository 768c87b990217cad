#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include "base/sha256.h"

/* The first are FIPS 180-4's own examples. */
static void test_vectors(void **state) {
	static const struct {
		const char *text;
		size_t times;
		const char *digest;
	} rows[] = {
		{ "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char digest[SHA256_HEX_SIZE];
		struct sha256 hash;
		sha256_init(&hash);
		for (size_t j = 0; j < rows[i].times; j++) {
			sha256_add(&hash, rows[i].text, strlen(rows[i].text));
		}
		sha256_finish(&hash, digest);
		assert_string_equal(digest, rows[i].digest);
	}
}

/* However it is cut into pieces; around the lengths where the padding changes. */
static void test_pieces(void **state) {
	static uint8_t bytes[200];
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(i * 7);
	}
	for (size_t size = 50; size < 140; size++) {
		char whole[SHA256_HEX_SIZE], pieces[SHA256_HEX_SIZE];
		struct sha256 hash;
		sha256_init(&hash);
		sha256_add(&hash, bytes, size);
		sha256_finish(&hash, whole);
		sha256_init(&hash);
		for (size_t i = 0; i < size; i++) {
			sha256_add(&hash, bytes + i, 1);
		}
		sha256_finish(&hash, pieces);
		assert_string_equal(whole, pieces);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_vectors), cmocka_unit_test(test_pieces) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
