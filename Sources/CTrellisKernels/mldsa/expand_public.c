// The matrix and the hash of a public key together: seven lanes make entries of the matrix while the eighth hashes the key.
#include <string.h>

#include "sampling.h"
#include "tk_keccak.h"

enum {
    ENTRIES = LANES - 1,
    BLOCKS = 5,
    BLOCK = TK_SHAKE128_RATE,
};

/// SHAKE256 of the key, block by block.
typedef struct {
    uint64_t state[25];
    const uint8_t *bytes;
    size_t left;
    int done;
} key_hash;

/// XORs the next block of the key into the last lane.
static void absorb_key(tk_sponge_x8 *sponge, key_hash *h) {
    uint8_t block[TK_SHAKE256_RATE] = {0};
    const size_t count = h->left < sizeof block ? h->left : sizeof block;
    memcpy(block, h->bytes, count);
    if (count < sizeof block) {
        block[count] = TK_SHAKE_SUFFIX;
        block[sizeof block - 1] |= 0x80;
        h->done = 1;
    }
    h->bytes += count, h->left -= count;
    for (size_t i = 0; i < sizeof block / 8; i++) {
        uint64_t word;
        memcpy(&word, block + 8 * i, 8);
        sponge->lanes[i][ENTRIES] ^= word;
    }
}

/// Makes seven entries, and goes on with the hash of the key, which ends in `tr`.
static void seven_entries(const mldsa_arithmetic *with, polynomial *const outs[ENTRIES], const uint8_t (*seeds)[MATRIX_SEED], key_hash *h,
                          uint8_t tr[64]) {
    tk_sponge_x8 sponge;
    uint8_t bytes[LANES][BLOCKS * BLOCK + READ_BEYOND], *each[LANES];
    const uint8_t *starts[LANES];
    for (size_t k = 0; k < LANES; k++) starts[k] = seeds[k % ENTRIES];
    tk_sponge_x8_absorb(&sponge, BLOCK, TK_SHAKE_SUFFIX, starts, MATRIX_SEED);
    for (size_t i = 0; i < 25; i++) sponge.lanes[i][ENTRIES] = h->state[i];
    for (size_t block = 0; block < BLOCKS; block++) {
        const int absorbing = !h->done;
        if (absorbing) absorb_key(&sponge, h);
        for (size_t k = 0; k < LANES; k++) each[k] = bytes[k] + block * BLOCK;
        tk_sponge_x8_squeeze(&sponge, each, 1);
        if (absorbing && h->done) memcpy(tr, each[ENTRIES], 64);
    }
    for (size_t i = 0; i < 25; i++) h->state[i] = sponge.lanes[i][ENTRIES];
    for (size_t k = 0; k < ENTRIES; k++)
        if (with->reject_uniform(outs[k], 0, bytes[k], BLOCKS * BLOCK) < DEGREE) mldsa_sample_uniform(with, 1, outs + k, seeds + k);
}

void mldsa_expand_public(const mldsa_arithmetic *with, const mldsa_parameters *p, polynomial *out, size_t stride, const uint8_t *publicKey,
                         uint8_t tr[64]) {
    key_hash h = {{0}, publicKey, p->publicKeySize, 0};
    const size_t entries = p->k * p->l;
    for (size_t done = 0; done < entries;) {
        uint8_t seeds[LANES][MATRIX_SEED];
        polynomial *outs[LANES];
        const size_t most = h.done ? LANES : ENTRIES, count = entries - done < most ? entries - done : most;
        for (size_t i = 0; i < count; i++, done++) {
            mldsa_matrix_seed(seeds[i], publicKey, done / p->l, done % p->l);
            outs[i] = out + done / p->l * stride + done % p->l;
        }
        if (h.done)
            mldsa_sample_uniform(with, count, outs, (const uint8_t(*)[MATRIX_SEED])seeds);
        else
            seven_entries(with, outs, (const uint8_t(*)[MATRIX_SEED])seeds, &h, tr);
    }
}
