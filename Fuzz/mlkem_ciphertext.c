// Ciphertexts of ML-KEM: a changed one yields the rejection's secret, J(z, c) of FIPS 203 algorithm 18, whatever the processor's level.
#include "fuzz.h"

static void run(int set, recipe *r) {
    uint8_t seed[TK_MLKEM_SEED_BYTES] = {1}, message[32] = {2}, sent[32], received[32], rejected[32];
    uint8_t public_key[TK_MLKEM_1024_PUBLIC_KEY_BYTES], private_key[TK_MLKEM_1024_PRIVATE_KEY_BYTES];
    uint8_t valid[TK_MLKEM_1024_CIPHERTEXT_BYTES];
    const size_t count = tk_mlkem_ciphertext_bytes(set);
    message[0] = next_byte(r);
    tk_cpu_limit(TK_CPU_AVX512);
    EXPECT(tk_mlkem_generate(set, public_key, private_key, seed) == 0);
    EXPECT(tk_mlkem_encapsulate(set, valid, sent, public_key, message) == 0);

    uint8_t *changed = copied(valid, count);
    edit(r, changed, count, 64);
    tk_sponge sponge;
    tk_sponge_init(&sponge, TK_SHAKE256_RATE, TK_SHAKE_SUFFIX);
    tk_sponge_absorb(&sponge, seed + 32, 32);
    tk_sponge_absorb(&sponge, changed, count);
    tk_sponge_finish(&sponge);
    tk_sponge_squeeze(&sponge, rejected, 32);
    const uint8_t *expected = memcmp(valid, changed, count) == 0 ? sent : rejected;

    void *key = object_memory(tk_mlkem_private_object_bytes(set));
    for EACH_LEVEL(level) {
        EXPECT(tk_mlkem_decapsulate(set, received, changed, private_key) == 0);
        EXPECT(memcmp(received, expected, 32) == 0);
        EXPECT(tk_mlkem_private_from_seed(set, key, seed) == 0);
        tk_mlkem_private_decapsulate(key, received, changed);
        EXPECT(memcmp(received, expected, 32) == 0);
    }
    free(key);
    free(changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    recipe r = {bytes, count};
    run(next_byte(&r) & 1 ? TK_MLKEM_1024 : TK_MLKEM_768, &r);
    return 0;
}
