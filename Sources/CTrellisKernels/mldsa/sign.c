// Signing: attempts until one gives nothing of the key away. (FIPS 204 Algorithm 7.)
#include <string.h>

#include "keys.h"
#include "packing.h"
#include "sampling.h"
#include "tk_mldsa.h"
#include "tk_taint.h"

/// What an attempt works on. All of it is erased at the end.
typedef struct {
    /// The masks in hand: those of this attempt, then those of the next. They are made LANES at a time.
    polynomial y[COLUMNS_MOST - 1 + LANES];
    size_t masks;
    /// The counter of the next mask to be made.
    uint32_t counter;
    /// The transform of y, then z.
    polynomial z[COLUMNS_MOST];
    polynomial high[ROWS_MOST], low[ROWS_MOST];
    polynomial challenge, product;
    coefficient_set hints[ROWS_MOST];
    uint8_t packedHigh[W1_BYTES_MOST];
    uint8_t challengeHash[CHALLENGE_HASH_MOST];
    uint8_t rho[64];
} attempt_state;

/// Sees to it that there are l masks for the next attempt (line 11), having used up those of the last.
static void prepare_masks(const mldsa_arithmetic *with, const mldsa_parameters *p, attempt_state *s, size_t used) {
    s->masks -= used;
    memmove(s->y, s->y + used, s->masks * sizeof(polynomial));
    if (s->masks >= p->l) return;
    mldsa_expand_mask(with, p, s->y + s->masks, LANES, s->rho, s->counter);
    s->masks += LANES;
    s->counter += LANES;
}

/// w = A y, split, and the challenge that the hash of mu and the high parts gives (lines 12 to 17).
static void commit(const mldsa_arithmetic *with, const mldsa_signing_key *key, attempt_state *s, const uint8_t mu[64]) {
    const mldsa_parameters *p = key->parameters;
    memcpy(s->z, s->y, p->l * sizeof(polynomial));
    for (size_t j = 0; j < p->l; j++) with->ntt(s->z + j);
    for (size_t i = 0; i < p->k; i++) {
        with->multiply_sum(&s->product, key->polynomials + i * p->l, s->z, p->l);
        with->inverse_ntt(&s->product);
        with->decompose(s->high + i, s->low + i, &s->product, p->gamma2);
        with->pack_high(s->packedHigh + i * p->w1Bytes, s->high + i, p->gamma2);
    }
    tk_sponge sponge;
    tk_sponge_init(&sponge, TK_SHAKE256_RATE, TK_SHAKE_SUFFIX);
    tk_sponge_absorb(&sponge, mu, TK_MLDSA_MU_SIZE);
    tk_sponge_absorb(&sponge, s->packedHigh, p->k * p->w1Bytes);
    tk_sponge_finish(&sponge);
    tk_sponge_squeeze(&sponge, s->challengeHash, p->challengeHash);
    tk_zero(&sponge, sizeof sponge);
    // The hash of a commitment tells nothing of it, also if the attempt fails.
    TK_PUBLIC(s->challengeHash, p->challengeHash);
    mldsa_challenge(p, &s->challenge, s->challengeHash, NULL, 1);
    with->ntt(&s->challenge);
}

static void challenge_times(const mldsa_arithmetic *with, attempt_state *s, const polynomial *secret) {
    with->multiply_sum(&s->product, &s->challenge, secret, 1);
    with->inverse_ntt(&s->product);
}

/// That an attempt fails at some polynomial is public: how likely that is does not depend on the key.
static int declassified(uint32_t flag) {
    TK_PUBLIC(&flag, sizeof flag);
    return flag != 0;
}

/// z and the hints, or -1 if a bound is exceeded (lines 18 to 28). The low parts come first, as they fail most often.
static int respond(const mldsa_arithmetic *with, const mldsa_signing_key *key, attempt_state *s) {
    const mldsa_parameters *p = key->parameters;
    const polynomial *s1 = key->polynomials + mldsa_s1_at(p), *s2 = key->polynomials + mldsa_s2_at(p);
    const polynomial *t0 = key->polynomials + mldsa_t0_at(p);
    for (size_t i = 0; i < p->k; i++) {
        challenge_times(with, s, s2 + i);
        if (declassified(with->subtract_exceeds(s->low + i, &s->product, p->gamma2 - p->beta))) return -1;
    }
    for (size_t j = 0; j < p->l; j++) {
        challenge_times(with, s, s1 + j);
        s->z[j] = s->product;
        if (declassified(with->add_exceeds(s->z + j, s->y + j, p->gamma1 - p->beta))) return -1;
    }
    uint32_t ones = 0;
    for (size_t i = 0; i < p->k; i++) {
        challenge_times(with, s, t0 + i);
        polynomial *low = s->low + i;
        const polynomial zero = {{0}};
        if (declassified(with->add_exceeds(&s->product, &zero, p->gamma2))) return -1;
        with->add_exceeds(low, &s->product, p->gamma2);
        ones += with->make_hint(s->hints + i, low, s->high + i, p->gamma2);
    }
    return declassified((uint32_t)(p->omega - ones) >> 31) ? -1 : 0;
}

static void encode(const mldsa_arithmetic *with, const mldsa_parameters *p, attempt_state *s, uint8_t *signature) {
    // What passed the checks is the signature, and public.
    TK_PUBLIC(s->z, p->l * sizeof(polynomial));
    TK_PUBLIC(s->hints, p->k * sizeof(coefficient_set));
    memcpy(signature, s->challengeHash, p->challengeHash);
    signature += p->challengeHash;
    for (size_t j = 0; j < p->l; j++, signature += p->zBytes) with->pack_z(signature, s->z + j, p->gamma1);
    mldsa_pack_hints(signature, s->hints, p);
}

int tk_mldsa_sign(const void *signingKey, const uint8_t mu[64], const uint8_t random[32], uint8_t *signature) {
    const mldsa_signing_key *key = signingKey;
    const mldsa_parameters *p = key->parameters;
    const mldsa_arithmetic *with = mldsa_arithmetic_now();
    attempt_state s;
    tk_sponge sponge;
    tk_sponge_init(&sponge, TK_SHAKE256_RATE, TK_SHAKE_SUFFIX);
    tk_sponge_absorb(&sponge, key->K, sizeof key->K);
    tk_sponge_absorb(&sponge, random, TK_MLDSA_RANDOM_SIZE);
    tk_sponge_absorb(&sponge, mu, TK_MLDSA_MU_SIZE);
    tk_sponge_finish(&sponge);
    tk_sponge_squeeze(&sponge, s.rho, sizeof s.rho);
    tk_zero(&sponge, sizeof sponge);
    s.masks = 0, s.counter = 0;
    prepare_masks(with, p, &s, 0);
    for (;;) {
        commit(with, key, &s, mu);
        if (respond(with, key, &s) == 0) break;
        prepare_masks(with, p, &s, p->l);
    }
    encode(with, p, &s, signature);
    tk_zero(&s, sizeof s);
    return 0;
}

/// Room for the expanded key of any set.
typedef union {
    mldsa_signing_key key;
    uint8_t room[sizeof(mldsa_signing_key) + (ROWS_MOST * COLUMNS_MOST + COLUMNS_MOST + 2 * ROWS_MOST) * sizeof(polynomial)];
} signing_key_room;

int tk_mldsa_sign_from_seed(int set, const uint8_t seed[32], const uint8_t *context, size_t contextLength, const uint8_t *message,
                            size_t messageLength, const uint8_t random[32], uint8_t *signature) {
    signing_key_room expanded;
    uint8_t mu[TK_MLDSA_MU_SIZE];
    if (contextLength > TK_MLDSA_CONTEXT_MOST || tk_mldsa_signing_key_from_seed(set, seed, &expanded, NULL) != 0) return TK_MLDSA_REFUSED;
    int result = tk_mldsa_mu(mu, expanded.key.tr, context, contextLength, message, messageLength);
    if (result == 0) result = tk_mldsa_sign(&expanded, mu, random, signature);
    tk_zero(&expanded, tk_mldsa_signing_key_size(set));
    return result;
}
