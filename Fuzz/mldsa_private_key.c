// Private keys of ML-DSA as FIPS 204 encodes them: taken or refused alike at every level, and what is taken signs what its public key
// verifies.
#include "mldsa.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    recipe r = {bytes, count};
    const signed_message *m = signed_with(next_byte(&r));
    const int set = m->set;
    const size_t length = tk_mldsa_private_key_size(set), public_length = tk_mldsa_public_key_size(set);
    uint8_t *private_key = copied(m->private_key, length), public_key[TK_MLDSA_87_PUBLIC_KEY_SIZE];
    uint8_t first[TK_MLDSA_87_SIGNATURE_SIZE], signature[TK_MLDSA_87_SIGNATURE_SIZE], mu[TK_MLDSA_MU_SIZE];
    edit(&r, private_key, length, 32);

    void *key = object_memory(tk_mldsa_signing_key_size(set));
    int taken = 0;
    for EACH_LEVEL(level) {
        const int now = tk_mldsa_signing_key_from_private_key(set, private_key, length, key, public_key) == 0;
        if (level == TK_CPU_PORTABLE) taken = now;
        EXPECT(now == taken);
        EXPECT(taken || memcmp(private_key, m->private_key, length) != 0);
        if (!taken) continue;
        EXPECT(tk_mldsa_mu(mu, tk_mldsa_signing_key_tr(key), the_context, sizeof the_context, the_message, sizeof the_message) == 0);
        EXPECT(tk_mldsa_sign(key, mu, no_random, signature) == 0);
        if (level == TK_CPU_PORTABLE) memcpy(first, signature, sizeof first);
        EXPECT(memcmp(first, signature, tk_mldsa_signature_size(set)) == 0);
        EXPECT(tk_mldsa_verify_bytes_mu(set, public_key, public_length, mu, signature, tk_mldsa_signature_size(set)) == 0);
    }
    free(key);
    free(private_key);
    return 0;
}
