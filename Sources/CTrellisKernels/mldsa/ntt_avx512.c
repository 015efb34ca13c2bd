// The transform and its inverse with registers of sixteen coefficients: the whole polynomial stays in registers. (FIPS 204 Algorithms 41
// and 42.)
#include "ntt.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline, target("avx512f")))
#define TARGET __attribute__((target("avx512f")))

typedef __m512i vector;

/// A factor, for the even and the odd lanes: itself, and times q^-1.
typedef struct {
    vector even, odd, evenOverQ, oddOverQ;
} factor;

INLINE vector odd_lanes(vector a) { return _mm512_castps_si512(_mm512_movehdup_ps(_mm512_castsi512_ps(a))); }

INLINE factor broadcast(int32_t value, int32_t overQ) {
    const vector a = _mm512_set1_epi32(value), b = _mm512_set1_epi32(overQ);
    return (factor){a, a, b, b};
}

INLINE factor zeta(int k) { return broadcast(mldsa_zetas[k], mldsa_zetas_over_q[k]); }
/// The inverse's factor where the transform has zeta(k).
INLINE factor negative_zeta(int k) { return broadcast(-mldsa_zetas[k], -mldsa_zetas_over_q[k]); }
/// One factor per two lanes or more, from a table.
INLINE factor in_pairs(const int32_t *at) {
    const vector a = _mm512_load_si512(at), b = _mm512_load_si512(at + 16);
    return (factor){a, a, b, b};
}
INLINE factor in_lanes(const int32_t *at) {
    const vector a = _mm512_load_si512(at), b = _mm512_load_si512(at + 16);
    return (factor){a, odd_lanes(a), b, odd_lanes(b)};
}

/// q in each lane. The compiler is not told that it is a constant, or it would replace multiplications by it with longer ways.
INLINE vector modulus(void) {
    vector q = _mm512_set1_epi32(MODULUS);
    __asm__("" : "+v"(q));
    return q;
}

/// a * f / R: Montgomery's multiplication in two halves, as products take twice the room.
INLINE vector multiply(vector a, factor f) {
    const vector q = modulus(), upper = odd_lanes(a);
    const vector even = _mm512_mul_epi32(a, f.even), odd = _mm512_mul_epi32(upper, f.odd);
    const vector evenMultiple = _mm512_mul_epi32(_mm512_mul_epi32(a, f.evenOverQ), q);
    const vector oddMultiple = _mm512_mul_epi32(_mm512_mul_epi32(upper, f.oddOverQ), q);
    // The low halves cancel; the even results move down into the even lanes.
    const __m512 high = _mm512_castsi512_ps(_mm512_sub_epi64(odd, oddMultiple));
    return _mm512_castps_si512(_mm512_mask_movehdup_ps(high, 0x5555, _mm512_castsi512_ps(_mm512_sub_epi64(even, evenMultiple))));
}

INLINE void butterfly(vector *low, vector *high, factor f) {
    const vector t = multiply(*high, f);
    *high = _mm512_sub_epi32(*low, t);
    *low = _mm512_add_epi32(*low, t);
}

INLINE void inverse_butterfly(vector *low, vector *high, factor f) {
    const vector difference = _mm512_sub_epi32(*low, *high);
    *low = _mm512_add_epi32(*low, *high);
    *high = multiply(difference, f);
}

// MARK: within registers

// Each of these regroups two registers so that what was `a` holds the lower coefficient of each pair and what was `b` the upper one.

INLINE void regroup_8(vector *a, vector *b) {
    const vector low = _mm512_shuffle_i64x2(*a, *b, 0x44), high = _mm512_shuffle_i64x2(*a, *b, 0xee);
    *a = low, *b = high;
}

INLINE void regroup_4(vector *a, vector *b) {
    const vector even = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0), odd = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    const vector low = _mm512_permutex2var_epi64(*a, even, *b), high = _mm512_permutex2var_epi64(*a, odd, *b);
    *a = low, *b = high;
}

INLINE void regroup_2(vector *a, vector *b) {
    const vector low = _mm512_unpacklo_epi64(*a, *b), high = _mm512_unpackhi_epi64(*a, *b);
    *a = low, *b = high;
}

INLINE void regroup_1(vector *a, vector *b) {
    const __m512 x = _mm512_castsi512_ps(*a), y = _mm512_castsi512_ps(*b);
    *a = _mm512_castps_si512(_mm512_shuffle_ps(x, y, 0x88));
    *b = _mm512_castps_si512(_mm512_shuffle_ps(x, y, 0xdd));
}

/// Undoes regroup_1; the others undo themselves.
INLINE void ungroup_1(vector *a, vector *b) {
    const vector low = _mm512_unpacklo_epi32(*a, *b), high = _mm512_unpackhi_epi32(*a, *b);
    *a = low, *b = high;
}

// Layer by layer over all the registers, so that there is always a multiplication whose operands are ready.
#define EACH_PAIR _Pragma("GCC unroll 8") for (int m = 0; m < 8; m++)

/// The layers of lengths 8, 4, 2 and 1.
INLINE void inner_layers(vector v[16], const int32_t *table) {
    EACH_PAIR regroup_8(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR butterfly(&v[2 * m], &v[2 * m + 1], in_pairs(table + 128 * m));
    EACH_PAIR regroup_4(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR butterfly(&v[2 * m], &v[2 * m + 1], in_pairs(table + 128 * m + 32));
    EACH_PAIR regroup_2(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR butterfly(&v[2 * m], &v[2 * m + 1], in_pairs(table + 128 * m + 64));
    EACH_PAIR regroup_1(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR butterfly(&v[2 * m], &v[2 * m + 1], in_lanes(table + 128 * m + 96));
    EACH_PAIR ungroup_1(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR regroup_2(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR regroup_4(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR regroup_8(&v[2 * m], &v[2 * m + 1]);
}

INLINE void inverse_inner_layers(vector v[16], const int32_t *table) {
    EACH_PAIR regroup_8(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR regroup_4(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR regroup_2(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR regroup_1(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR inverse_butterfly(&v[2 * m], &v[2 * m + 1], in_lanes(table + 128 * m + 96));
    EACH_PAIR ungroup_1(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR inverse_butterfly(&v[2 * m], &v[2 * m + 1], in_pairs(table + 128 * m + 64));
    EACH_PAIR regroup_2(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR inverse_butterfly(&v[2 * m], &v[2 * m + 1], in_pairs(table + 128 * m + 32));
    EACH_PAIR regroup_4(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR inverse_butterfly(&v[2 * m], &v[2 * m + 1], in_pairs(table + 128 * m));
    EACH_PAIR regroup_8(&v[2 * m], &v[2 * m + 1]);
}

// MARK: the transforms

#define EACH_REGISTER _Pragma("GCC unroll 16") for (int m = 0; m < 16; m++)

TARGET void mldsa_ntt_avx512(polynomial *a) {
    vector v[16];
    EACH_REGISTER v[m] = _mm512_load_si512(a->c + 16 * m);
    EACH_PAIR butterfly(&v[m], &v[m + 8], zeta(1));
    EACH_PAIR butterfly(&v[m % 4 + m / 4 * 8], &v[m % 4 + m / 4 * 8 + 4], zeta(2 + m / 4));
    EACH_PAIR butterfly(&v[m % 2 + m / 2 * 4], &v[m % 2 + m / 2 * 4 + 2], zeta(4 + m / 2));
    EACH_PAIR butterfly(&v[2 * m], &v[2 * m + 1], zeta(8 + m));
    inner_layers(v, mldsa_forward_avx512);
    EACH_REGISTER _mm512_store_si512(a->c + 16 * m, v[m]);
}

TARGET void mldsa_inverse_ntt_avx512(polynomial *a) {
    vector v[16];
    EACH_REGISTER v[m] = _mm512_load_si512(a->c + 16 * m);
    inverse_inner_layers(v, mldsa_inverse_avx512);
    EACH_PAIR inverse_butterfly(&v[2 * m], &v[2 * m + 1], negative_zeta(15 - m));
    EACH_PAIR inverse_butterfly(&v[m % 2 + m / 2 * 4], &v[m % 2 + m / 2 * 4 + 2], negative_zeta(7 - m / 2));
    EACH_PAIR inverse_butterfly(&v[m % 4 + m / 4 * 8], &v[m % 4 + m / 4 * 8 + 4], negative_zeta(3 - m / 4));
    // The last layer's factor holds that of the whole.
    EACH_PAIR inverse_butterfly(&v[m], &v[m + 8], broadcast(INVERSE_NTT_LAST, INVERSE_NTT_LAST_OVER_Q));
    EACH_PAIR v[m] = multiply(v[m], broadcast(INVERSE_NTT_FACTOR, INVERSE_NTT_FACTOR_OVER_Q));
    EACH_REGISTER _mm512_store_si512(a->c + 16 * m, v[m]);
}
#endif
