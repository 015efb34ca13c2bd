// ML-DSA with secret seeds, private keys and signing randomness: key generation, expansion of seeds and of encoded keys, and signing.
#include "harness.h"

static int set;

/// Signs several messages and has each signature verified.
static void sign(const void *key, const uint8_t *public_key, const uint8_t random[32]) {
    static uint8_t signature[TK_MLDSA_87_SIGNATURE_SIZE];
    const uint8_t message[3] = {1, 2, 3};
    uint8_t tr[TK_MLDSA_TR_SIZE], mu[TK_MLDSA_MU_SIZE];
    // tr is a hash of the public key; in an encoded key it lies among the secrets.
    memcpy(tr, tk_mldsa_signing_key_tr(key), sizeof tr);
    TK_PUBLIC(tr, sizeof tr);
    for (uint8_t context = 0; context < 6; context++) {
        require(tk_mldsa_mu(mu, tr, &context, 1, message, sizeof message) == 0, "mu");
        require(tk_mldsa_sign(key, mu, random, signature) == 0, "sign");
        require(tk_mldsa_verify_bytes_mu(set, public_key, tk_mldsa_public_key_size(set), mu, signature, tk_mldsa_signature_size(set)) == 0,
                "verify");
    }
}

static void run(void) {
    static uint8_t public_key[TK_MLDSA_87_PUBLIC_KEY_SIZE], private_key[TK_MLDSA_87_PRIVATE_KEY_SIZE];
    static uint8_t signature[TK_MLDSA_87_SIGNATURE_SIZE];
    uint8_t seed[TK_MLDSA_SEED_SIZE], random[TK_MLDSA_RANDOM_SIZE];
    fill(seed, sizeof seed, 1);
    fill(random, sizeof random, 2);
    TK_SECRET(seed, sizeof seed);
    TK_SECRET(random, sizeof random);
    const size_t private_size = tk_mldsa_private_key_size(set);
    require(tk_mldsa_generate(set, seed, public_key, private_key) == 0, "generate");

    void *key = aligned_alloc(TK_MLDSA_ALIGNMENT, (tk_mldsa_signing_key_size(set) + 63) / 64 * 64);
    require(key != NULL, "memory");
    require(tk_mldsa_signing_key_from_seed(set, seed, key, NULL) == 0, "expand the seed");
    sign(key, public_key, random);
    TK_SECRET(private_key, private_size);
    require(tk_mldsa_signing_key_from_private_key(set, private_key, private_size, key, NULL) == 0, "expand the encoded key");
    sign(key, public_key, random);
    private_key[200] ^= 1;
    require(tk_mldsa_signing_key_from_private_key(set, private_key, private_size, key, NULL) != 0, "refuse a key that does not fit");
    free(key);

    require(tk_mldsa_sign_from_seed(set, seed, NULL, 0, public_key, 32, random, signature) == 0, "sign with the seed");
    require(tk_mldsa_verify_bytes(set, public_key, tk_mldsa_public_key_size(set), NULL, 0, public_key, 32, signature,
                                  tk_mldsa_signature_size(set)) == 0,
            "verify");
}

int main(void) {
    const int sets[] = {TK_MLDSA_44, TK_MLDSA_65, TK_MLDSA_87};
    for (int i = 0; i < 3; i++) {
        set = sets[i];
        at_each_level(run);
    }
    return 0;
}
