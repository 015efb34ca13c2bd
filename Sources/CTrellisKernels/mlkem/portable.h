// The parts of the portable arithmetic, which portable.c puts together.
#ifndef TK_MLKEM_PORTABLE_H
#define TK_MLKEM_PORTABLE_H

#include "polynomial.h"

/// x / 2^16 modulo q, for |x| < 2^15 q: the result is in (-q, q).
static inline int16_t montgomery_reduce(int32_t x) {
    const int16_t multiple = (int16_t)((int16_t)x * Q_INVERSE);
    return (int16_t)((x - (int32_t)multiple * Q) >> 16);
}

static inline int16_t montgomery_product(int16_t a, int16_t b) { return montgomery_reduce((int32_t)a * b); }

/// The representative of any x that is in [-q/2, q/2]. 20159 is 2^26 / q.
static inline int16_t centred(int16_t x) {
    const int16_t quotient = (int16_t)((20159 * (int32_t)x + (1 << 25)) >> 26);
    return (int16_t)(x - quotient * Q);
}

/// The representative of any x that is in [0, q).
static inline int16_t canonical(int16_t x) {
    const int16_t near = centred(x);
    return (int16_t)(near + ((near >> 15) & Q));
}

void tk_mlkem_portable_transform(polynomial *p);
void tk_mlkem_portable_inverse(polynomial *p);
void tk_mlkem_portable_prepare(factor *f, const polynomial *p);
void tk_mlkem_portable_product(polynomial *sum, const polynomial *a, size_t step, const factor *b, int rank);
void tk_mlkem_portable_encode(uint8_t *bytes, const polynomial *p);
int tk_mlkem_portable_decode(polynomial *p, const uint8_t *bytes);
void tk_mlkem_portable_compress(uint8_t *bytes, const polynomial *p, int d);
void tk_mlkem_portable_decompress(polynomial *p, const uint8_t *bytes, int d);

#endif
