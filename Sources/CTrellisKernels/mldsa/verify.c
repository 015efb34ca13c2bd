// Verification of one signature. (FIPS 204 Algorithm 8.)
#include "verify.h"

#include <string.h>

#include "packing.h"
#include "sampling.h"
#include "tk_mldsa.h"

int mldsa_open_signature(const mldsa_arithmetic *with, const mldsa_parameters *p, polynomial *out, const uint8_t *signature,
                         const uint8_t *stream) {
    const uint8_t *z = signature + p->challengeHash;
    if (mldsa_check_hints(z + p->l * p->zBytes, p) != 0) return -1;
    for (size_t j = 0; j < p->l; j++) {
        with->unpack_z(out + j, z + j * p->zBytes, p->gamma1);
        if (with->exceeds(out + j, p->gamma1 - p->beta)) return -1;
    }
    mldsa_challenge(p, out + p->l, signature, stream, -1);
    for (size_t j = 0; j <= p->l; j++) with->ntt(out + j);
    return 0;
}

/// UseHint (Algorithm 40) for a coefficient whose hint is one.
static int32_t adjusted(int32_t high, int32_t low, int32_t gamma2) {
    const int32_t count = (MODULUS - 1) / (2 * gamma2);
    if (low > 0) return high + 1 == count ? 0 : high + 1;
    return high == 0 ? count - 1 : high - 1;
}

/// One row: from the sum of products to packed high parts. `w` is used up.
static void correct_row(const mldsa_arithmetic *with, const mldsa_parameters *p, uint8_t *packed, polynomial *w, size_t row,
                        const uint8_t *signature) {
    const uint8_t *hints = signature + p->challengeHash + p->l * p->zBytes;
    polynomial high, low;
    with->inverse_ntt(w);
    with->decompose(&high, &low, w, p->gamma2);
    const size_t first = row == 0 ? 0 : hints[p->omega + row - 1], end = hints[p->omega + row];
    for (size_t i = first; i < end; i++) {
        const size_t at = hints[i];
        high.c[at] = adjusted(high.c[at], low.c[at], p->gamma2);
    }
    with->pack_high(packed, &high, p->gamma2);
}

void mldsa_reconstruct_high(const mldsa_arithmetic *with, const mldsa_verifying_key *key, uint8_t *packed, const polynomial *response,
                            const uint8_t *signature) {
    const mldsa_parameters *p = key->parameters;
    polynomial w;
    for (size_t i = 0; i < p->k; i++) {
        with->multiply_sum(&w, key->rows + i * (p->l + 1), response, p->l + 1);
        correct_row(with, p, packed + i * p->w1Bytes, &w, i, signature);
    }
}

/// Whether the signature's first bytes are the hash of mu and the packed high parts (lines 12 and 13).
static int challenge_matches(const mldsa_parameters *p, const uint8_t mu[64], const uint8_t *packed, const uint8_t *signature) {
    tk_sponge sponge;
    uint8_t hash[CHALLENGE_HASH_MOST];
    tk_sponge_init(&sponge, TK_SHAKE256_RATE, TK_SHAKE_SUFFIX);
    tk_sponge_absorb(&sponge, mu, TK_MLDSA_MU_SIZE);
    tk_sponge_absorb(&sponge, packed, p->k * p->w1Bytes);
    tk_sponge_finish(&sponge);
    tk_sponge_squeeze(&sponge, hash, p->challengeHash);
    return memcmp(hash, signature, p->challengeHash) == 0;
}

int tk_mldsa_verify(const void *verifyingKey, const uint8_t mu[64], const uint8_t *signature, size_t signatureLength) {
    const mldsa_verifying_key *key = verifyingKey;
    const mldsa_parameters *p = key->parameters;
    const mldsa_arithmetic *with = mldsa_arithmetic_now();
    if (signatureLength != p->signatureSize) return TK_MLDSA_REFUSED;
    polynomial response[COLUMNS_MOST + 1];
    uint8_t packed[W1_BYTES_MOST];
    if (mldsa_open_signature(with, p, response, signature, NULL) != 0) return TK_MLDSA_REFUSED;
    mldsa_reconstruct_high(with, key, packed, response, signature);
    return challenge_matches(p, mu, packed, signature) ? 0 : TK_MLDSA_REFUSED;
}

int tk_mldsa_verify_bytes_mu(int set, const uint8_t *publicKey, size_t publicKeyLength, const uint8_t mu[64], const uint8_t *signature,
                             size_t signatureLength) {
    mldsa_verifying_key_room room;
    if (signatureLength != tk_mldsa_signature_size(set)) return TK_MLDSA_REFUSED;
    if (tk_mldsa_verifying_key(set, publicKey, publicKeyLength, &room) != 0) return TK_MLDSA_REFUSED;
    return tk_mldsa_verify(&room, mu, signature, signatureLength);
}

int tk_mldsa_verify_bytes(int set, const uint8_t *publicKey, size_t publicKeyLength, const uint8_t *context, size_t contextLength,
                          const uint8_t *message, size_t messageLength, const uint8_t *signature, size_t signatureLength) {
    mldsa_verifying_key_room room;
    uint8_t mu[TK_MLDSA_MU_SIZE];
    if (signatureLength != tk_mldsa_signature_size(set)) return TK_MLDSA_REFUSED;
    if (tk_mldsa_verifying_key(set, publicKey, publicKeyLength, &room) != 0) return TK_MLDSA_REFUSED;
    if (tk_mldsa_mu(mu, room.key.tr, context, contextLength, message, messageLength) != 0) return TK_MLDSA_REFUSED;
    return tk_mldsa_verify(&room, mu, signature, signatureLength);
}
