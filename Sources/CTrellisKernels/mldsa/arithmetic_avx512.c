// The arithmetic with AVX-512: sixteen coefficients at a time.
#include "versions.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq")))
#define INLINE static inline __attribute__((always_inline, target("avx512f,avx512vl,avx512bw,avx512dq")))

#define V __m512i
#define WIDTH 16
#define LOAD(p) _mm512_load_si512(p)
#define STORE(p, a) _mm512_store_si512(p, a)
#define SET1(n) _mm512_set1_epi32(n)
#define ADD(a, b) _mm512_add_epi32(a, b)
#define SUB(a, b) _mm512_sub_epi32(a, b)
#define AND(a, b) _mm512_and_si512(a, b)
#define SHIFT_RIGHT(a, n) _mm512_srai_epi32(a, n)
#define SHIFT_LEFT(a, n) _mm512_slli_epi32(a, n)
#define MULTIPLY_LOW(a, b) _mm512_mullo_epi32(a, b)
#define ABSOLUTE(a) _mm512_abs_epi32(a)
#define MAXIMUM(a, b) _mm512_max_epi32(a, b)
#define ODD_LANES(a) _mm512_castps_si512(_mm512_movehdup_ps(_mm512_castsi512_ps(a)))
#define MULTIPLY(a, b) _mm512_mul_epi32(a, b)
#define ADD64(a, b) _mm512_add_epi64(a, b)
#define SUB64(a, b) _mm512_sub_epi64(a, b)
#define MERGE(even, odd) _mm512_castps_si512(_mm512_mask_movehdup_ps(_mm512_castsi512_ps(odd), 0x5555, _mm512_castsi512_ps(even)))
#define GREATER(a, b) (uint32_t)_mm512_cmpgt_epi32_mask(a, b)
#define EQUAL(a, b) (uint32_t)_mm512_cmpeq_epi32_mask(a, b)

#include "lanewise.h"

const mldsa_arithmetic mldsa_arithmetic_avx512 = {
    mldsa_ntt_avx512,     mldsa_inverse_ntt_avx512, multiply_sum,     mldsa_reject_uniform_avx512, mldsa_reject_eta_avx512,
    decompose,            mldsa_pack_high_avx2,     add_exceeds,      subtract_exceeds,            make_hint,
    mldsa_pack_z_avx2,    mldsa_unpack_z_avx512,    exceeds,          mldsa_unpack_t1_avx2,        power2round,
};
#endif
