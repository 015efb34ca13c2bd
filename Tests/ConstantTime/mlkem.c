// ML-KEM with secret seeds, private keys and messages: key generation, encapsulation, and decapsulation of good and bad ciphertexts.
#include "harness.h"

static int set;

static void run(void) {
    static uint8_t public_key[TK_MLKEM_1024_PUBLIC_KEY_BYTES], private_key[TK_MLKEM_1024_PRIVATE_KEY_BYTES];
    static uint8_t ciphertext[TK_MLKEM_1024_CIPHERTEXT_BYTES];
    uint8_t seed[TK_MLKEM_SEED_BYTES], message[32], sent[32], received[32];
    fill(seed, sizeof seed, 1);
    fill(message, sizeof message, 2);
    TK_SECRET(seed, sizeof seed);
    TK_SECRET(message, sizeof message);
    require(tk_mlkem_generate(set, public_key, private_key, seed) == 0, "generate");
    require(tk_mlkem_encapsulate(set, ciphertext, sent, public_key, message) == 0, "encapsulate");

    void *key = aligned_alloc(TK_MLKEM_ALIGNMENT, (tk_mlkem_private_object_bytes(set) + 63) / 64 * 64);
    require(key != NULL, "memory");
    for (int bad = 0; bad < 2; bad++) {
        if (bad) ciphertext[7] ^= 1;
        require(tk_mlkem_decapsulate(set, received, ciphertext, private_key) == 0, "decapsulate");
        TK_PUBLIC(sent, sizeof sent);
        TK_PUBLIC(received, sizeof received);
        require((memcmp(sent, received, 32) == 0) == !bad, "the secret");
        require(tk_mlkem_decapsulate_with_seed(set, received, ciphertext, seed) == 0, "decapsulate with the seed");
        require(tk_mlkem_private_expand(set, key, private_key) == 0, "expand");
        tk_mlkem_private_decapsulate(key, received, ciphertext);
        tk_mlkem_public_encapsulate(key, ciphertext, sent, message);
        require(tk_mlkem_private_from_seed(set, key, seed) == 0, "expand the seed");
        tk_mlkem_private_decapsulate(key, received, ciphertext);
    }
    free(key);
}

int main(void) {
    for (set = TK_MLKEM_768; set <= TK_MLKEM_1024; set++) at_each_level(run);
    return 0;
}
