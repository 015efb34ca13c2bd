// Polynomials of ML-KEM (FIPS 203 §2.4.4) and what is done to them: one table of functions for plain C, one for AVX2, with the same
// results to the byte. Coefficients are in the standard's order everywhere, also in the domain of the transform.
#ifndef TK_MLKEM_POLYNOMIAL_H
#define TK_MLKEM_POLYNOMIAL_H

#include <stddef.h>
#include <stdint.h>

enum {
    Q = 3329,
    /// Coefficients of a polynomial.
    N = 256,
    /// q^-1 modulo 2^16, as int16.
    Q_INVERSE = -3327,
    /// 2^32 modulo q: a Montgomery product with it multiplies by 2^16.
    MONTGOMERY_SQUARED = 1353,
    /// 2^16 / 128 modulo q: a Montgomery product with it divides by 128, as the inverse transform has to.
    INVERSE_SCALE = 512,
    /// Bytes of SHAKE256 that make one polynomial of the centred binomial distribution with eta = 2.
    NOISE_BYTES = 128,
    /// Bytes of one block of SHAKE128, which holds 112 candidates for uniform coefficients.
    UNIFORM_BLOCK_BYTES = 168,
    /// Blocks that make one polynomial in all but some 8 of 1000 cases.
    UNIFORM_BLOCKS = 3,
    /// A polynomial with 12 bits per coefficient, in bytes.
    ENCODED_BYTES = 384,
    /// The largest rank k of a parameter set.
    RANK_MOST = 4,
};

/// 256 coefficients, each any representative of its class modulo q; the functions below say how large.
typedef struct {
    int16_t c[N];
} __attribute__((aligned(64))) polynomial;

/// A transformed polynomial b made ready to be multiplied by many others: for each pair (b0, b1) of coefficients modulo X^2 - g,
/// `straight` holds (b0, g b1) and `swapped` (b1, b0), all times 2^16; a product is then two sums of two products.
typedef struct {
    polynomial straight, swapped;
} factor;

typedef struct {
    /// The transform of FIPS 203 algorithm 9. In: |coefficient| <= q; out: below 6q.
    void (*transform)(polynomial *p);
    /// Its inverse, algorithm 10. In and out: |coefficient| < q.
    void (*inverse)(polynomial *p);
    /// Any |coefficient| of `p`.
    void (*prepare)(factor *f, const polynomial *p);
    /// sum = the sum of a[i] b[i] over `rank` transformed polynomials, where a[i] stands at a + i * step. |a| < q; out: |coefficient| < q.
    void (*product)(polynomial *sum, const polynomial *a, size_t step, const factor *b, int rank);
    /// a = a + b, without reduction.
    void (*add)(polynomial *a, const polynomial *b);
    /// a = a - b, without reduction.
    void (*subtract)(polynomial *a, const polynomial *b);
    /// To 0 ..< q, from any value.
    void (*reduce)(polynomial *p);

    /// Coefficients of the centred binomial distribution with eta = 2, from 128 random bytes: algorithm 8.
    void (*noise)(polynomial *p, const uint8_t *bytes);
    /// Appends the candidates of `blocks` blocks that are below q to the `filled` coefficients that are there, at most to 256; returns how
    /// many are there now: algorithm 7. Its time depends on the blocks, which must be public. Reads 8 bytes behind them.
    int (*uniform)(polynomial *p, int filled, const uint8_t *bytes, int blocks);

    /// 12 bits per coefficient: algorithm 5. In: any value; 0 ..< q is written.
    void (*encode)(uint8_t *bytes, const polynomial *p);
    /// Reads 12 bits per coefficient, algorithm 6, to 0 ..< q. Returns 0 if all were below q.
    int (*decode)(polynomial *p, const uint8_t *bytes);
    /// Rounds to d = 1, 4, 5, 10 or 11 bits (FIPS 203 §4.2.1) and writes them, 32 d bytes. In: any value.
    void (*compress)(uint8_t *bytes, const polynomial *p, int d);
    /// Reads d bits per coefficient, and undoes the rounding. Out: 0 ... q.
    void (*decompress)(polynomial *p, const uint8_t *bytes, int d);
} arithmetic;

extern const arithmetic tk_mlkem_portable;
#if defined(__x86_64__)
extern const arithmetic tk_mlkem_avx2;
#endif

// MARK: constants, in tables.c

extern const int16_t tk_mlkem_zetas[128];
#if defined(__x86_64__)
extern const int16_t tk_mlkem_last_layers[8][3][2][16];
extern const int16_t tk_mlkem_inverse_layers[8][3][2][16];
extern const int16_t tk_mlkem_pair_factors[16][2][16];
extern const uint64_t tk_mlkem_kept_lanes[256];
#endif

#endif
