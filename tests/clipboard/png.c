#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "clipboard/png.h"
#include "tests/clipboard/sample.h"

/* Checks a copy of its exact size, cut in two, so that a sanitizer sees any step outside. */
static bool check_cut(const void *data, size_t size, size_t first) {
	struct png_check *check = png_check_create();
	unsigned char *a = malloc(first > 0 ? first : 1), *b = malloc(size - first > 0 ? size - first : 1);
	assert_non_null(a);
	assert_non_null(b);
	memcpy(a, data, first);
	memcpy(b, (const unsigned char *)data + first, size - first);
	bool fed = png_check_feed(check, a, first);
	fed = png_check_feed(check, b, size - first) && fed;
	bool valid = png_check_end(check);
	assert_true(fed || !valid);
	if (!fed) {
		/* It does not recover, not even by a whole image. */
		assert_false(png_check_feed(check, sample_png, sizeof(sample_png)));
		assert_false(png_check_end(check));
	}
	free(a);
	free(b);
	png_check_destroy(check);
	return valid;
}

static void test_sample(void **state) {
	(void)state;
	for (size_t first = 0; first <= sizeof(sample_png); first++) {
		assert_true(check_cut(sample_png, sizeof(sample_png), first));
	}
}

static void test_sample_byte_by_byte(void **state) {
	(void)state;
	struct png_check *check = png_check_create();
	for (size_t i = 0; i < sizeof(sample_png); i++) {
		assert_false(png_check_end(check));
		assert_true(png_check_feed(check, &sample_png[i], 1));
	}
	assert_true(png_check_end(check));
	assert_false(png_check_feed(check, "", 1)); /* something follows */
	assert_false(png_check_end(check));
	png_check_destroy(check);
	png_check_destroy(NULL);
}

static void test_every_flipped_bit_is_refused(void **state) {
	(void)state;
	unsigned char broken[sizeof(sample_png)];
	for (size_t i = 0; i < sizeof(sample_png) * 8; i++) {
		memcpy(broken, sample_png, sizeof(broken));
		broken[i / 8] ^= (unsigned char)(1u << i % 8);
		assert_false(check_cut(broken, sizeof(broken), 0));
	}
}

static void test_every_truncation_is_refused(void **state) {
	(void)state;
	for (size_t size = 0; size < sizeof(sample_png); size++) {
		assert_false(check_cut(sample_png, size, size / 2));
	}
}

static void test_what_follows_is_refused(void **state) {
	(void)state;
	unsigned char twice[2 * sizeof(sample_png)];
	memcpy(twice, sample_png, sizeof(sample_png));
	memcpy(twice + sizeof(sample_png), sample_png, sizeof(sample_png));
	for (size_t more = 1; more <= sizeof(sample_png); more++) {
		assert_false(check_cut(twice, sizeof(sample_png) + more, sizeof(sample_png)));
		assert_false(check_cut(twice, sizeof(sample_png) + more, 0));
	}
}

/* ---- images put together chunk by chunk ---- */

struct image {
	unsigned char bytes[4096];
	size_t size;
};

/* Bit by bit, as the standard defines it: another way than the one under test. */
static uint32_t slow_crc(const unsigned char *data, size_t size) {
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < size * 8; i++) {
		uint32_t bit = (uint32_t)data[i / 8] >> i % 8 & 1;
		crc = ((crc ^ bit) & 1) != 0 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
	}
	return crc ^ UINT32_MAX;
}

static void put_u32(struct image *image, uint32_t value) {
	for (int shift = 24; shift >= 0; shift -= 8) {
		image->bytes[image->size++] = (unsigned char)(value >> shift);
	}
}

static void put_bytes(struct image *image, const void *data, size_t size) {
	assert_true(image->size + size + 8 <= sizeof(image->bytes));
	memcpy(image->bytes + image->size, data, size);
	image->size += size;
}

static void put_chunk(struct image *image, const char *type, const void *data, size_t size) {
	put_u32(image, (uint32_t)size);
	size_t start = image->size;
	put_bytes(image, type, 4);
	put_bytes(image, data, size);
	put_u32(image, slow_crc(image->bytes + start, image->size - start));
}

static void put_header(struct image *image, uint32_t width, uint32_t height, const unsigned char rest[5]) {
	struct image header = { .size = 0 };
	put_u32(&header, width);
	put_u32(&header, height);
	put_bytes(&header, rest, 5);
	put_chunk(image, "IHDR", header.bytes, header.size);
}

static const unsigned char zeros[1024];

/* One letter a chunk: headers (grey, 1 bit; indexed, 2 bits; RGB), palettes by their size, pixels, end, and others. */
static void put_letter(struct image *image, char letter) {
	switch (letter) {
	case 'S': put_bytes(image, sample_png, 8); return;
	case 'H': put_header(image, 1, 1, (const unsigned char[]){ 1, 0, 0, 0, 0 }); return;
	case 'I': put_header(image, 1, 1, (const unsigned char[]){ 2, 3, 0, 0, 0 }); return;
	case 'G': put_header(image, 1, 1, (const unsigned char[]){ 8, 2, 0, 0, 0 }); return;
	case 'h': put_chunk(image, "IHDR", zeros, 12); return;
	case 'P': put_chunk(image, "PLTE", zeros, 9); return;
	case 'p': put_chunk(image, "PLTE", zeros, 12); return;
	case 'q': put_chunk(image, "PLTE", zeros, 15); return;
	case '0': put_chunk(image, "PLTE", zeros, 0); return;
	case '1': put_chunk(image, "PLTE", zeros, 10); return;
	case '6': put_chunk(image, "PLTE", zeros, 768); return;
	case '7': put_chunk(image, "PLTE", zeros, 771); return;
	case 'D': put_chunk(image, "IDAT", zeros, 11); return;
	case 'd': put_chunk(image, "IDAT", zeros, 0); return;
	case 'E': put_chunk(image, "IEND", zeros, 0); return;
	case 'e': put_chunk(image, "IEND", zeros, 1); return;
	case 't': put_chunk(image, "tEXt", "key\0text", 8); return;
	case 'X': put_chunk(image, "XXXX", zeros, 1); return; /* critical and unknown */
	case 'r': put_chunk(image, "teXT", zeros, 1); return; /* ancillary, not safe to copy */
	case 'R': put_chunk(image, "text", zeros, 1); return; /* the reserved bit is set */
	case '@': put_chunk(image, "t@Xt", zeros, 1); return;
	case 'n': put_chunk(image, "t\0Xt", zeros, 1); return;
	default: fail_msg("no such letter: %c", letter);
	}
}

static void test_order_of_chunks(void **state) {
	(void)state;
	static const struct {
		const char *letters;
		bool valid;
	} rows[] = {
		{ "SHDE", true },
		{ "SHdDdE", true },
		{ "SHDDDE", true },
		{ "SHtDtE", true },
		{ "SHrDE", true },
		{ "SIPDE", true },
		{ "SIpDE", true },
		{ "SGDE", true },
		{ "SG6DE", true },
		{ "", false },
		{ "S", false },
		{ "HDE", false },
		{ "SDE", false },
		{ "SHE", false }, /* no pixels */
		{ "SHD", false },
		{ "SHDEE", false },
		{ "SHDEt", false },
		{ "SHDe", false },
		{ "SHHDE", false },
		{ "SHDHE", false },
		{ "ShDE", false },
		{ "StHDE", false }, /* the header comes first */
		{ "SHDtDE", false }, /* pixels in one row */
		{ "SIDE", false }, /* no palette */
		{ "SIDPE", false },
		{ "SIPPDE", false },
		{ "SIqDE", false }, /* 5 entries for 2 bits */
		{ "SI0DE", false },
		{ "SI1DE", false },
		{ "SHPDE", false }, /* a palette for grey */
		{ "SGDPE", false },
		{ "SG7DE", false },
		{ "SHXDE", false },
		{ "SHDXE", false },
		{ "SHRDE", false },
		{ "SH@DE", false },
		{ "SHnDE", false },
		{ "SHDES", false },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct image image = { .size = 0 };
		for (const char *letter = rows[i].letters; *letter != '\0'; letter++) {
			put_letter(&image, *letter);
		}
		if (check_cut(image.bytes, image.size, image.size / 3) != rows[i].valid) {
			fail_msg("%s: wanted %d", rows[i].letters, rows[i].valid);
		}
	}
}

static bool check_header(uint32_t width, uint32_t height, unsigned char depth, unsigned char color,
		unsigned char compression, unsigned char filter, unsigned char interlace) {
	struct image image = { .size = 0 };
	put_letter(&image, 'S');
	put_header(&image, width, height, (const unsigned char[]){ depth, color, compression, filter, interlace });
	if (color == 3) {
		put_chunk(&image, "PLTE", zeros, 6);
	}
	put_letter(&image, 'D');
	put_letter(&image, 'E');
	return check_cut(image.bytes, image.size, 20);
}

static void test_sides(void **state) {
	(void)state;
	static const uint32_t fine[] = { 1, 2, PNG_SIDE_MAX - 1, PNG_SIDE_MAX };
	static const uint32_t wrong[] = { 0, PNG_SIDE_MAX + 1, INT32_MAX, 0x80000000u, 0x80000001u, UINT32_MAX };
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		assert_true(check_header(fine[i], 1, 8, 2, 0, 0, 0));
		assert_true(check_header(1, fine[i], 8, 2, 0, 0, 0));
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(check_header(wrong[i], 1, 8, 2, 0, 0, 0));
		assert_false(check_header(1, wrong[i], 8, 2, 0, 0, 0));
	}
}

static void test_depth_and_color(void **state) {
	(void)state;
	static const struct {
		unsigned char color, depth;
	} exist[] = {
		{ 0, 1 }, { 0, 2 }, { 0, 4 }, { 0, 8 }, { 0, 16 }, { 2, 8 }, { 2, 16 }, { 3, 1 }, { 3, 2 }, { 3, 4 },
		{ 3, 8 }, { 4, 8 }, { 4, 16 }, { 6, 8 }, { 6, 16 },
	};
	for (int color = 0; color < 256; color++) {
		for (int depth = 0; depth < 256; depth++) {
			bool wanted = false;
			for (size_t i = 0; i < sizeof(exist) / sizeof(exist[0]); i++) {
				wanted = wanted || (exist[i].color == color && exist[i].depth == depth);
			}
			assert_int_equal(check_header(1, 1, (unsigned char)depth, (unsigned char)color, 0, 0, 0), wanted);
		}
	}
}

static void test_methods(void **state) {
	(void)state;
	for (int value = 1; value < 256; value++) {
		assert_false(check_header(1, 1, 8, 2, (unsigned char)value, 0, 0));
		assert_false(check_header(1, 1, 8, 2, 0, (unsigned char)value, 0));
		assert_int_equal(check_header(1, 1, 8, 2, 0, 0, (unsigned char)value), value == 1);
	}
}

static void test_length_past_the_end(void **state) {
	(void)state;
	static const uint32_t lengths[] = { 0x7fffffff, 0x80000000u, UINT32_MAX };
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct image image = { .size = 0 };
		put_letter(&image, 'S');
		put_letter(&image, 'H');
		put_u32(&image, lengths[i]);
		put_bytes(&image, "IDAT", 4);
		struct png_check *check = png_check_create();
		/* One that the standard allows may still be coming; one that it does not is refused at once. */
		assert_int_equal(png_check_feed(check, image.bytes, image.size), lengths[i] == 0x7fffffff);
		assert_false(png_check_end(check));
		png_check_destroy(check);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_sample_byte_by_byte),
		cmocka_unit_test(test_every_flipped_bit_is_refused),
		cmocka_unit_test(test_every_truncation_is_refused),
		cmocka_unit_test(test_what_follows_is_refused),
		cmocka_unit_test(test_order_of_chunks),
		cmocka_unit_test(test_sides),
		cmocka_unit_test(test_depth_and_color),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_length_past_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
