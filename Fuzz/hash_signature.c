// Signatures and public keys of SLH-DSA, LMS, HSS, XMSS and XMSS^MT: what verifies is what was signed and nothing else, whichever level is
// asked. XMSS^MT is not signed with here: its signatures are made up.
#include "fuzz.h"

enum { SIGNATURE_MAX = 49856, KEY_MAX = 132, SCHEMES = 9 };

typedef struct {
    uint8_t signature[SIGNATURE_MAX], public_key[KEY_MAX];
    size_t signature_count, key_count;
} signed_message;

static const uint8_t the_message[7] = {1, 2, 3, 4, 5, 6, 7};

static int slhdsa_set(unsigned scheme) {
    static const int sets[] = {TK_SLHDSA_SHA2_128F, TK_SLHDSA_SHAKE_128F, TK_SLHDSA_SHA2_192F};
    return sets[scheme];
}

static void put_lms(signed_message *m, uint32_t type, uint32_t ots_type) {
    uint8_t seed[48] = {5};
    EXPECT(tk_lms_keygen(type, ots_type, m->public_key, seed, seed + 32) == 0);
    EXPECT(tk_lms_sign(type, ots_type, m->signature, seed, seed + 32, 21, the_message, sizeof the_message, NULL) == 0);
    m->key_count = tk_lms_public_key_bytes(type, ots_type);
    m->signature_count = tk_lms_signature_bytes(type, ots_type);
}

/// HSS of two levels, RFC 8554 §6: the number of signed keys, the upper tree's signature of the lower's key, that key, the lower's signature.
static void put_hss(signed_message *m) {
    const uint32_t type = 10, ots_type = 7;
    const uint8_t upper_seed[48] = {6}, lower_seed[48] = {7};
    const size_t key = tk_lms_public_key_bytes(type, ots_type), signature = tk_lms_signature_bytes(type, ots_type);
    uint8_t *lower = m->signature + 4 + signature;
    m->public_key[3] = 2;
    EXPECT(tk_lms_keygen(type, ots_type, m->public_key + 4, upper_seed, upper_seed + 32) == 0);
    m->signature[3] = 1;
    EXPECT(tk_lms_keygen(type, ots_type, lower, lower_seed, lower_seed + 32) == 0);
    EXPECT(tk_lms_sign(type, ots_type, m->signature + 4, upper_seed, upper_seed + 32, 3, lower, key, NULL) == 0);
    EXPECT(tk_lms_sign(type, ots_type, lower + key, lower_seed, lower_seed + 32, 31, the_message, sizeof the_message, NULL) == 0);
    m->key_count = 4 + key;
    m->signature_count = 4 + signature + key + signature;
}

/// A valid signature of each scheme, made when it is first asked for.
static const signed_message *signed_with(unsigned scheme) {
    static signed_message made[SCHEMES];
    signed_message *m = &made[scheme];
    if (m->key_count > 0) return m;
    uint8_t seeds[96] = {9};
    tk_cpu_limit(TK_CPU_AVX512);
    if (scheme < 3) {
        const int set = slhdsa_set(scheme);
        uint8_t secret_key[128];
        EXPECT(tk_slhdsa_keygen(set, m->public_key, secret_key, seeds) == 0);
        EXPECT(tk_slhdsa_sign(set, m->signature, secret_key, NULL, 0, the_message, sizeof the_message, NULL) == 0);
        m->key_count = tk_slhdsa_public_key_bytes(set);
        m->signature_count = tk_slhdsa_signature_bytes(set);
    } else if (scheme < 6) {
        put_lms(m, scheme == 3 ? 5 : scheme == 4 ? 20 : 15, scheme == 3 ? 4 : scheme == 4 ? 13 : 11);
    } else if (scheme == 6) {
        put_hss(m);
    } else if (scheme == 7) {
        EXPECT(tk_xmss_keygen(0x0d, m->public_key, seeds) == 0);
        EXPECT(tk_xmss_sign(0x0d, m->signature, seeds, 700, the_message, sizeof the_message) == 0);
        m->key_count = tk_xmss_public_key_bytes(0x0d);
        m->signature_count = tk_xmss_signature_bytes(0x0d);
    } else {
        // XMSSMT-SHA2_20/2_256, of the right sizes.
        m->public_key[3] = 1;
        m->key_count = 68;
        m->signature_count = 4963;
    }
    return m;
}

static int verdict(unsigned scheme, const uint8_t *key, size_t key_count, const uint8_t *signature, size_t count) {
    const size_t size = sizeof the_message;
    if (scheme < 3) return tk_slhdsa_verify(slhdsa_set(scheme), signature, count, key, NULL, 0, the_message, size);
    if (scheme < 6) return tk_lms_verify(key, key_count, signature, count, the_message, size);
    if (scheme == 6) return tk_hss_verify(key, key_count, signature, count, the_message, size);
    if (scheme == 7) return tk_xmss_verify(key, key_count, signature, count, the_message, size);
    return tk_xmssmt_verify(key, key_count, signature, count, the_message, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    recipe r = {bytes, count};
    const unsigned scheme = next_byte(&r) % SCHEMES;
    const uint8_t what = next_byte(&r);
    const signed_message *m = signed_with(scheme);
    size_t key_count = m->key_count, signature_count = m->signature_count;
    // Public keys of SLH-DSA have their size by contract.
    if (what & 4 && scheme >= 3) key_count -= next_byte(&r) % (key_count + 1);
    if (what & 8) signature_count -= (next_byte(&r) | (size_t)next_byte(&r) << 8) % (signature_count + 1);
    uint8_t *key = copied(m->public_key, key_count), *signature = copied(m->signature, signature_count);
    if (what & 1) edit(&r, key, key_count < 64 ? key_count : 64, 4);
    // Numbers, types and levels are at the beginning.
    edit(&r, signature, what & 2 && signature_count > 64 ? 64 : signature_count, 32);
    const int unchanged = key_count == m->key_count && signature_count == m->signature_count
        && memcmp(key, m->public_key, key_count) == 0 && memcmp(signature, m->signature, signature_count) == 0;
    for EACH_LEVEL(level) {
        const int valid = verdict(scheme, key, key_count, signature, signature_count) == 0;
        EXPECT(valid == (unchanged && scheme != SCHEMES - 1));
    }
    free(key);
    free(signature);
    return 0;
}
