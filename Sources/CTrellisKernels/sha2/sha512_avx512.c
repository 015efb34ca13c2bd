// SHA-512 of eight messages side by side in AVX-512 registers.
#include "sha2_kernels.h"
#include "tk_taint.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq")))
#define INLINE TARGET __attribute__((always_inline)) static inline

#define VECTOR __m512i
#define ROUNDS 80
#define ADD(x, y) _mm512_add_epi64(x, y)
#define XOR3(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0x96)
#define CHOOSE(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0xca)
#define MAJORITY(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0xe8)
#define BIG_SIGMA0(x) XOR3(_mm512_ror_epi64(x, 28), _mm512_ror_epi64(x, 34), _mm512_ror_epi64(x, 39))
#define BIG_SIGMA1(x) XOR3(_mm512_ror_epi64(x, 14), _mm512_ror_epi64(x, 18), _mm512_ror_epi64(x, 41))
#define SMALL_SIGMA0(x) XOR3(_mm512_ror_epi64(x, 1), _mm512_ror_epi64(x, 8), _mm512_srli_epi64(x, 7))
#define SMALL_SIGMA1(x) XOR3(_mm512_ror_epi64(x, 19), _mm512_ror_epi64(x, 61), _mm512_srli_epi64(x, 6))
#define ROUND_CONSTANT(t) _mm512_set1_epi64((long long)tk_sha512_round[t])
#include "lane_rounds.h"

INLINE __m512i swapped(__m512i x) {
    return _mm512_shuffle_epi8(x, _mm512_broadcast_i32x4(_mm_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607)));
}

/// Eight rows of eight words to columns; it is its own inverse.
INLINE void transpose(__m512i rows[8]) {
    __m512i pairs[8], quads[8];
#pragma GCC unroll 4
    for (int i = 0; i < 8; i += 2) {
        pairs[i] = _mm512_unpacklo_epi64(rows[i], rows[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_epi64(rows[i], rows[i + 1]);
    }
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
        quads[i] = _mm512_shuffle_i64x2(pairs[i], pairs[i + 2], 0x88), quads[i + 2] = _mm512_shuffle_i64x2(pairs[i], pairs[i + 2], 0xdd);
        quads[i + 4] = _mm512_shuffle_i64x2(pairs[i + 4], pairs[i + 6], 0x88);
        quads[i + 6] = _mm512_shuffle_i64x2(pairs[i + 4], pairs[i + 6], 0xdd);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        rows[i] = _mm512_shuffle_i64x2(quads[i], quads[i + 4], 0x88);
        rows[i + 4] = _mm512_shuffle_i64x2(quads[i], quads[i + 4], 0xdd);
    }
}

TARGET void tk_sha512_eight_avx512(const uint64_t start[8], const struct frames *frames, size_t from, size_t count) {
    __m512i state[8], words[16];
    const uint8_t *lanes[8];
    for (int i = 0; i < 8; i++) state[i] = _mm512_set1_epi64((long long)start[i]);
    // Lanes that are not asked for do the work of the last one again.
    for (size_t i = 0; i < 8; i++) lanes[i] = frames->first + (from + (i < count ? i : count - 1)) * frames->stride;
    for (size_t n = 0; n < frames->blocks; n++) {
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) words[i] = swapped(_mm512_loadu_si512(lanes[i & 7] + n * TK_SHA512_BLOCK + 64 * (i >> 3)));
        transpose(words);
        transpose(words + 8);
        lane_rounds(state, words);
    }
    transpose(state);
    uint8_t digests[8][TK_SHA512_BYTES] __attribute__((aligned(64)));
    for (int i = 0; i < 8; i++) _mm512_store_si512((__m512i *)digests[i], swapped(state[i]));
    put_digests(frames, from, count, TK_SHA512_BYTES, digests[0]);
    tk_zero(digests, sizeof digests);
}
#endif
