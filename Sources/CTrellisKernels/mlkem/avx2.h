// The parts of the AVX2 arithmetic, which avx2.c puts together, and what they share.
#ifndef TK_MLKEM_AVX2_H
#define TK_MLKEM_AVX2_H

#include "polynomial.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define INLINE static inline __attribute__((always_inline)) TARGET

/// 16 coefficients.
typedef __m256i lanes;

enum { CHUNKS = N / 16 };

INLINE lanes get(const int16_t *from) { return _mm256_load_si256((const __m256i *)(const void *)from); }
INLINE void put(int16_t *to, lanes x) { _mm256_store_si256((__m256i *)(void *)to, x); }
INLINE lanes all(int x) { return _mm256_set1_epi16((short)x); }

/// The representative in (-0.66 q, 0.66 q) of any x: 10 is about 2^15 / q.
INLINE lanes nearly_centred(lanes x) {
    return _mm256_sub_epi16(x, _mm256_mullo_epi16(_mm256_mulhrs_epi16(x, all(10)), all(Q)));
}

/// The representative in [0, q) of any x.
INLINE lanes canonical(lanes x) {
    const lanes near = nearly_centred(x);
    return _mm256_add_epi16(near, _mm256_and_si256(_mm256_srai_epi16(near, 15), all(Q)));
}

/// x * factor / 2^16 modulo q, given the factor's companion (tables.c): the result is below 0.51 q + 0.026 |x| for |factor| < q / 2.
INLINE lanes montgomery_product(lanes x, lanes factor, lanes companion) {
    const lanes multiple = _mm256_mulhi_epi16(_mm256_mullo_epi16(x, companion), all(Q));
    return _mm256_sub_epi16(_mm256_mulhi_epi16(x, factor), multiple);
}

void tk_mlkem_avx2_transform(polynomial *p);
void tk_mlkem_avx2_inverse(polynomial *p);
void tk_mlkem_avx2_prepare(factor *f, const polynomial *p);
void tk_mlkem_avx2_product(polynomial *sum, const polynomial *a, size_t step, const factor *b, int rank);
void tk_mlkem_avx2_encode(uint8_t *bytes, const polynomial *p);
int tk_mlkem_avx2_decode(polynomial *p, const uint8_t *bytes);
void tk_mlkem_avx2_compress(uint8_t *bytes, const polynomial *p, int d);
void tk_mlkem_avx2_decompress(polynomial *p, const uint8_t *bytes, int d);
#endif

#endif
