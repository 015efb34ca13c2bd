// Verification of many signatures.
#include "tk_mldsa.h"

static int check_one(int set, const tk_mldsa_check *c) {
    uint8_t mu[TK_MLDSA_MU_SIZE];
    if (c->verifyingKey == NULL) {
        if (c->mu != NULL)
            return tk_mldsa_verify_bytes_mu(set, c->publicKey, c->publicKeyLength, c->mu, c->signature, c->signatureLength);
        return tk_mldsa_verify_bytes(set, c->publicKey, c->publicKeyLength, c->context, c->contextLength, c->message, c->messageLength,
                                     c->signature, c->signatureLength);
    }
    if (tk_mldsa_verifying_key_set(c->verifyingKey) != set) return TK_MLDSA_REFUSED;
    if (c->mu != NULL) return tk_mldsa_verify(c->verifyingKey, c->mu, c->signature, c->signatureLength);
    const uint8_t *tr = tk_mldsa_verifying_key_tr(c->verifyingKey);
    if (tk_mldsa_mu(mu, tr, c->context, c->contextLength, c->message, c->messageLength) != 0) return TK_MLDSA_REFUSED;
    return tk_mldsa_verify(c->verifyingKey, mu, c->signature, c->signatureLength);
}

void tk_mldsa_verify_batch(int set, const tk_mldsa_check *checks, size_t count, uint8_t *valid) {
    for (size_t i = 0; i < count; i++) valid[i] = check_one(set, checks + i) == 0;
}
