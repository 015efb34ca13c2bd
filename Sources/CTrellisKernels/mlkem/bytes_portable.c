// Polynomials of ML-KEM from and to bytes, with and without rounding (FIPS 203 §4.2.1), in plain C. Nothing here divides: a division's
// time depends on its operands on many processors.
#include "portable.h"

void tk_mlkem_portable_encode(uint8_t *bytes, const polynomial *p) {
    for (int i = 0; i < N / 2; i++) {
        const unsigned a = (unsigned)canonical(p->c[2 * i]), b = (unsigned)canonical(p->c[2 * i + 1]);
        bytes[3 * i] = (uint8_t)a;
        bytes[3 * i + 1] = (uint8_t)(a >> 8 | b << 4);
        bytes[3 * i + 2] = (uint8_t)(b >> 4);
    }
}

/// Subtracts q from x in 0 ..< 4096 if it is q or more; `excess` becomes negative if it was not.
static inline int16_t below_q(int x, int *excess) {
    *excess = x - Q;
    return (int16_t)(*excess + ((*excess >> 31) & Q));
}

int tk_mlkem_portable_decode(polynomial *p, const uint8_t *bytes) {
    int all_below = -1;
    for (int i = 0; i < N / 2; i++) {
        const int x = bytes[3 * i], y = bytes[3 * i + 1], z = bytes[3 * i + 2];
        int first, second;
        p->c[2 * i] = below_q(x | (y & 15) << 8, &first);
        p->c[2 * i + 1] = below_q(y >> 4 | z << 4, &second);
        all_below &= first & second;
    }
    return 1 + (all_below >> 31);
}

/// round(2^d x / q) modulo 2^d, for x in [0, q).
static inline uint32_t compressed(uint32_t x, int d) {
    // 2^36 / q rounded up: exact for all x and d <= 11, being too large by less than x / 2^36.
    return (uint32_t)(((uint64_t)((x << d) + Q / 2) * 20642679u) >> 36) & ((1u << d) - 1);
}

void tk_mlkem_portable_compress(uint8_t *bytes, const polynomial *p, int d) {
    uint64_t held = 0;
    int count = 0;
    for (int i = 0; i < N; i++) {
        held |= (uint64_t)compressed((uint32_t)canonical(p->c[i]), d) << count;
        for (count += d; count >= 8; count -= 8, held >>= 8) *bytes++ = (uint8_t)held;
    }
}

void tk_mlkem_portable_decompress(polynomial *p, const uint8_t *bytes, int d) {
    uint64_t held = 0;
    int count = 0;
    for (int i = 0; i < N; i++) {
        for (; count < d; count += 8) held |= (uint64_t)*bytes++ << count;
        const uint32_t x = (uint32_t)held & ((1u << d) - 1);
        p->c[i] = (int16_t)((x * Q + (1u << (d - 1))) >> d);
        held >>= d;
        count -= d;
    }
}
