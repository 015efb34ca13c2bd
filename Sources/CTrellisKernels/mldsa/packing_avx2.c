// Packing and unpacking of z, t1 and the high parts, eight coefficients or more at a time.
#include <string.h>

#include "versions.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define INLINE static inline __attribute__((always_inline, target("avx2")))

INLINE __m256i load(const int32_t *at) { return _mm256_load_si256((const __m256i *)(const void *)at); }
INLINE __m128i load_bytes(const uint8_t *at) { return _mm_loadu_si128((const __m128i *)(const void *)at); }
INLINE void store_bytes(uint8_t *at, __m128i v) { _mm_storeu_si128((__m128i *)(void *)at, v); }

// MARK: high parts

/// 32 coefficients below 64 as bytes, in the order of their dwords: 0, 8, 16, 24, then the same plus 4.
INLINE __m256i as_bytes(const int32_t *c) {
    return _mm256_packus_epi16(_mm256_packus_epi32(load(c), load(c + 8)), _mm256_packus_epi32(load(c + 16), load(c + 24)));
}

/// Four bits each.
TARGET static void pack_nibbles(uint8_t *bytes, const polynomial *high) {
    const __m256i pair = _mm256_set1_epi16(0x1001), order = _mm256_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15, 0, 1, 8, 9, 2, 3,
                                                                            10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
    for (size_t i = 0; i < DEGREE; i += 64, bytes += 32) {
        const __m256i first = _mm256_maddubs_epi16(as_bytes(high->c + i), pair);
        const __m256i second = _mm256_maddubs_epi16(as_bytes(high->c + i + 32), pair);
        const __m256i joined = _mm256_permute4x64_epi64(_mm256_packus_epi16(first, second), 0xd8);
        _mm256_storeu_si256((__m256i *)(void *)bytes, _mm256_shuffle_epi8(joined, order));
    }
}

/// Six bits each: 32 coefficients become 24 bytes.
TARGET static void pack_sextets(uint8_t *bytes, const polynomial *high) {
    const __m256i pair = _mm256_set1_epi16(0x4001), four = _mm256_set1_epi32(0x10000001);
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    const __m128i compact = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    for (size_t i = 0; i < DEGREE; i += 32, bytes += 24) {
        const __m256i words = _mm256_madd_epi16(_mm256_maddubs_epi16(as_bytes(high->c + i), pair), four);
        const __m256i inOrder = _mm256_permutevar8x32_epi32(words, order);
        const __m128i low = _mm_shuffle_epi8(_mm256_castsi256_si128(inOrder), compact);
        const __m128i top = _mm_shuffle_epi8(_mm256_extracti128_si256(inOrder, 1), compact);
        store_bytes(bytes, _mm_or_si128(low, _mm_slli_si128(top, 12)));
        _mm_storel_epi64((__m128i *)(void *)(bytes + 16), _mm_srli_si128(top, 4));
    }
}

TARGET void mldsa_pack_high_avx2(uint8_t *bytes, const polynomial *high, int32_t gamma2) {
    if (gamma2 == (MODULUS - 1) / 32) return pack_nibbles(bytes, high);
    pack_sextets(bytes, high);
}

// MARK: z

/// Eight fields of 20 bits: ten bytes at the front of each half.
INLINE __m256i pack_20(__m256i v) {
    const __m256i order = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 3, 4, 8, 9, 10, 11, 12, -1, -1, -1, -1, -1, -1));
    v = _mm256_srli_epi64(_mm256_sllv_epi32(v, _mm256_set1_epi64x(12)), 12);
    return _mm256_shuffle_epi8(v, order);
}

/// Eight fields of 18 bits: nine bytes at the front of each half.
INLINE __m256i pack_18(__m256i v) {
    const __m256i first = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 3, 4, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
    const __m256i second = _mm256_broadcastsi128_si256(_mm_setr_epi8(-1, -1, -1, -1, 8, 9, 10, 11, 12, -1, -1, -1, -1, -1, -1, -1));
    // Pairs of 36 bits; the second of each half is moved by 4 bits more, to meet the first within a byte.
    v = _mm256_srli_epi64(_mm256_sllv_epi32(v, _mm256_set1_epi64x(14)), 14);
    v = _mm256_sllv_epi64(v, _mm256_setr_epi64x(0, 4, 0, 4));
    return _mm256_or_si256(_mm256_shuffle_epi8(v, first), _mm256_shuffle_epi8(v, second));
}

TARGET void mldsa_pack_z_avx2(uint8_t *bytes, const polynomial *z, int32_t gamma1) {
    const __m256i offset = _mm256_set1_epi32(gamma1);
    const size_t half = gamma1 == 1 << 17 ? 9 : 10;
    // Whole registers are stored, each over the end of the one before; what follows z in a signature is written later.
    for (size_t i = 0; i < DEGREE; i += 8, bytes += 2 * half) {
        const __m256i v = _mm256_sub_epi32(offset, load(z->c + i)), packed = half == 9 ? pack_18(v) : pack_20(v);
        store_bytes(bytes, _mm256_castsi256_si128(packed));
        store_bytes(bytes + half, _mm256_extracti128_si256(packed, 1));
    }
}

TARGET void mldsa_unpack_z_avx2(polynomial *z, const uint8_t *bytes, int32_t gamma1) {
    const int narrow = gamma1 == 1 << 17;
    const size_t half = narrow ? 9 : 10;
    const __m256i offset = _mm256_set1_epi32(gamma1), mask = _mm256_set1_epi32(2 * gamma1 - 1);
    const __m256i spread = _mm256_broadcastsi128_si256(narrow ? _mm_setr_epi8(0, 1, 2, -1, 2, 3, 4, -1, 4, 5, 6, -1, 6, 7, 8, -1)
                                                              : _mm_setr_epi8(0, 1, 2, -1, 2, 3, 4, -1, 5, 6, 7, -1, 7, 8, 9, -1));
    const __m256i shift = _mm256_broadcastsi128_si256(narrow ? _mm_setr_epi32(0, 2, 4, 6) : _mm_setr_epi32(0, 4, 0, 4));
    for (size_t i = 0; i < DEGREE; i += 8, bytes += 2 * half) {
        const __m256i v = _mm256_inserti128_si256(_mm256_castsi128_si256(load_bytes(bytes)), load_bytes(bytes + half), 1);
        const __m256i fields = _mm256_and_si256(_mm256_srlv_epi32(_mm256_shuffle_epi8(v, spread), shift), mask);
        _mm256_store_si256((__m256i *)(void *)(z->c + i), _mm256_sub_epi32(offset, fields));
    }
}

// MARK: t1

TARGET void mldsa_unpack_t1_avx2(polynomial *t1, const uint8_t *bytes) {
    // The last bytes are copied, as nothing may be read beyond the key.
    uint8_t end[16] = {0};
    memcpy(end, bytes + T1_BYTES - 10, 10);
    const __m256i spread = _mm256_setr_epi8(0, 1, -1, -1, 1, 2, -1, -1, 2, 3, -1, -1, 3, 4, -1, -1, 5, 6, -1, -1, 6, 7, -1, -1, 7, 8, -1, -1, 8, 9,
                                            -1, -1);
    const __m256i shift = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6), mask = _mm256_set1_epi32(0x3ff);
    for (size_t i = 0; i < DEGREE; i += 8, bytes += 10) {
        const __m256i v = _mm256_broadcastsi128_si256(load_bytes(i == DEGREE - 8 ? end : bytes));
        const __m256i fields = _mm256_and_si256(_mm256_srlv_epi32(_mm256_shuffle_epi8(v, spread), shift), mask);
        _mm256_store_si256((__m256i *)(void *)(t1->c + i), _mm256_slli_epi32(fields, DROPPED_BITS));
    }
}
#endif
