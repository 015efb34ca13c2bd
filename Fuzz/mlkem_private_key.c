// Expanded decapsulation keys of ML-KEM: refused if the hash inside is not that of the public key inside (FIPS 203 §7.3), and otherwise used
// alike at every level, whatever the secret polynomials are. The recipe may have the hash set right after its edits.
#include "fuzz.h"

static void run(int set, recipe *r) {
    const size_t count = tk_mlkem_private_key_bytes(set), public_count = tk_mlkem_public_key_bytes(set);
    uint8_t seed[TK_MLKEM_SEED_BYTES] = {1}, message[32] = {2}, sent[32], first[32], received[32], hash[32];
    uint8_t public_key[TK_MLKEM_1024_PUBLIC_KEY_BYTES], generated[TK_MLKEM_1024_PRIVATE_KEY_BYTES];
    uint8_t ciphertext[TK_MLKEM_1024_CIPHERTEXT_BYTES];
    const int hash_again = next_byte(r) & 1;
    tk_cpu_limit(TK_CPU_AVX512);
    EXPECT(tk_mlkem_generate(set, public_key, generated, seed) == 0);
    EXPECT(tk_mlkem_encapsulate(set, ciphertext, sent, public_key, message) == 0);
    edit(r, ciphertext, tk_mlkem_ciphertext_bytes(set), next_byte(r) % 4);
    uint8_t *private_key = copied(generated, count);
    edit(r, private_key, count, 64);

    uint8_t *inside = private_key + 384 * set;
    tk_sha3_256(hash, inside, public_count);
    if (hash_again) memcpy(inside + public_count, hash, 32);
    const int valid = memcmp(inside + public_count, hash, 32) == 0 && tk_mlkem_check_public_key(set, inside) == 0;
    void *key = object_memory(tk_mlkem_private_object_bytes(set));
    for EACH_LEVEL(level) {
        EXPECT((tk_mlkem_check_private_key(set, private_key) == 0) == valid);
        EXPECT((tk_mlkem_private_expand(set, key, private_key) == 0) == valid);
        EXPECT((tk_mlkem_decapsulate(set, received, ciphertext, private_key) == 0) == valid);
        if (!valid) continue;
        if (level == TK_CPU_PORTABLE) memcpy(first, received, 32);
        EXPECT(memcmp(first, received, 32) == 0);
        tk_mlkem_private_decapsulate(key, received, ciphertext);
        EXPECT(memcmp(first, received, 32) == 0);
    }
    free(key);
    free(private_key);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    recipe r = {bytes, count};
    run(next_byte(&r) & 1 ? TK_MLKEM_1024 : TK_MLKEM_768, &r);
    return 0;
}
