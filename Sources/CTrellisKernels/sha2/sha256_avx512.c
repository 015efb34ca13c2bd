// SHA-256 of sixteen messages side by side in AVX-512 registers.
#include "sha2_kernels.h"
#include "tk_taint.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq")))
#define INLINE TARGET __attribute__((always_inline)) static inline

#define VECTOR __m512i
#define ROUNDS 64
#define ADD(x, y) _mm512_add_epi32(x, y)
#define XOR3(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0x96)
#define CHOOSE(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0xca)
#define MAJORITY(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0xe8)
#define BIG_SIGMA0(x) XOR3(_mm512_ror_epi32(x, 2), _mm512_ror_epi32(x, 13), _mm512_ror_epi32(x, 22))
#define BIG_SIGMA1(x) XOR3(_mm512_ror_epi32(x, 6), _mm512_ror_epi32(x, 11), _mm512_ror_epi32(x, 25))
#define SMALL_SIGMA0(x) XOR3(_mm512_ror_epi32(x, 7), _mm512_ror_epi32(x, 18), _mm512_srli_epi32(x, 3))
#define SMALL_SIGMA1(x) XOR3(_mm512_ror_epi32(x, 17), _mm512_ror_epi32(x, 19), _mm512_srli_epi32(x, 10))
#define ROUND_CONSTANT(t) _mm512_set1_epi32((int)tk_sha256_round[t])
#include "lane_rounds.h"

INLINE __m512i swapped(__m512i x) {
    return _mm512_shuffle_epi8(x, _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203)));
}

/// Within each quarter of 128 bits of four rows: words to columns.
INLINE void transpose_quarters(__m512i rows[4]) {
    const __m512i a = _mm512_unpacklo_epi32(rows[0], rows[1]), b = _mm512_unpackhi_epi32(rows[0], rows[1]);
    const __m512i c = _mm512_unpacklo_epi32(rows[2], rows[3]), d = _mm512_unpackhi_epi32(rows[2], rows[3]);
    rows[0] = _mm512_unpacklo_epi64(a, c), rows[1] = _mm512_unpackhi_epi64(a, c);
    rows[2] = _mm512_unpacklo_epi64(b, d), rows[3] = _mm512_unpackhi_epi64(b, d);
}

/// Sixteen rows of sixteen words to columns, by quarters and within them.
INLINE void transpose(__m512i rows[16]) {
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) transpose_quarters(rows + i);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const __m512i a = rows[i], b = rows[i + 4], c = rows[i + 8], d = rows[i + 12];
        const __m512i low = _mm512_shuffle_i32x4(a, b, 0x88), high = _mm512_shuffle_i32x4(a, b, 0xdd);
        const __m512i low2 = _mm512_shuffle_i32x4(c, d, 0x88), high2 = _mm512_shuffle_i32x4(c, d, 0xdd);
        rows[i] = _mm512_shuffle_i32x4(low, low2, 0x88), rows[i + 8] = _mm512_shuffle_i32x4(low, low2, 0xdd);
        rows[i + 4] = _mm512_shuffle_i32x4(high, high2, 0x88), rows[i + 12] = _mm512_shuffle_i32x4(high, high2, 0xdd);
    }
}

/// Half a digest of every lane, four words of the state, to `digests`.
INLINE void store_half(uint8_t digests[16][TK_SHA256_BYTES], const __m512i state[4], int offset) {
    __m512i rows[4] = {state[0], state[1], state[2], state[3]};
    transpose_quarters(rows);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const __m512i row = swapped(rows[i]);
        _mm_store_si128((__m128i *)(digests[i] + offset), _mm512_extracti32x4_epi32(row, 0));
        _mm_store_si128((__m128i *)(digests[i + 4] + offset), _mm512_extracti32x4_epi32(row, 1));
        _mm_store_si128((__m128i *)(digests[i + 8] + offset), _mm512_extracti32x4_epi32(row, 2));
        _mm_store_si128((__m128i *)(digests[i + 12] + offset), _mm512_extracti32x4_epi32(row, 3));
    }
}

TARGET void tk_sha256_sixteen_avx512(const uint32_t start[8], const struct frames *frames, size_t from, size_t count) {
    __m512i state[8], words[16];
    const uint8_t *lanes[16];
    for (int i = 0; i < 8; i++) state[i] = _mm512_set1_epi32((int)start[i]);
    // Lanes that are not asked for do the work of the last one again.
    for (size_t i = 0; i < 16; i++) lanes[i] = frames->first + (from + (i < count ? i : count - 1)) * frames->stride;
    for (size_t n = 0; n < frames->blocks; n++) {
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) words[i] = swapped(_mm512_loadu_si512(lanes[i] + n * TK_SHA256_BLOCK));
        transpose(words);
        lane_rounds(state, words);
    }
    uint8_t digests[16][TK_SHA256_BYTES] __attribute__((aligned(64)));
    store_half(digests, state, 0);
    store_half(digests, state + 4, 16);
    put_digests(frames, from, count, TK_SHA256_BYTES, digests[0]);
    tk_zero(digests, sizeof digests);
}
#endif
