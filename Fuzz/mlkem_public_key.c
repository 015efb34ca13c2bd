// Encapsulation keys of ML-KEM: accepted if and only if every coefficient is below q (FIPS 203 §7.2), used alike at every level, and
// written back as they were read.
#include "fuzz.h"

static int is_valid(int set, const uint8_t *key) {
    for (const uint8_t *end = key + 384 * set; key < end; key += 3) {
        if ((key[0] | (key[1] & 15) << 8) >= 3329) return 0;
        if ((key[1] >> 4 | key[2] << 4) >= 3329) return 0;
    }
    return 1;
}

static void run(int set, recipe *r) {
    const size_t count = tk_mlkem_public_key_bytes(set), sent_count = tk_mlkem_ciphertext_bytes(set);
    uint8_t seed[TK_MLKEM_SEED_BYTES] = {1}, message[32] = {2}, first_secret[32], secret[32];
    uint8_t generated[TK_MLKEM_1024_PUBLIC_KEY_BYTES], first[TK_MLKEM_1024_CIPHERTEXT_BYTES];
    EXPECT(tk_mlkem_generate(set, generated, NULL, seed) == 0);
    uint8_t *public_key = copied(generated, count), *sent = copied(first, sent_count), *again = copied(generated, count);
    edit(r, public_key, count, 64);

    const int valid = is_valid(set, public_key);
    void *key = object_memory(tk_mlkem_public_object_bytes(set));
    for EACH_LEVEL(level) {
        EXPECT((tk_mlkem_check_public_key(set, public_key) == 0) == valid);
        EXPECT((tk_mlkem_public_expand(set, key, public_key) == 0) == valid);
        EXPECT((tk_mlkem_encapsulate(set, sent, secret, public_key, message) == 0) == valid);
        if (!valid) continue;
        if (level == TK_CPU_PORTABLE) {
            memcpy(first, sent, sent_count);
            memcpy(first_secret, secret, 32);
        }
        EXPECT(memcmp(first, sent, sent_count) == 0 && memcmp(first_secret, secret, 32) == 0);
        tk_mlkem_public_encapsulate(key, sent, secret, message);
        EXPECT(memcmp(first, sent, sent_count) == 0 && memcmp(first_secret, secret, 32) == 0);
        tk_mlkem_object_public_key(key, again);
        EXPECT(memcmp(again, public_key, count) == 0);
    }
    free(key);
    free(again);
    free(sent);
    free(public_key);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    recipe r = {bytes, count};
    run(next_byte(&r) & 1 ? TK_MLKEM_1024 : TK_MLKEM_768, &r);
    return 0;
}
