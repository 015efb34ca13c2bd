// The number-theoretic transform of ML-KEM, its inverse and products in its domain (FIPS 203 §4.3), in plain C. Coefficients are signed
// 16-bit numbers that are reduced only where they could overflow: q is small beside 2^15.
#include "portable.h"

void tk_mlkem_portable_transform(polynomial *p) {
    // A Montgomery product with |zeta| < q/2 is below 0.51 q + 0.026 |x|: seven layers take |x| <= q to below 6 q.
    int zeta = 1;
    for (int length = 128; length >= 2; length >>= 1) {
        for (int start = 0; start < N; start += 2 * length, zeta++) {
            int16_t *low = p->c + start, *high = low + length;
            const int16_t z = tk_mlkem_zetas[zeta];
            for (int j = 0; j < length; j++) {
                const int16_t t = montgomery_product(high[j], z), x = low[j];
                low[j] = (int16_t)(x + t);
                high[j] = (int16_t)(x - t);
            }
        }
    }
}

void tk_mlkem_portable_inverse(polynomial *p) {
    int zeta = 127;
    for (int length = 2; length <= 128; length <<= 1) {
        // Sums double with each layer: reducing them in every third keeps them below 8 q.
        const int reducing = length == 8 || length == 64;
        for (int start = 0; start < N; start += 2 * length, zeta--) {
            int16_t *low = p->c + start, *high = low + length;
            const int16_t z = tk_mlkem_zetas[zeta];
            for (int j = 0; j < length; j++) {
                const int16_t x = low[j], y = high[j], sum = (int16_t)(x + y);
                low[j] = reducing ? centred(sum) : sum;
                high[j] = montgomery_product((int16_t)(y - x), z);
            }
        }
    }
    for (int i = 0; i < N; i++) p->c[i] = montgomery_product(p->c[i], INVERSE_SCALE);
}

void tk_mlkem_portable_prepare(factor *f, const polynomial *p) {
    // Pairs stand modulo X^2 - g with g = zetas[64 + i] and -zetas[64 + i] by turns.
    for (int i = 0; i < N / 4; i++) {
        const int16_t z = tk_mlkem_zetas[64 + i];
        int16_t b[4];
        for (int j = 0; j < 4; j++) b[j] = montgomery_product(p->c[4 * i + j], MONTGOMERY_SQUARED);
        for (int j = 0; j < 4; j++) {
            f->straight.c[4 * i + j] = b[j];
            f->swapped.c[4 * i + j] = b[j ^ 1];
        }
        f->straight.c[4 * i + 1] = montgomery_product(b[1], z);
        f->straight.c[4 * i + 3] = montgomery_product(b[3], (int16_t)-z);
    }
}

void tk_mlkem_portable_product(polynomial *sum, const polynomial *a, size_t step, const factor *b, int rank) {
    // Each product of pairs is below 2 q^2, their sum over the rank below 8 q^2 < 2^15 q.
    for (int i = 0; i < N; i += 2) {
        int32_t even = 0, odd = 0;
        for (int k = 0; k < rank; k++) {
            const int16_t *pair = a[(size_t)k * step].c + i, *straight = b[k].straight.c + i, *swapped = b[k].swapped.c + i;
            even += (int32_t)pair[0] * straight[0] + (int32_t)pair[1] * straight[1];
            odd += (int32_t)pair[0] * swapped[0] + (int32_t)pair[1] * swapped[1];
        }
        sum->c[i] = montgomery_reduce(even);
        sum->c[i + 1] = montgomery_reduce(odd);
    }
}
