// What the files of SHA-2 share: the round constants, words from bytes, and the kernels behind the dispatch.
#ifndef TK_SHA2_KERNELS_H
#define TK_SHA2_KERNELS_H

#include "tk_sha2.h"

#include <string.h>

/// The constants of the rounds (FIPS 180-4 §4.2.2, §4.2.3).
extern const uint32_t tk_sha256_round[64];
extern const uint64_t tk_sha512_round[80];

static inline uint32_t word32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline uint64_t word64(const uint8_t *bytes) { return (uint64_t)word32(bytes) << 32 | word32(bytes + 4); }

static inline void put_word32(uint8_t *bytes, uint32_t word) {
    for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(word >> (24 - 8 * i));
}

static inline void put_word64(uint8_t *bytes, uint64_t word) {
    put_word32(bytes, (uint32_t)(word >> 32));
    put_word32(bytes + 4, (uint32_t)word);
}

/// Where frames lie and where their digests go; the meaning is that of tk_sha256_frames.
struct frames {
    const uint8_t *first;
    size_t stride;
    unsigned blocks;
    uint8_t *digests;
    size_t digest_stride;
    unsigned digest_size;
};

/// Copies the first bytes of `count` digests of `size` bytes each to their places from frame `from` on.
static inline void put_digests(const struct frames *frames, size_t from, size_t count, size_t size, const uint8_t *digests) {
    uint8_t *place = frames->digests + from * frames->digest_stride;
    for (size_t i = 0; i < count; i++, place += frames->digest_stride, digests += size) {
        // The sizes that occur, told to the compiler.
        switch (frames->digest_size) {
        case 16: memcpy(place, digests, 16); break;
        case 24: memcpy(place, digests, 24); break;
        case 32: memcpy(place, digests, 32); break;
        default: memcpy(place, digests, frames->digest_size);
        }
    }
}

void tk_sha256_compress_portable(uint32_t state[8], const uint8_t *blocks, size_t count);

#if defined(__x86_64__)
void tk_sha256_compress_ni(uint32_t state[8], const uint8_t *blocks, size_t count);

/// Frames `from` and `from` + 1.
void tk_sha256_two_ni(const uint32_t start[8], const struct frames *frames, size_t from);

/// Frames from `from` on, `count` of them: at most 8 (AVX2) or 16 (AVX-512).
void tk_sha256_eight_avx2(const uint32_t start[8], const struct frames *frames, size_t from, size_t count);
void tk_sha256_sixteen_avx512(const uint32_t start[8], const struct frames *frames, size_t from, size_t count);

/// Frames from `from` on, `count` of them: at most 4 (AVX2) or 8 (AVX-512).
void tk_sha512_four_avx2(const uint64_t start[8], const struct frames *frames, size_t from, size_t count);
void tk_sha512_eight_avx512(const uint64_t start[8], const struct frames *frames, size_t from, size_t count);
#endif

#endif
