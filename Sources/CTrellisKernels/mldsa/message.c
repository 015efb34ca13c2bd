// What is signed: the framing of the message, and its hash mu. (FIPS 204 §5.2 to §5.4, and line 6 of Algorithm 7.)
#include <string.h>

#include "tk_mldsa.h"
#include "tk_taint.h"

/// The first byte of the framing.
enum { PURE = 0, PREHASHED = 1 };

static int begin(tk_sponge *sponge, const uint8_t tr[64], uint8_t kind, const uint8_t *context, size_t contextLength) {
    if (contextLength > TK_MLDSA_CONTEXT_MOST) return TK_MLDSA_REFUSED;
    const uint8_t head[2] = {kind, (uint8_t)contextLength};
    tk_sponge_init(sponge, TK_SHAKE256_RATE, TK_SHAKE_SUFFIX);
    tk_sponge_absorb(sponge, tr, TK_MLDSA_TR_SIZE);
    tk_sponge_absorb(sponge, head, sizeof head);
    if (contextLength != 0) tk_sponge_absorb(sponge, context, contextLength);
    return 0;
}

int tk_mldsa_mu_begin(tk_sponge *sponge, const uint8_t tr[64], const uint8_t *context, size_t contextLength) {
    return begin(sponge, tr, PURE, context, contextLength);
}

void tk_mldsa_mu_end(tk_sponge *sponge, uint8_t mu[64]) {
    tk_sponge_finish(sponge);
    tk_sponge_squeeze(sponge, mu, TK_MLDSA_MU_SIZE);
    tk_zero(sponge, sizeof *sponge);
}

int tk_mldsa_mu(uint8_t mu[64], const uint8_t tr[64], const uint8_t *context, size_t contextLength, const uint8_t *message, size_t length) {
    tk_sponge sponge;
    if (begin(&sponge, tr, PURE, context, contextLength) != 0) return TK_MLDSA_REFUSED;
    if (length != 0) tk_sponge_absorb(&sponge, message, length);
    tk_mldsa_mu_end(&sponge, mu);
    return 0;
}

int tk_mldsa_mu_prehashed(uint8_t mu[64], const uint8_t tr[64], const uint8_t *context, size_t contextLength, const uint8_t *identifier,
                          size_t identifierLength, const uint8_t *digest, size_t digestLength) {
    tk_sponge sponge;
    if (begin(&sponge, tr, PREHASHED, context, contextLength) != 0) return TK_MLDSA_REFUSED;
    tk_sponge_absorb(&sponge, identifier, identifierLength);
    tk_sponge_absorb(&sponge, digest, digestLength);
    tk_mldsa_mu_end(&sponge, mu);
    return 0;
}

void tk_mldsa_mu_internal(uint8_t mu[64], const uint8_t tr[64], const uint8_t *formatted, size_t length) {
    tk_sponge sponge;
    tk_sponge_init(&sponge, TK_SHAKE256_RATE, TK_SHAKE_SUFFIX);
    tk_sponge_absorb(&sponge, tr, TK_MLDSA_TR_SIZE);
    if (length != 0) tk_sponge_absorb(&sponge, formatted, length);
    tk_mldsa_mu_end(&sponge, mu);
}
