/*
 * The PNG checker. The first byte: bit 0, put the CRCs right first (chance alone would never find one); the other
 * bits, into what pieces it is cut.
 */

#include <stdbool.h>
#include <string.h>
#include "base/memory.h"
#include "clipboard/png.h"
#include "tests/fuzz/fuzz.h"

#define SIGNATURE_SIZE 8
#define CHUNK_SIZE 12 /* length, name, CRC */

static uint32_t crc(const uint8_t *data, size_t size) {
	uint32_t value = UINT32_MAX;
	for (size_t i = 0; i < size; i++) {
		value ^= data[i];
		for (int bit = 0; bit < 8; bit++) {
			value = (value >> 1) ^ ((value & 1) != 0 ? 0xedb88320 : 0);
		}
	}
	return ~value;
}

static uint32_t get_number(const uint8_t *data) {
	return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

static void repair(uint8_t *data, size_t size) {
	for (size_t at = SIGNATURE_SIZE; at + CHUNK_SIZE <= size;) {
		size_t length = get_number(data + at);
		if (length > size - at - CHUNK_SIZE) {
			return;
		}
		uint32_t value = crc(data + at + 4, length + 4);
		uint8_t *place = data + at + 8 + length;
		for (int i = 0; i < 4; i++) {
			place[i] = (uint8_t)(value >> (24 - 8 * i));
		}
		at += CHUNK_SIZE + length;
	}
}

static bool check_in_pieces(const uint8_t *data, size_t size, size_t piece) {
	struct png_check *check = png_check_create();
	bool possible = true;
	for (size_t at = 0; at < size; at += piece) {
		bool still = png_check_feed(check, data + at, size - at < piece ? size - at : piece);
		FUZZ_CHECK(possible || !still); /* once refused, for ever */
		possible = still;
	}
	bool valid = png_check_end(check);
	FUZZ_CHECK(possible || !valid);
	png_check_destroy(check);
	return valid;
}

/* What every reader of the result counts on. */
static void check_valid(const uint8_t *data, size_t size) {
	static const uint8_t signature[] = { 0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a };
	static const uint8_t end[] = { 0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82 };
	FUZZ_CHECK(size >= SIGNATURE_SIZE + CHUNK_SIZE + 13 + sizeof(end));
	FUZZ_CHECK(memcmp(data, signature, sizeof(signature)) == 0);
	FUZZ_CHECK(memcmp(data + size - sizeof(end), end, sizeof(end)) == 0);
	uint32_t width = get_number(data + 16), height = get_number(data + 20);
	FUZZ_CHECK(width >= 1 && width <= PNG_SIDE_MAX && height >= 1 && height <= PNG_SIDE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (size < 2) {
		return 0;
	}
	size_t length = size - 1;
	uint8_t *image = xcalloc(length, 1);
	memcpy(image, data + 1, length);
	if ((data[0] & 1) != 0) {
		repair(image, length);
	}
	bool valid = check_in_pieces(image, length, length);
	FUZZ_CHECK(valid == check_in_pieces(image, length, 1 + (data[0] >> 1)));
	if (valid) {
		check_valid(image, length);
	}
	free(image);
	return 0;
}
