// Extendable output in lanes, and what rejection or unpacking makes of it.
#include "sampling.h"

#include <string.h>

#include "tk_keccak.h"
#include "tk_taint.h"

/// Blocks that nearly always are enough; more are squeezed if not.
enum {
    UNIFORM_BLOCKS = 5,
    ETA_BLOCKS = 2,
    MASK_BLOCKS = 5,
    UNIFORM_BYTES = UNIFORM_BLOCKS * TK_SHAKE128_RATE,
    ETA_BYTES = ETA_BLOCKS * TK_SHAKE256_RATE,
    MASK_BYTES = MASK_BLOCKS * TK_SHAKE256_RATE,
};

// MARK: as many sponges as are needed

/// One to eight SHAKE sponges side by side.
typedef struct {
    size_t count;
    union {
        tk_sponge one;
        tk_sponge_x4 four;
        tk_sponge_x8 eight;
    } sponge;
} sponges;

static void absorb(sponges *s, size_t count, size_t rate, const uint8_t *seeds, size_t length) {
    const uint8_t *each[LANES];
    for (size_t i = 0; i < LANES; i++) each[i] = seeds + length * (i < count ? i : 0);
    s->count = count;
    if (count > 4) return tk_sponge_x8_absorb(&s->sponge.eight, rate, TK_SHAKE_SUFFIX, each, length);
    if (count > 1) return tk_sponge_x4_absorb(&s->sponge.four, rate, TK_SHAKE_SUFFIX, each, length);
    tk_sponge_init(&s->sponge.one, rate, TK_SHAKE_SUFFIX);
    tk_sponge_absorb(&s->sponge.one, seeds, length);
    tk_sponge_finish(&s->sponge.one);
}

/// The next `blocks` blocks of sponge i go to bytes + i * stride, for all LANES or fewer.
static void squeeze(sponges *s, size_t rate, uint8_t *bytes, size_t stride, size_t blocks) {
    uint8_t *each[LANES];
    for (size_t i = 0; i < LANES; i++) each[i] = bytes + stride * i;
    if (s->count > 4) return tk_sponge_x8_squeeze(&s->sponge.eight, each, blocks);
    if (s->count > 1) return tk_sponge_x4_squeeze(&s->sponge.four, each, blocks);
    tk_sponge_squeeze(&s->sponge.one, bytes, rate * blocks);
}

// MARK: the matrix

void mldsa_matrix_seed(uint8_t seed[MATRIX_SEED], const uint8_t rho[32], size_t row, size_t column) {
    memcpy(seed, rho, 32);
    seed[32] = (uint8_t)column;
    seed[33] = (uint8_t)row;
}

void mldsa_sample_uniform(const mldsa_arithmetic *with, size_t count, polynomial *const *outs, const uint8_t (*seeds)[MATRIX_SEED]) {
    sponges s;
    uint8_t bytes[LANES][UNIFORM_BYTES + READ_BEYOND];
    size_t have[LANES] = {0};
    absorb(&s, count, TK_SHAKE128_RATE, seeds[0], MATRIX_SEED);
    size_t blocks = UNIFORM_BLOCKS;
    for (int lacking = 1; lacking; blocks = 1) {
        squeeze(&s, TK_SHAKE128_RATE, bytes[0], sizeof bytes[0], blocks);
        lacking = 0;
        for (size_t i = 0; i < count; i++) {
            if (have[i] < DEGREE) have[i] = with->reject_uniform(outs[i], have[i], bytes[i], blocks * TK_SHAKE128_RATE);
            lacking |= have[i] < DEGREE;
        }
    }
}

void mldsa_expand_matrix(const mldsa_arithmetic *with, const mldsa_parameters *p, polynomial *out, size_t stride, const uint8_t rho[32]) {
    uint8_t seeds[LANES][MATRIX_SEED];
    polynomial *outs[LANES];
    const size_t entries = p->k * p->l;
    for (size_t done = 0; done < entries;) {
        const size_t count = entries - done < LANES ? entries - done : LANES;
        for (size_t i = 0; i < count; i++, done++) {
            mldsa_matrix_seed(seeds[i], rho, done / p->l, done % p->l);
            outs[i] = out + done / p->l * stride + done % p->l;
        }
        mldsa_sample_uniform(with, count, outs, (const uint8_t(*)[MATRIX_SEED])seeds);
    }
}

// MARK: secrets

static void secret_seeds(uint8_t seeds[LANES][SECRET_SEED], size_t count, const uint8_t rho[64], uint32_t counter) {
    for (size_t i = 0; i < count; i++) {
        memcpy(seeds[i], rho, 64);
        seeds[i][64] = (uint8_t)(counter + i);
        seeds[i][65] = (uint8_t)((counter + i) >> 8);
    }
}

static void sample_eta(const mldsa_arithmetic *with, polynomial *out, size_t count, const uint8_t rho[64], uint32_t counter, int32_t eta) {
    sponges s;
    uint8_t seeds[LANES][SECRET_SEED], bytes[LANES][ETA_BYTES + READ_BEYOND];
    size_t have[LANES] = {0};
    secret_seeds(seeds, count, rho, counter);
    absorb(&s, count, TK_SHAKE256_RATE, seeds[0], SECRET_SEED);
    size_t blocks = ETA_BLOCKS;
    for (int lacking = 1; lacking; blocks = 1) {
        squeeze(&s, TK_SHAKE256_RATE, bytes[0], sizeof bytes[0], blocks);
        lacking = 0;
        for (size_t i = 0; i < count; i++) {
            if (have[i] < DEGREE) have[i] = with->reject_eta(out + i, have[i], bytes[i], blocks * TK_SHAKE256_RATE, eta);
            lacking |= have[i] < DEGREE;
        }
    }
    tk_zero(&s, sizeof s);
    tk_zero(seeds, sizeof seeds);
    tk_zero(bytes, sizeof bytes);
}

void mldsa_expand_secret(const mldsa_arithmetic *with, const mldsa_parameters *p, polynomial *out, const uint8_t rho[64]) {
    const size_t entries = p->l + p->k;
    for (size_t done = 0; done < entries; done += LANES)
        sample_eta(with, out + done, entries - done < LANES ? entries - done : LANES, rho, (uint32_t)done, p->eta);
}

void mldsa_expand_mask(const mldsa_arithmetic *with, const mldsa_parameters *p, polynomial *out, size_t count, const uint8_t rho[64],
                       uint32_t counter) {
    sponges s;
    uint8_t seeds[LANES][SECRET_SEED], bytes[LANES][MASK_BYTES + READ_BEYOND];
    secret_seeds(seeds, count, rho, counter);
    absorb(&s, count, TK_SHAKE256_RATE, seeds[0], SECRET_SEED);
    squeeze(&s, TK_SHAKE256_RATE, bytes[0], sizeof bytes[0], MASK_BLOCKS);
    for (size_t i = 0; i < count; i++) with->unpack_z(out + i, bytes[i], p->gamma1);
    tk_zero(&s, sizeof s);
    tk_zero(seeds, sizeof seeds);
    tk_zero(bytes, sizeof bytes);
}

// MARK: the challenge

/// The block of the challenge's stream that starts at `position`.
static void challenge_block(uint8_t block[TK_SHAKE256_RATE], const mldsa_parameters *p, const uint8_t *hash, size_t position) {
    tk_sponge sponge;
    tk_sponge_init(&sponge, TK_SHAKE256_RATE, TK_SHAKE_SUFFIX);
    tk_sponge_absorb(&sponge, hash, p->challengeHash);
    tk_sponge_finish(&sponge);
    for (size_t done = 0; done <= position; done += TK_SHAKE256_RATE) tk_sponge_squeeze(&sponge, block, TK_SHAKE256_RATE);
}

void mldsa_challenge(const mldsa_parameters *p, polynomial *out, const uint8_t *hash, const uint8_t *stream, int32_t one) {
    uint8_t block[TK_SHAKE256_RATE];
    if (stream != NULL)
        memcpy(block, stream, sizeof block);
    else
        challenge_block(block, p, hash, 0);
    uint64_t signs;
    memcpy(&signs, block, 8);
    memset(out, 0, sizeof *out);
    size_t next = 8;
    for (size_t i = DEGREE - p->tau; i < DEGREE; next++) {
        // A second block is wanted once in billions of times.
        if (next % sizeof block == 0) challenge_block(block, p, hash, next);
        const size_t place = block[next % sizeof block];
        if (place > i) continue;
        out->c[i] = out->c[place];
        out->c[place] = one - 2 * one * (int32_t)(signs & 1);
        signs >>= 1;
        i++;
    }
}
