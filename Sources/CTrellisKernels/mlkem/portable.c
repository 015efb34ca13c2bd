// The arithmetic of ML-KEM in plain C: sums and samples, and the table of all its functions.
#include "portable.h"

static void add(polynomial *a, const polynomial *b) {
    for (int i = 0; i < N; i++) a->c[i] = (int16_t)(a->c[i] + b->c[i]);
}

static void subtract(polynomial *a, const polynomial *b) {
    for (int i = 0; i < N; i++) a->c[i] = (int16_t)(a->c[i] - b->c[i]);
}

static void reduce(polynomial *p) {
    for (int i = 0; i < N; i++) p->c[i] = canonical(p->c[i]);
}

static void noise(polynomial *p, const uint8_t *bytes) {
    // Each half byte makes a coefficient: the sum of its two low bits minus that of its two high bits.
    for (int i = 0; i < NOISE_BYTES; i++) {
        const unsigned sums = (bytes[i] & 0x55u) + (bytes[i] >> 1 & 0x55u);
        p->c[2 * i] = (int16_t)((int)(sums & 3) - (int)(sums >> 2 & 3));
        p->c[2 * i + 1] = (int16_t)((int)(sums >> 4 & 3) - (int)(sums >> 6 & 3));
    }
}

static int uniform(polynomial *p, int filled, const uint8_t *bytes, int blocks) {
    for (const uint8_t *end = bytes + UNIFORM_BLOCK_BYTES * blocks; bytes < end && filled < N; bytes += 3) {
        const int first = bytes[0] | (bytes[1] & 15) << 8, second = bytes[1] >> 4 | bytes[2] << 4;
        if (first < Q) p->c[filled++] = (int16_t)first;
        if (second < Q && filled < N) p->c[filled++] = (int16_t)second;
    }
    return filled;
}

const arithmetic tk_mlkem_portable = {
    .transform = tk_mlkem_portable_transform,
    .inverse = tk_mlkem_portable_inverse,
    .prepare = tk_mlkem_portable_prepare,
    .product = tk_mlkem_portable_product,
    .add = add,
    .subtract = subtract,
    .reduce = reduce,
    .noise = noise,
    .uniform = uniform,
    .encode = tk_mlkem_portable_encode,
    .decode = tk_mlkem_portable_decode,
    .compress = tk_mlkem_portable_compress,
    .decompress = tk_mlkem_portable_decompress,
};
