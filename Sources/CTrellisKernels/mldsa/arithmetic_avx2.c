// The arithmetic with AVX2: eight coefficients at a time.
#include "versions.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define INLINE static inline __attribute__((always_inline, target("avx2")))

#define V __m256i
#define WIDTH 8
#define LOAD(p) _mm256_load_si256((const __m256i *)(const void *)(p))
#define STORE(p, a) _mm256_store_si256((__m256i *)(void *)(p), a)
#define SET1(n) _mm256_set1_epi32(n)
#define ADD(a, b) _mm256_add_epi32(a, b)
#define SUB(a, b) _mm256_sub_epi32(a, b)
#define AND(a, b) _mm256_and_si256(a, b)
#define SHIFT_RIGHT(a, n) _mm256_srai_epi32(a, n)
#define SHIFT_LEFT(a, n) _mm256_slli_epi32(a, n)
#define MULTIPLY_LOW(a, b) _mm256_mullo_epi32(a, b)
#define ABSOLUTE(a) _mm256_abs_epi32(a)
#define MAXIMUM(a, b) _mm256_max_epi32(a, b)
#define ODD_LANES(a) _mm256_castps_si256(_mm256_movehdup_ps(_mm256_castsi256_ps(a)))
#define MULTIPLY(a, b) _mm256_mul_epi32(a, b)
#define ADD64(a, b) _mm256_add_epi64(a, b)
#define SUB64(a, b) _mm256_sub_epi64(a, b)
#define MERGE(even, odd) _mm256_blend_epi32(ODD_LANES(even), odd, 0xaa)
#define GREATER(a, b) (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(a, b)))
#define EQUAL(a, b) (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)))

#include "lanewise.h"

const mldsa_arithmetic mldsa_arithmetic_avx2 = {
    mldsa_ntt_avx2,       mldsa_inverse_ntt_avx2, multiply_sum,     mldsa_reject_uniform_avx2, mldsa_reject_eta_avx2,
    decompose,            mldsa_pack_high_avx2,   add_exceeds,      subtract_exceeds,          make_hint,
    mldsa_pack_z_avx2,    mldsa_unpack_z_avx2,    exceeds,          mldsa_unpack_t1_avx2,      power2round,
};
#endif
