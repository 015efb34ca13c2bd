// SHA-256 of eight messages side by side in AVX2 registers: for processors without the instructions of SHA-NI.
#include "sha2_kernels.h"
#include "tk_taint.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define INLINE TARGET __attribute__((always_inline)) static inline

#define VECTOR __m256i
#define ROUNDS 64
#define ADD(x, y) _mm256_add_epi32(x, y)
#define XOR(x, y) _mm256_xor_si256(x, y)
#define ROTATE(x, n) _mm256_or_si256(_mm256_srli_epi32(x, n), _mm256_slli_epi32(x, 32 - (n)))
#define CHOOSE(x, y, z) XOR(z, _mm256_and_si256(x, XOR(y, z)))
#define MAJORITY(x, y, z) _mm256_or_si256(_mm256_and_si256(x, y), _mm256_and_si256(z, _mm256_or_si256(x, y)))
#define BIG_SIGMA0(x) XOR(XOR(ROTATE(x, 2), ROTATE(x, 13)), ROTATE(x, 22))
#define BIG_SIGMA1(x) XOR(XOR(ROTATE(x, 6), ROTATE(x, 11)), ROTATE(x, 25))
#define SMALL_SIGMA0(x) XOR(XOR(ROTATE(x, 7), ROTATE(x, 18)), _mm256_srli_epi32(x, 3))
#define SMALL_SIGMA1(x) XOR(XOR(ROTATE(x, 17), ROTATE(x, 19)), _mm256_srli_epi32(x, 10))
#define ROUND_CONSTANT(t) _mm256_set1_epi32((int)tk_sha256_round[t])
#include "lane_rounds.h"

INLINE __m256i swapped(__m256i x) {
    return _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203)));
}

/// Within each half of 128 bits of four rows: words to columns.
INLINE void transpose_halves(__m256i rows[4]) {
    const __m256i a = _mm256_unpacklo_epi32(rows[0], rows[1]), b = _mm256_unpackhi_epi32(rows[0], rows[1]);
    const __m256i c = _mm256_unpacklo_epi32(rows[2], rows[3]), d = _mm256_unpackhi_epi32(rows[2], rows[3]);
    rows[0] = _mm256_unpacklo_epi64(a, c), rows[1] = _mm256_unpackhi_epi64(a, c);
    rows[2] = _mm256_unpacklo_epi64(b, d), rows[3] = _mm256_unpackhi_epi64(b, d);
}

/// Eight rows of eight words to columns; it is its own inverse.
INLINE void transpose(__m256i rows[8]) {
    transpose_halves(rows);
    transpose_halves(rows + 4);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const __m256i low = rows[i], high = rows[i + 4];
        rows[i] = _mm256_permute2x128_si256(low, high, 0x20);
        rows[i + 4] = _mm256_permute2x128_si256(low, high, 0x31);
    }
}

TARGET void tk_sha256_eight_avx2(const uint32_t start[8], const struct frames *frames, size_t from, size_t count) {
    __m256i state[8], words[16];
    const uint8_t *lanes[8];
    for (int i = 0; i < 8; i++) state[i] = _mm256_set1_epi32((int)start[i]);
    // Lanes that are not asked for do the work of the last one again.
    for (size_t i = 0; i < 8; i++) lanes[i] = frames->first + (from + (i < count ? i : count - 1)) * frames->stride;
    for (size_t n = 0; n < frames->blocks; n++) {
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            words[i] = swapped(_mm256_loadu_si256((const __m256i *)(lanes[i & 7] + n * TK_SHA256_BLOCK + 32 * (i >> 3))));
        }
        transpose(words);
        transpose(words + 8);
        lane_rounds(state, words);
    }
    transpose(state);
    uint8_t digests[8][TK_SHA256_BYTES] __attribute__((aligned(32)));
    for (int i = 0; i < 8; i++) _mm256_store_si256((__m256i *)digests[i], swapped(state[i]));
    put_digests(frames, from, count, TK_SHA256_BYTES, digests[0]);
    tk_zero(digests, sizeof digests);
}
#endif
