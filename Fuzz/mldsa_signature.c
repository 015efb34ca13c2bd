// Signatures and public keys of ML-DSA: what verifies is what was signed and nothing else, whichever entry point and level is asked.
#include "mldsa.h"

enum { BATCH = 5 };

typedef struct {
    int set;
    uint8_t *public_key, *signature, *message;
    size_t public_count, signature_count, message_count;
} claim;

/// Whether the claim verifies; every way of asking must say the same.
static int verdict(const claim *c) {
    const int valid = tk_mldsa_verify_bytes(c->set, c->public_key, c->public_count, the_context, sizeof the_context, c->message,
                                            c->message_count, c->signature, c->signature_count) == 0;
    void *key = object_memory(tk_mldsa_verifying_key_size(c->set));
    EXPECT(tk_mldsa_verifying_key(c->set, c->public_key, c->public_count, key) == 0);
    uint8_t mu[TK_MLDSA_MU_SIZE], answers[BATCH];
    EXPECT(tk_mldsa_mu(mu, tk_mldsa_verifying_key_tr(key), the_context, sizeof the_context, c->message, c->message_count) == 0);
    EXPECT((tk_mldsa_verify(key, mu, c->signature, c->signature_count) == 0) == valid);
    EXPECT((tk_mldsa_verify_bytes_mu(c->set, c->public_key, c->public_count, mu, c->signature, c->signature_count) == 0) == valid);
    tk_mldsa_check checks[BATCH];
    for (int i = 0; i < BATCH; i++) {
        checks[i] = (tk_mldsa_check){
            .publicKey = c->public_key, .publicKeyLength = c->public_count, .context = the_context, .contextLength = sizeof the_context,
            .message = c->message, .messageLength = c->message_count, .signature = c->signature, .signatureLength = c->signature_count};
        if (i & 1) checks[i].verifyingKey = key;
        if (i & 2) checks[i].mu = mu;
    }
    tk_mldsa_verify_batch(c->set, checks, BATCH, answers);
    for (int i = 0; i < BATCH; i++) EXPECT(answers[i] == valid);
    free(key);
    return valid;
}

/// Edits where the recipe says: anywhere, in the hints at the end, or in the challenge at the start; or cuts the signature.
static void change_signature(recipe *r, claim *c) {
    const size_t hints = c->set == TK_MLDSA_44 ? 84 : c->set == TK_MLDSA_65 ? 61 : 83;
    switch (next_byte(r) % 4) {
    case 0: edit(r, c->signature, c->signature_count, 32); break;
    case 1: edit(r, c->signature + c->signature_count - hints, hints, 32); break;
    case 2: edit(r, c->signature, 64, 32); break;
    default: c->signature_count -= (next_byte(r) | (size_t)next_byte(r) << 8) % (c->signature_count + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    recipe r = {bytes, count};
    const signed_message *m = signed_with(next_byte(&r));
    const uint8_t what = next_byte(&r);
    claim c = {.set = m->set, .public_count = tk_mldsa_public_key_size(m->set), .signature_count = tk_mldsa_signature_size(m->set),
               .message_count = sizeof the_message};
    c.public_key = copied(m->public_key, c.public_count);
    c.signature = copied(m->signature, c.signature_count);
    c.message = copied(the_message, c.message_count);
    if (what & 1) edit(&r, c.message, c.message_count, 1);
    if (what & 2) edit(&r, c.public_key, c.public_count, 1 + what / 8);
    if (what & 4) change_signature(&r, &c);

    const int same = c.signature_count == tk_mldsa_signature_size(m->set) && memcmp(c.public_key, m->public_key, c.public_count) == 0 &&
                     memcmp(c.signature, m->signature, c.signature_count) == 0 && memcmp(c.message, the_message, c.message_count) == 0;
    for EACH_LEVEL(level) EXPECT(verdict(&c) == same);
    free(c.public_key);
    free(c.signature);
    free(c.message);
    return 0;
}
