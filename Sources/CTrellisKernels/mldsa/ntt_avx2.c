// The transform and its inverse with registers of eight coefficients. (FIPS 204 Algorithms 41 and 42.)
#include "ntt.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline, target("avx2")))
#define TARGET __attribute__((target("avx2")))

typedef __m256i vector;

/// A factor, for the even and the odd lanes: itself, and times q^-1.
typedef struct {
    vector even, odd, evenOverQ, oddOverQ;
} factor;

INLINE vector load(const int32_t *at) { return _mm256_load_si256((const vector *)(const void *)at); }
INLINE void store(int32_t *at, vector a) { _mm256_store_si256((vector *)(void *)at, a); }
INLINE vector odd_lanes(vector a) { return _mm256_castps_si256(_mm256_movehdup_ps(_mm256_castsi256_ps(a))); }

INLINE factor broadcast(int32_t value, int32_t overQ) {
    const vector a = _mm256_set1_epi32(value), b = _mm256_set1_epi32(overQ);
    return (factor){a, a, b, b};
}

INLINE factor zeta(int k) { return broadcast(mldsa_zetas[k], mldsa_zetas_over_q[k]); }
/// The inverse's factor where the transform has zeta(k).
INLINE factor negative_zeta(int k) { return broadcast(-mldsa_zetas[k], -mldsa_zetas_over_q[k]); }
/// One factor per two lanes, from a table.
INLINE factor in_pairs(const int32_t *at) {
    const vector a = load(at), b = load(at + 8);
    return (factor){a, a, b, b};
}
INLINE factor in_lanes(const int32_t *at) {
    const vector a = load(at), b = load(at + 8);
    return (factor){a, odd_lanes(a), b, odd_lanes(b)};
}

/// q in each lane. The compiler is not told that it is a constant, or it would replace multiplications by it with longer ways.
INLINE vector modulus(void) {
    vector q = _mm256_set1_epi32(MODULUS);
    __asm__("" : "+x"(q));
    return q;
}

/// a * f / R: Montgomery's multiplication in two halves, as products take twice the room.
INLINE vector multiply(vector a, factor f) {
    const vector q = modulus(), upper = odd_lanes(a);
    const vector even = _mm256_mul_epi32(a, f.even), odd = _mm256_mul_epi32(upper, f.odd);
    const vector evenMultiple = _mm256_mul_epi32(_mm256_mul_epi32(a, f.evenOverQ), q);
    const vector oddMultiple = _mm256_mul_epi32(_mm256_mul_epi32(upper, f.oddOverQ), q);
    // The low halves cancel.
    return _mm256_blend_epi32(odd_lanes(_mm256_sub_epi64(even, evenMultiple)), _mm256_sub_epi64(odd, oddMultiple), 0xaa);
}

INLINE void butterfly(vector *low, vector *high, factor f) {
    const vector t = multiply(*high, f);
    *high = _mm256_sub_epi32(*low, t);
    *low = _mm256_add_epi32(*low, t);
}

INLINE void inverse_butterfly(vector *low, vector *high, factor f) {
    const vector difference = _mm256_sub_epi32(*low, *high);
    *low = _mm256_add_epi32(*low, *high);
    *high = multiply(difference, f);
}

// MARK: within registers

// Each of these regroups two registers so that what was `a` holds the lower coefficient of each pair and what was `b` the upper one.

INLINE void regroup_4(vector *a, vector *b) {
    const vector low = _mm256_permute2x128_si256(*a, *b, 0x20), high = _mm256_permute2x128_si256(*a, *b, 0x31);
    *a = low, *b = high;
}

INLINE void regroup_2(vector *a, vector *b) {
    const vector low = _mm256_unpacklo_epi64(*a, *b), high = _mm256_unpackhi_epi64(*a, *b);
    *a = low, *b = high;
}

INLINE void regroup_1(vector *a, vector *b) {
    const __m256 x = _mm256_castsi256_ps(*a), y = _mm256_castsi256_ps(*b);
    *a = _mm256_castps_si256(_mm256_shuffle_ps(x, y, 0x88));
    *b = _mm256_castps_si256(_mm256_shuffle_ps(x, y, 0xdd));
}

/// Undoes regroup_1; the other two undo themselves.
INLINE void ungroup_1(vector *a, vector *b) {
    const vector low = _mm256_unpacklo_epi32(*a, *b), high = _mm256_unpackhi_epi32(*a, *b);
    *a = low, *b = high;
}

// Layer by layer over all the registers in hand, so that there is always a multiplication whose operands are ready.
#define EACH_PAIR _Pragma("GCC unroll 4") for (int m = 0; m < 4; m++)

/// The layers of lengths 4, 2 and 1 on 64 coefficients.
INLINE void inner_layers(vector v[8], const int32_t *table) {
    EACH_PAIR regroup_4(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR butterfly(&v[2 * m], &v[2 * m + 1], in_pairs(table + 48 * m));
    EACH_PAIR regroup_2(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR butterfly(&v[2 * m], &v[2 * m + 1], in_pairs(table + 48 * m + 16));
    EACH_PAIR regroup_1(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR butterfly(&v[2 * m], &v[2 * m + 1], in_lanes(table + 48 * m + 32));
    EACH_PAIR ungroup_1(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR regroup_2(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR regroup_4(&v[2 * m], &v[2 * m + 1]);
}

INLINE void inverse_inner_layers(vector v[8], const int32_t *table) {
    EACH_PAIR regroup_4(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR regroup_2(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR regroup_1(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR inverse_butterfly(&v[2 * m], &v[2 * m + 1], in_lanes(table + 48 * m + 32));
    EACH_PAIR ungroup_1(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR inverse_butterfly(&v[2 * m], &v[2 * m + 1], in_pairs(table + 48 * m + 16));
    EACH_PAIR regroup_2(&v[2 * m], &v[2 * m + 1]);
    EACH_PAIR inverse_butterfly(&v[2 * m], &v[2 * m + 1], in_pairs(table + 48 * m));
    EACH_PAIR regroup_4(&v[2 * m], &v[2 * m + 1]);
}

// MARK: the transforms

#define EACH_REGISTER _Pragma("GCC unroll 8") for (int m = 0; m < 8; m++)

TARGET void mldsa_ntt_avx2(polynomial *a) {
    int32_t *c = a->c;
    vector v[8];
    for (int j = 0; j < 32; j += 8) {
        EACH_REGISTER v[m] = load(c + j + 32 * m);
        EACH_PAIR butterfly(&v[m], &v[m + 4], zeta(1));
        EACH_PAIR butterfly(&v[m % 2 + m / 2 * 4], &v[m % 2 + m / 2 * 4 + 2], zeta(2 + m / 2));
        EACH_PAIR butterfly(&v[2 * m], &v[2 * m + 1], zeta(4 + m));
        EACH_REGISTER store(c + j + 32 * m, v[m]);
    }
    for (int i = 0; i < 4; i++) {
        EACH_REGISTER v[m] = load(c + 64 * i + 8 * m);
        EACH_PAIR butterfly(&v[m % 2 + m / 2 * 4], &v[m % 2 + m / 2 * 4 + 2], zeta(8 + 2 * i + m / 2));
        EACH_PAIR butterfly(&v[2 * m], &v[2 * m + 1], zeta(16 + 4 * i + m));
        inner_layers(v, mldsa_forward_avx2 + 192 * i);
        EACH_REGISTER store(c + 64 * i + 8 * m, v[m]);
    }
}

TARGET void mldsa_inverse_ntt_avx2(polynomial *a) {
    int32_t *c = a->c;
    vector v[8];
    for (int i = 0; i < 4; i++) {
        EACH_REGISTER v[m] = load(c + 64 * i + 8 * m);
        inverse_inner_layers(v, mldsa_inverse_avx2 + 192 * i);
        EACH_PAIR inverse_butterfly(&v[2 * m], &v[2 * m + 1], negative_zeta(31 - 4 * i - m));
        EACH_PAIR inverse_butterfly(&v[m % 2 + m / 2 * 4], &v[m % 2 + m / 2 * 4 + 2], negative_zeta(15 - 2 * i - m / 2));
        EACH_REGISTER store(c + 64 * i + 8 * m, v[m]);
    }
    const factor whole = broadcast(INVERSE_NTT_FACTOR, INVERSE_NTT_FACTOR_OVER_Q);
    for (int j = 0; j < 32; j += 8) {
        EACH_REGISTER v[m] = load(c + j + 32 * m);
        EACH_PAIR inverse_butterfly(&v[2 * m], &v[2 * m + 1], negative_zeta(7 - m));
        EACH_PAIR inverse_butterfly(&v[m % 2 + m / 2 * 4], &v[m % 2 + m / 2 * 4 + 2], negative_zeta(3 - m / 2));
        // The last layer's factor holds that of the whole.
        EACH_PAIR inverse_butterfly(&v[m], &v[m + 4], broadcast(INVERSE_NTT_LAST, INVERSE_NTT_LAST_OVER_Q));
        EACH_PAIR v[m] = multiply(v[m], whole);
        EACH_REGISTER store(c + j + 32 * m, v[m]);
    }
}
#endif
