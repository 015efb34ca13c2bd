// Key generation, the encoding of keys, and their expansion. (FIPS 204 Algorithms 6, 22 to 25.)
#include "keys.h"

#include <string.h>

#include "packing.h"
#include "sampling.h"
#include "tk_mldsa.h"
#include "tk_taint.h"

/// s1, s2, then t0 and t1.
enum { SECRETS_MOST = COLUMNS_MOST + ROWS_MOST };

static int misaligned(const void *buffer) { return (uintptr_t)buffer % TK_MLDSA_ALIGNMENT != 0; }

size_t tk_mldsa_signing_key_size(int set) {
    const mldsa_parameters *p = mldsa_parameters_of(set);
    return p == NULL ? 0 : sizeof(mldsa_signing_key) + (mldsa_t0_at(p) + p->k) * sizeof(polynomial);
}

size_t tk_mldsa_verifying_key_size(int set) {
    const mldsa_parameters *p = mldsa_parameters_of(set);
    return p == NULL ? 0 : sizeof(mldsa_verifying_key) + p->k * (p->l + 1) * sizeof(polynomial);
}

int tk_mldsa_signing_key_set(const void *signingKey) { return ((const mldsa_signing_key *)signingKey)->parameters->set; }
int tk_mldsa_verifying_key_set(const void *verifyingKey) { return ((const mldsa_verifying_key *)verifyingKey)->parameters->set; }
const uint8_t *tk_mldsa_signing_key_tr(const void *signingKey) { return ((const mldsa_signing_key *)signingKey)->tr; }
const uint8_t *tk_mldsa_verifying_key_tr(const void *verifyingKey) { return ((const mldsa_verifying_key *)verifyingKey)->tr; }

int tk_mldsa_verifying_key(int set, const uint8_t *publicKey, size_t length, void *verifyingKey) {
    const mldsa_parameters *p = mldsa_parameters_of(set);
    if (p == NULL || length != p->publicKeySize || misaligned(verifyingKey)) return TK_MLDSA_REFUSED;
    const mldsa_arithmetic *with = mldsa_arithmetic_now();
    mldsa_verifying_key *key = verifyingKey;
    key->parameters = p;
    mldsa_expand_public(with, p, key->rows, p->l + 1, publicKey, key->tr);
    for (size_t i = 0; i < p->k; i++) {
        polynomial *t1 = key->rows + i * (p->l + 1) + p->l;
        with->unpack_t1(t1, publicKey + 32 + i * T1_BYTES);
        with->ntt(t1);
    }
    return 0;
}

// MARK: the pair

/// The parts of a private key before the transform.
typedef struct {
    uint8_t rho[32], K[32], tr[64];
    /// s1, then s2.
    polynomial s[SECRETS_MOST];
    polynomial t0[ROWS_MOST];
} key_parts;

/// From rho, s1 and s2: the matrix and the transform of s1 into the expanded key; t = A s1 + s2, of which t0 goes to `parts` and t1 into the
/// public key; and tr (Algorithm 6, lines 3 to 9). What depends on the secrets is public only in the public key.
static void complete(const mldsa_arithmetic *with, const mldsa_parameters *p, key_parts *parts, mldsa_signing_key *key, uint8_t *publicKey) {
    polynomial *s1 = key->polynomials + mldsa_s1_at(p), t, t1;
    mldsa_expand_matrix(with, p, key->polynomials, p->l, parts->rho);
    memcpy(s1, parts->s, p->l * sizeof(polynomial));
    for (size_t j = 0; j < p->l; j++) with->ntt(s1 + j);
    memcpy(publicKey, parts->rho, 32);
    for (size_t i = 0; i < p->k; i++) {
        with->multiply_sum(&t, key->polynomials + i * p->l, s1, p->l);
        with->inverse_ntt(&t);
        with->add_exceeds(&t, parts->s + p->l + i, MODULUS);
        with->power2round(&t1, parts->t0 + i, &t);
        mldsa_pack_t1(publicKey + 32 + i * T1_BYTES, &t1);
    }
    TK_PUBLIC(publicKey, p->publicKeySize);
    tk_shake256(parts->tr, sizeof parts->tr, publicKey, p->publicKeySize);
    tk_zero(&t, sizeof t);
    tk_zero(&t1, sizeof t1);
}

/// The rest of the expanded key: the transforms of s2 and t0.
static void expand(const mldsa_arithmetic *with, const mldsa_parameters *p, const key_parts *parts, mldsa_signing_key *key) {
    key->parameters = p;
    memcpy(key->tr, parts->tr, sizeof key->tr);
    memcpy(key->K, parts->K, sizeof key->K);
    polynomial *s2 = key->polynomials + mldsa_s2_at(p), *t0 = key->polynomials + mldsa_t0_at(p);
    memcpy(s2, parts->s + p->l, p->k * sizeof(polynomial));
    memcpy(t0, parts->t0, p->k * sizeof(polynomial));
    for (size_t i = 0; i < 2 * p->k; i++) with->ntt(s2 + i);
}

static void parts_from_seed(const mldsa_arithmetic *with, const mldsa_parameters *p, key_parts *parts, const uint8_t seed[32]) {
    uint8_t input[34], output[128];
    memcpy(input, seed, 32);
    input[32] = (uint8_t)p->k;
    input[33] = (uint8_t)p->l;
    tk_shake256(output, sizeof output, input, sizeof input);
    TK_PUBLIC(output, 32);
    memcpy(parts->rho, output, 32);
    memcpy(parts->K, output + 96, 32);
    mldsa_expand_secret(with, p, parts->s, output + 32);
    tk_zero(input, sizeof input);
    tk_zero(output, sizeof output);
}

static void encode(const mldsa_parameters *p, const key_parts *parts, uint8_t *privateKey) {
    memcpy(privateKey, parts->rho, 32);
    memcpy(privateKey + 32, parts->K, 32);
    memcpy(privateKey + 64, parts->tr, 64);
    uint8_t *at = privateKey + 128;
    for (size_t i = 0; i < p->l + p->k; i++, at += p->etaBytes) mldsa_pack_eta(at, parts->s + i, p->eta);
    for (size_t i = 0; i < p->k; i++, at += T0_BYTES) mldsa_pack_t0(at, parts->t0 + i);
}

int tk_mldsa_signing_key_from_seed(int set, const uint8_t seed[32], void *signingKey, uint8_t *publicKey) {
    const mldsa_parameters *p = mldsa_parameters_of(set);
    if (p == NULL || misaligned(signingKey)) return TK_MLDSA_REFUSED;
    const mldsa_arithmetic *with = mldsa_arithmetic_now();
    key_parts parts;
    uint8_t own[PUBLIC_KEY_MOST];
    parts_from_seed(with, p, &parts, seed);
    complete(with, p, &parts, signingKey, publicKey == NULL ? own : publicKey);
    expand(with, p, &parts, signingKey);
    tk_zero(&parts, sizeof parts);
    return 0;
}

/// Room for the matrix and the transform of s1 of any set.
typedef union {
    mldsa_signing_key key;
    uint8_t room[sizeof(mldsa_signing_key) + (ROWS_MOST * COLUMNS_MOST + COLUMNS_MOST) * sizeof(polynomial)];
} matrix_room;

int tk_mldsa_generate(int set, const uint8_t seed[32], uint8_t *publicKey, uint8_t *privateKey) {
    const mldsa_parameters *p = mldsa_parameters_of(set);
    if (p == NULL) return TK_MLDSA_REFUSED;
    const mldsa_arithmetic *with = mldsa_arithmetic_now();
    key_parts parts;
    matrix_room matrix;
    parts_from_seed(with, p, &parts, seed);
    complete(with, p, &parts, &matrix.key, publicKey);
    if (privateKey != NULL) encode(p, &parts, privateKey);
    tk_zero(&parts, sizeof parts);
    tk_zero(matrix.key.polynomials + mldsa_s1_at(p), p->l * sizeof(polynomial));
    return 0;
}

/// All differences between the two, or-ed together.
static uint32_t differences(const void *one, const void *other, size_t count) {
    const uint8_t *a = one, *b = other;
    uint32_t all = 0;
    for (size_t i = 0; i < count; i++) all |= (uint32_t)(a[i] ^ b[i]);
    return all;
}

int tk_mldsa_signing_key_from_private_key(int set, const uint8_t *privateKey, size_t length, void *signingKey, uint8_t *publicKey) {
    const mldsa_parameters *p = mldsa_parameters_of(set);
    if (p == NULL || length != p->privateKeySize || misaligned(signingKey)) return TK_MLDSA_REFUSED;
    const mldsa_arithmetic *with = mldsa_arithmetic_now();
    key_parts parts;
    uint8_t own[PUBLIC_KEY_MOST];
    polynomial t0;
    memcpy(parts.rho, privateKey, 32);
    TK_PUBLIC(parts.rho, 32);
    memcpy(parts.K, privateKey + 32, 32);
    const uint8_t *at = privateKey + 128;
    uint32_t wrong = 0;
    for (size_t i = 0; i < p->l + p->k; i++, at += p->etaBytes) wrong |= mldsa_unpack_eta(parts.s + i, at, p->eta);
    complete(with, p, &parts, signingKey, publicKey == NULL ? own : publicKey);
    for (size_t i = 0; i < p->k; i++, at += T0_BYTES) {
        mldsa_unpack_t0(&t0, at);
        wrong |= differences(&t0, parts.t0 + i, sizeof t0);
    }
    wrong |= differences(parts.tr, privateKey + 64, 64);
    expand(with, p, &parts, signingKey);
    tk_zero(&parts, sizeof parts);
    tk_zero(&t0, sizeof t0);
    TK_PUBLIC(&wrong, sizeof wrong);
    if (wrong != 0) tk_zero(signingKey, tk_mldsa_signing_key_size(set));
    return wrong == 0 ? 0 : TK_MLDSA_REFUSED;
}
