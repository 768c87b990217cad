#ifndef BASE_SHA256_H
#define BASE_SHA256_H

/* SHA-256, FIPS 180-4: to notice what has changed, not to keep secrets. */

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32
#define SHA256_HEX_SIZE 65 /* 64 digits and a zero byte */

struct sha256 {
	uint32_t state[8];
	uint64_t length; /* bytes so far */
	uint8_t block[64];
};

void sha256_init(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *data, size_t size);
/* Writes the digest in lower-case hexadecimal digits. The hash is to be initialised before it is used again. */
void sha256_finish(struct sha256 *hash, char out[SHA256_HEX_SIZE]);

#endif
