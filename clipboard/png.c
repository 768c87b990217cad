#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/memory.h"
#include "clipboard/png.h"

#define CHUNK_LENGTH_MAX 0x7fffffffu
#define IHDR_LENGTH 13
#define PALETTE_ENTRIES_MAX 256
#define COLOR_INDEXED 3

static const unsigned char signature[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };

/* Which bit depths a colour type has: PNG third edition, table 12. Bit n of depths: depth n is allowed. */
static const struct {
	uint32_t depths;
	enum { PALETTE_NONE, PALETTE_ALLOWED, PALETTE_NEEDED } palette;
} color_types[] = {
	[0] = { 1u << 1 | 1u << 2 | 1u << 4 | 1u << 8 | 1u << 16, PALETTE_NONE },
	[2] = { 1u << 8 | 1u << 16, PALETTE_ALLOWED },
	[COLOR_INDEXED] = { 1u << 1 | 1u << 2 | 1u << 4 | 1u << 8, PALETTE_NEEDED },
	[4] = { 1u << 8 | 1u << 16, PALETTE_NONE },
	[6] = { 1u << 8 | 1u << 16, PALETTE_ALLOWED },
};

enum part { PART_SIGNATURE, PART_CHUNK_HEAD, PART_CHUNK_DATA, PART_CHUNK_CRC, PART_END, PART_BROKEN };

struct png_check {
	enum part part;
	unsigned char untrusted_field[IHDR_LENGTH]; /* the fixed-size field being gathered: signature, head, IHDR, CRC */
	size_t field_length;
	char type[5];
	uint32_t chunk_length, data_left;
	uint32_t crc; /* of the chunk so far, inverted */
	unsigned char color_type, depth;
	bool has_header, has_palette, has_pixels;
	bool pixels_over; /* another chunk has followed the IDATs */
	uint32_t crc_table[256];
};

struct png_check *png_check_create(void) {
	struct png_check *check = xcalloc(1, sizeof(*check));
	check->part = PART_SIGNATURE;
	/* CRC-32 as in annex D of the standard: polynomial 0x04c11db7, reflected. */
	for (uint32_t n = 0; n < 256; n++) {
		uint32_t value = n;
		for (int bit = 0; bit < 8; bit++) {
			value = (value & 1) != 0 ? 0xedb88320u ^ value >> 1 : value >> 1;
		}
		check->crc_table[n] = value;
	}
	return check;
}

void png_check_destroy(struct png_check *check) {
	free(check);
}

static void crc_update(struct png_check *check, const unsigned char *untrusted_data, size_t length) {
	uint32_t crc = check->crc;
	for (size_t i = 0; i < length; i++) {
		crc = check->crc_table[(crc ^ untrusted_data[i]) & 0xff] ^ crc >> 8;
	}
	check->crc = crc;
}

static uint32_t read_u32(const unsigned char *untrusted_data) {
	return (uint32_t)untrusted_data[0] << 24 | (uint32_t)untrusted_data[1] << 16 | (uint32_t)untrusted_data[2] << 8 |
		untrusted_data[3];
}

static bool is_side(uint32_t pixels) {
	return pixels >= 1 && pixels <= PNG_SIDE_MAX;
}

static bool take_header(struct png_check *check) {
	const unsigned char *untrusted_header = check->untrusted_field;
	unsigned char depth = untrusted_header[8], color_type = untrusted_header[9];
	if (!is_side(read_u32(untrusted_header)) || !is_side(read_u32(untrusted_header + 4))) {
		return false;
	}
	if (color_type >= sizeof(color_types) / sizeof(color_types[0]) || depth > 16 ||
			(color_types[color_type].depths & 1u << depth) == 0) {
		return false;
	}
	/* One method each of compression and filtering exists, and two of interlacing. */
	if (untrusted_header[10] != 0 || untrusted_header[11] != 0 || untrusted_header[12] > 1) {
		return false;
	}
	check->depth = depth;
	check->color_type = color_type;
	check->has_header = true;
	return true;
}

static bool may_have_palette(const struct png_check *check) {
	uint32_t entries = check->chunk_length / 3;
	if (check->has_palette || check->has_pixels || check->chunk_length % 3 != 0 || entries == 0) {
		return false;
	}
	if (color_types[check->color_type].palette == PALETTE_NONE) {
		return false;
	}
	return entries <= (check->color_type == COLOR_INDEXED ? 1u << check->depth : PALETTE_ENTRIES_MAX);
}

static bool is_letter(unsigned char byte) {
	return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool type_is(const struct png_check *check, const char *type) {
	return memcmp(check->type, type, 4) == 0;
}

/* May this chunk stand here? Called with its length and type known and its data still to come. */
static bool take_chunk_head(struct png_check *check) {
	const unsigned char *untrusted_type = check->untrusted_field + 4;
	for (int i = 0; i < 4; i++) {
		if (!is_letter(untrusted_type[i])) {
			return false;
		}
	}
	memcpy(check->type, untrusted_type, 4);
	check->chunk_length = check->data_left = read_u32(check->untrusted_field);
	check->crc = UINT32_MAX;
	crc_update(check, untrusted_type, 4);

	if (check->chunk_length > CHUNK_LENGTH_MAX) {
		return false;
	}
	if (type_is(check, "IHDR") == check->has_header) {
		return false; /* it comes first, and once */
	}
	if (type_is(check, "IHDR")) {
		return check->chunk_length == IHDR_LENGTH;
	}
	if (type_is(check, "IDAT")) {
		bool palette_missing = color_types[check->color_type].palette == PALETTE_NEEDED && !check->has_palette;
		check->has_pixels = true;
		return !check->pixels_over && !palette_missing;
	}
	check->pixels_over = check->has_pixels;
	if (type_is(check, "PLTE")) {
		bool allowed = may_have_palette(check);
		check->has_palette = true;
		return allowed;
	}
	if (type_is(check, "IEND")) {
		return check->has_pixels && check->chunk_length == 0;
	}
	/* A small first letter: ancillary. A capital third letter: not of a reserved form. */
	return (check->type[0] & 0x20) != 0 && (check->type[2] & 0x20) == 0;
}

static bool take_chunk_crc(struct png_check *check) {
	if (read_u32(check->untrusted_field) != (check->crc ^ UINT32_MAX)) {
		return false;
	}
	check->part = type_is(check, "IEND") ? PART_END : PART_CHUNK_HEAD;
	return true;
}

/* Gathers a field of `wanted` bytes. Returns how many bytes it took; the field is whole when field_length is wanted. */
static size_t gather(struct png_check *check, size_t wanted, const unsigned char *untrusted_data, size_t length) {
	size_t taken = wanted - check->field_length;
	if (taken > length) {
		taken = length;
	}
	memcpy(check->untrusted_field + check->field_length, untrusted_data, taken);
	check->field_length += taken;
	return taken;
}

/* The data of a chunk: only the header's is looked into, and only it is kept. */
static size_t feed_data(struct png_check *check, const unsigned char *untrusted_data, size_t length) {
	size_t taken = check->data_left < length ? check->data_left : length;
	crc_update(check, untrusted_data, taken);
	if (type_is(check, "IHDR")) {
		gather(check, IHDR_LENGTH, untrusted_data, taken);
	}
	check->data_left -= (uint32_t)taken;
	if (check->data_left == 0) {
		bool fine = !type_is(check, "IHDR") || take_header(check);
		check->part = fine ? PART_CHUNK_CRC : PART_BROKEN;
		check->field_length = 0;
	}
	return taken;
}

/* One fixed-size field, or a part of it. */
static size_t feed_field(struct png_check *check, const unsigned char *untrusted_data, size_t length) {
	size_t wanted = check->part == PART_CHUNK_CRC ? 4 : 8;
	size_t taken = gather(check, wanted, untrusted_data, length);
	if (check->field_length < wanted) {
		return taken;
	}
	bool fine;
	if (check->part == PART_SIGNATURE) {
		fine = memcmp(check->untrusted_field, signature, sizeof(signature)) == 0;
		check->part = PART_CHUNK_HEAD;
	} else if (check->part == PART_CHUNK_HEAD) {
		fine = take_chunk_head(check);
		check->part = check->data_left > 0 ? PART_CHUNK_DATA : PART_CHUNK_CRC;
	} else {
		fine = take_chunk_crc(check);
	}
	if (!fine) {
		check->part = PART_BROKEN;
	}
	check->field_length = 0;
	return taken;
}

bool png_check_feed(struct png_check *check, const void *untrusted_data, size_t length) {
	const unsigned char *untrusted_bytes = untrusted_data;
	while (length > 0 && check->part != PART_BROKEN) {
		if (check->part == PART_END) {
			check->part = PART_BROKEN; /* something follows IEND */
			break;
		}
		size_t taken = check->part == PART_CHUNK_DATA ? feed_data(check, untrusted_bytes, length) :
			feed_field(check, untrusted_bytes, length);
		untrusted_bytes += taken;
		length -= taken;
	}
	return check->part != PART_BROKEN;
}

bool png_check_end(const struct png_check *check) {
	return check->part == PART_END;
}
