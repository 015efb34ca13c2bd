// SHA-512 of four messages side by side in AVX2 registers.
#include "sha2_kernels.h"
#include "tk_taint.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define INLINE TARGET __attribute__((always_inline)) static inline

#define VECTOR __m256i
#define ROUNDS 80
#define ADD(x, y) _mm256_add_epi64(x, y)
#define XOR(x, y) _mm256_xor_si256(x, y)
#define ROTATE(x, n) _mm256_or_si256(_mm256_srli_epi64(x, n), _mm256_slli_epi64(x, 64 - (n)))
#define CHOOSE(x, y, z) XOR(z, _mm256_and_si256(x, XOR(y, z)))
#define MAJORITY(x, y, z) _mm256_or_si256(_mm256_and_si256(x, y), _mm256_and_si256(z, _mm256_or_si256(x, y)))
#define BIG_SIGMA0(x) XOR(XOR(ROTATE(x, 28), ROTATE(x, 34)), ROTATE(x, 39))
#define BIG_SIGMA1(x) XOR(XOR(ROTATE(x, 14), ROTATE(x, 18)), ROTATE(x, 41))
#define SMALL_SIGMA0(x) XOR(XOR(ROTATE(x, 1), ROTATE(x, 8)), _mm256_srli_epi64(x, 7))
#define SMALL_SIGMA1(x) XOR(XOR(ROTATE(x, 19), ROTATE(x, 61)), _mm256_srli_epi64(x, 6))
#define ROUND_CONSTANT(t) _mm256_set1_epi64x((long long)tk_sha512_round[t])
#include "lane_rounds.h"

INLINE __m256i swapped(__m256i x) {
    return _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(_mm_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607)));
}

/// Four rows of four words to columns; it is its own inverse.
INLINE void transpose(__m256i rows[4]) {
    const __m256i a = _mm256_unpacklo_epi64(rows[0], rows[1]), b = _mm256_unpackhi_epi64(rows[0], rows[1]);
    const __m256i c = _mm256_unpacklo_epi64(rows[2], rows[3]), d = _mm256_unpackhi_epi64(rows[2], rows[3]);
    rows[0] = _mm256_permute2x128_si256(a, c, 0x20), rows[1] = _mm256_permute2x128_si256(b, d, 0x20);
    rows[2] = _mm256_permute2x128_si256(a, c, 0x31), rows[3] = _mm256_permute2x128_si256(b, d, 0x31);
}

TARGET void tk_sha512_four_avx2(const uint64_t start[8], const struct frames *frames, size_t from, size_t count) {
    __m256i state[8], words[16];
    const uint8_t *lanes[4];
    for (int i = 0; i < 8; i++) state[i] = _mm256_set1_epi64x((long long)start[i]);
    // Lanes that are not asked for do the work of the last one again.
    for (size_t i = 0; i < 4; i++) lanes[i] = frames->first + (from + (i < count ? i : count - 1)) * frames->stride;
    for (size_t n = 0; n < frames->blocks; n++) {
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            words[i] = swapped(_mm256_loadu_si256((const __m256i *)(lanes[i & 3] + n * TK_SHA512_BLOCK + 32 * (i >> 2))));
        }
        for (int i = 0; i < 16; i += 4) transpose(words + i);
        lane_rounds(state, words);
    }
    transpose(state);
    transpose(state + 4);
    uint8_t digests[4][TK_SHA512_BYTES] __attribute__((aligned(32)));
    for (int i = 0; i < 8; i++) _mm256_store_si256((__m256i *)(digests[i & 3] + 32 * (i >> 2)), swapped(state[i]));
    put_digests(frames, from, count, TK_SHA512_BYTES, digests[0]);
    tk_zero(digests, sizeof digests);
}
#endif
