// The number-theoretic transform of ML-KEM, its inverse and products in its domain (FIPS 203 §4.3), on 16 coefficients at a time.
// Layers whose halves are 16 coefficients apart or more work on whole registers; for the last three, two registers exchange parts.
#include "avx2.h"

#if defined(__x86_64__)

/// zetas[i] in all lanes, and its companion.
#define ZETA(i) all(tk_mlkem_zetas[i]), all(tk_mlkem_zetas[i] * Q_INVERSE)
/// A layer's factors for a pair of registers, and their companions.
#define FACTORS(layers, pair, layer) get((layers)[pair][layer][0]), get((layers)[pair][layer][1])

/// (a, b) = (a + z b, a - z b).
INLINE void forward(lanes *a, lanes *b, lanes zeta, lanes companion) {
    const lanes t = montgomery_product(*b, zeta, companion);
    *b = _mm256_sub_epi16(*a, t);
    *a = _mm256_add_epi16(*a, t);
}

/// (a, b) = (a + b, z (b - a)).
INLINE void backward(lanes *a, lanes *b, lanes zeta, lanes companion) {
    const lanes difference = _mm256_sub_epi16(*b, *a);
    *a = _mm256_add_epi16(*a, *b);
    *b = montgomery_product(difference, zeta, companion);
}

// Exchanges between two registers: of halves, of quarters within each half, of eighths within each quarter. Each undoes itself.

INLINE void exchange8(lanes *a, lanes *b) {
    const lanes x = *a, y = *b;
    *a = _mm256_permute2x128_si256(x, y, 0x20);
    *b = _mm256_permute2x128_si256(x, y, 0x31);
}

INLINE void exchange4(lanes *a, lanes *b) {
    const lanes x = *a, y = *b;
    *a = _mm256_unpacklo_epi64(x, y);
    *b = _mm256_unpackhi_epi64(x, y);
}

INLINE void exchange2(lanes *a, lanes *b) {
    const lanes x = *a, y = *b;
    *a = _mm256_blend_epi32(x, _mm256_slli_epi64(y, 32), 0xaa);
    *b = _mm256_blend_epi32(_mm256_srli_epi64(x, 32), y, 0xaa);
}

/// The layers of length 128, 64 and 32 for every other register from `first` on.
INLINE void first_layers(int16_t *first) {
    lanes r[8];
    for (int i = 0; i < 8; i++) r[i] = get(first + 32 * i);
    for (int i = 0; i < 4; i++) forward(&r[i], &r[i + 4], ZETA(1));
    for (int i = 0; i < 2; i++) forward(&r[i], &r[i + 2], ZETA(2));
    for (int i = 4; i < 6; i++) forward(&r[i], &r[i + 2], ZETA(3));
    for (int i = 0; i < 4; i++) forward(&r[2 * i], &r[2 * i + 1], ZETA(4 + i));
    for (int i = 0; i < 8; i++) put(first + 32 * i, r[i]);
}

TARGET void tk_mlkem_avx2_transform(polynomial *p) {
    first_layers(p->c);
    first_layers(p->c + 16);
    for (int pair = 0; pair < 8; pair++) {
        lanes a = get(p->c + 32 * pair), b = get(p->c + 32 * pair + 16);
        forward(&a, &b, ZETA(8 + pair));
        exchange8(&a, &b);
        forward(&a, &b, FACTORS(tk_mlkem_last_layers, pair, 0));
        exchange4(&a, &b);
        forward(&a, &b, FACTORS(tk_mlkem_last_layers, pair, 1));
        exchange2(&a, &b);
        forward(&a, &b, FACTORS(tk_mlkem_last_layers, pair, 2));
        exchange2(&a, &b);
        exchange4(&a, &b);
        exchange8(&a, &b);
        put(p->c + 32 * pair, a);
        put(p->c + 32 * pair + 16, b);
    }
}

/// The layers of length 32, 64 and 128, and the scale.
INLINE void inverse_last_layers(int16_t *first) {
    lanes r[8];
    for (int i = 0; i < 8; i++) r[i] = get(first + 32 * i);
    for (int i = 0; i < 4; i++) backward(&r[2 * i], &r[2 * i + 1], ZETA(7 - i));
    for (int i = 0; i < 2; i++) backward(&r[i], &r[i + 2], ZETA(3));
    for (int i = 4; i < 6; i++) backward(&r[i], &r[i + 2], ZETA(2));
    // These sums are below 5.6 q: doubling them again could overflow.
    for (int i = 0; i < 2; i++) {
        r[i] = nearly_centred(r[i]);
        r[i + 4] = nearly_centred(r[i + 4]);
    }
    for (int i = 0; i < 4; i++) backward(&r[i], &r[i + 4], ZETA(1));
    for (int i = 0; i < 8; i++) put(first + 32 * i, montgomery_product(r[i], all(INVERSE_SCALE), all(INVERSE_SCALE * Q_INVERSE)));
}

TARGET void tk_mlkem_avx2_inverse(polynomial *p) {
    for (int pair = 0; pair < 8; pair++) {
        lanes a = get(p->c + 32 * pair), b = get(p->c + 32 * pair + 16);
        exchange8(&a, &b);
        exchange4(&a, &b);
        exchange2(&a, &b);
        backward(&a, &b, FACTORS(tk_mlkem_inverse_layers, pair, 0));
        exchange2(&a, &b);
        backward(&a, &b, FACTORS(tk_mlkem_inverse_layers, pair, 1));
        exchange4(&a, &b);
        backward(&a, &b, FACTORS(tk_mlkem_inverse_layers, pair, 2));
        // Three layers have made sums of up to 8 q.
        a = nearly_centred(a);
        exchange8(&a, &b);
        backward(&a, &b, ZETA(15 - pair));
        put(p->c + 32 * pair, a);
        put(p->c + 32 * pair + 16, b);
    }
    inverse_last_layers(p->c);
    inverse_last_layers(p->c + 16);
}

TARGET void tk_mlkem_avx2_prepare(factor *f, const polynomial *p) {
    for (int i = 0; i < CHUNKS; i++) {
        const lanes b = montgomery_product(get(p->c + 16 * i), all(MONTGOMERY_SQUARED), all(MONTGOMERY_SQUARED * Q_INVERSE));
        const lanes straight = montgomery_product(b, get(tk_mlkem_pair_factors[i][0]), get(tk_mlkem_pair_factors[i][1]));
        put(f->straight.c + 16 * i, straight);
        put(f->swapped.c + 16 * i, _mm256_or_si256(_mm256_slli_epi32(b, 16), _mm256_srli_epi32(b, 16)));
    }
}

INLINE void product(polynomial *sum, const polynomial *a, size_t step, const factor *b, int rank) {
    for (int i = 0; i < N; i += 16) {
        lanes even = _mm256_setzero_si256(), odd = even;
        for (int k = 0; k < rank; k++) {
            const lanes x = get(a[(size_t)k * step].c + i);
            even = _mm256_add_epi32(even, _mm256_madd_epi16(x, get(b[k].straight.c + i)));
            odd = _mm256_add_epi32(odd, _mm256_madd_epi16(x, get(b[k].swapped.c + i)));
        }
        // Montgomery's reduction of both from 32 bits, side by side again as pairs.
        const lanes low = _mm256_blend_epi16(even, _mm256_slli_epi32(odd, 16), 0xaa);
        const lanes high = _mm256_blend_epi16(_mm256_srli_epi32(even, 16), odd, 0xaa);
        const lanes multiple = _mm256_mulhi_epi16(_mm256_mullo_epi16(low, all(Q_INVERSE)), all(Q));
        put(sum->c + i, _mm256_sub_epi16(high, multiple));
    }
}

TARGET void tk_mlkem_avx2_product(polynomial *sum, const polynomial *a, size_t step, const factor *b, int rank) {
    if (rank == 3) return product(sum, a, step, b, 3);
    product(sum, a, step, b, 4);
}
#endif
