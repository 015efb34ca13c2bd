// The arithmetic of ML-KEM with AVX2: sums and samples on 16 coefficients at a time, and the table of all its functions.
#include "avx2.h"

#if defined(__x86_64__)
#include <string.h>

TARGET static void add(polynomial *a, const polynomial *b) {
    for (int i = 0; i < N; i += 16) put(a->c + i, _mm256_add_epi16(get(a->c + i), get(b->c + i)));
}

TARGET static void subtract(polynomial *a, const polynomial *b) {
    for (int i = 0; i < N; i += 16) put(a->c + i, _mm256_sub_epi16(get(a->c + i), get(b->c + i)));
}

TARGET static void reduce(polynomial *p) {
    for (int i = 0; i < N; i += 16) put(p->c + i, canonical(get(p->c + i)));
}

TARGET static void noise(polynomial *p, const uint8_t *bytes) {
    // Each half byte makes a coefficient: its two low bits' sum minus its two high bits', found by its value.
    const __m128i coefficients = _mm_setr_epi8(0, 1, 1, 2, -1, 0, 0, 1, -1, 0, 0, 1, -2, -1, -1, 0);
    const __m128i half = _mm_set1_epi8(15);
    for (int i = 0; i < NOISE_BYTES / 16; i++) {
        const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * i));
        const __m128i even = _mm_shuffle_epi8(coefficients, _mm_and_si128(x, half));
        const __m128i odd = _mm_shuffle_epi8(coefficients, _mm_and_si128(_mm_srli_epi16(x, 4), half));
        put(p->c + 32 * i, _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(even, odd)));
        put(p->c + 32 * i + 16, _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(even, odd)));
    }
}

/// Writes the lanes of x that are in `kept`, side by side, and garbage behind them up to 8 lanes.
INLINE void keep(int16_t *to, __m128i x, unsigned kept) {
    const __m128i low = _mm_cvtsi64_si128((long long)tk_mlkem_kept_lanes[kept]);
    const __m128i order = _mm_unpacklo_epi8(low, _mm_add_epi8(low, _mm_set1_epi8(1)));
    _mm_storeu_si128((__m128i *)(void *)to, _mm_shuffle_epi8(x, order));
}

TARGET static int uniform(polynomial *p, int filled, const uint8_t *bytes, int blocks) {
    const __m256i order = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11));
    // Up to 16 coefficients are written behind those that count.
    int16_t found[N + 32];
    int count = filled;
    for (const uint8_t *end = bytes + UNIFORM_BLOCK_BYTES * blocks; bytes < end && count < N; bytes += 24) {
        const __m128i first = _mm_loadu_si128((const __m128i *)(const void *)bytes);
        const __m128i second = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 12));
        const __m256i x = _mm256_shuffle_epi8(_mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1), order);
        const __m256i y = _mm256_and_si256(_mm256_blend_epi16(x, _mm256_srli_epi16(x, 4), 0xaa), all(0xfff));
        const __m256i below = _mm256_cmpgt_epi16(all(Q), y);
        const unsigned kept = (unsigned)_mm256_movemask_epi8(_mm256_packs_epi16(below, below));
        const unsigned low = kept & 0xff, high = kept >> 16 & 0xff;
        keep(found + count, _mm256_castsi256_si128(y), low);
        count += __builtin_popcount(low);
        keep(found + count, _mm256_extracti128_si256(y, 1), high);
        count += __builtin_popcount(high);
    }
    if (count > N) count = N;
    memcpy(p->c + filled, found + filled, sizeof found[0] * (size_t)(count - filled));
    return count;
}

const arithmetic tk_mlkem_avx2 = {
    .transform = tk_mlkem_avx2_transform,
    .inverse = tk_mlkem_avx2_inverse,
    .prepare = tk_mlkem_avx2_prepare,
    .product = tk_mlkem_avx2_product,
    .add = add,
    .subtract = subtract,
    .reduce = reduce,
    .noise = noise,
    .uniform = uniform,
    .encode = tk_mlkem_avx2_encode,
    .decode = tk_mlkem_avx2_decode,
    .compress = tk_mlkem_avx2_compress,
    .decompress = tk_mlkem_avx2_decompress,
};
#endif
