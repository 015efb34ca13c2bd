// Signatures of LMS, HSS, XMSS, XMSS^MT and SLH-DSA: whatever becomes of a valid one, of its key and of their lengths, only the valid one
// verifies, at every level. An XMSS^MT signature is not made here, so none of them is valid.
#include "fuzz.h"

enum { LMS, HSS, XMSS, XMSSMT, SLHDSA, SCHEMES };

enum {
    LMS_TYPE = 5, // SHA-256, height 5
    OTS_TYPE = 3, // w = 4
    XMSS_SET = 1, // SHA-256, height 10
    SIGNATURE_ROOM = 20000,
    KEY_ROOM = 200,
};

typedef struct {
    int made;
    size_t key_count, signature_count;
    uint8_t key[KEY_ROOM], signature[SIGNATURE_ROOM];
} signed_message;

static const uint8_t message[] = "message", seeds[96] = {5};

static void put_number(uint8_t *bytes, uint8_t number) {
    memset(bytes, 0, 3);
    bytes[3] = number;
}

static void make_lms(signed_message *m) {
    m->key_count = tk_lms_public_key_bytes(LMS_TYPE, OTS_TYPE);
    m->signature_count = tk_lms_signature_bytes(LMS_TYPE, OTS_TYPE);
    EXPECT(tk_lms_keygen(LMS_TYPE, OTS_TYPE, m->key, seeds, seeds + 32) == 0);
    EXPECT(tk_lms_sign(LMS_TYPE, OTS_TYPE, m->signature, seeds, seeds + 32, 9, message, sizeof message, NULL) == 0);
}

/// Two levels, RFC 8554 §6: the number of signed keys, the upper tree's signature of the lower's key, that key, and the lower's signature.
static void make_hss(signed_message *m) {
    const size_t key = tk_lms_public_key_bytes(LMS_TYPE, OTS_TYPE), signature = tk_lms_signature_bytes(LMS_TYPE, OTS_TYPE);
    put_number(m->key, 2);
    m->key_count = 4 + key;
    EXPECT(tk_lms_keygen(LMS_TYPE, OTS_TYPE, m->key + 4, seeds, seeds + 32) == 0);
    put_number(m->signature, 1);
    uint8_t *lower = m->signature + 4 + signature;
    EXPECT(tk_lms_keygen(LMS_TYPE, OTS_TYPE, lower, seeds + 48, seeds + 80) == 0);
    EXPECT(tk_lms_sign(LMS_TYPE, OTS_TYPE, m->signature + 4, seeds, seeds + 32, 3, lower, key, NULL) == 0);
    EXPECT(tk_lms_sign(LMS_TYPE, OTS_TYPE, lower + key, seeds + 48, seeds + 80, 31, message, sizeof message, NULL) == 0);
    m->signature_count = 4 + signature + key + signature;
}

static void make_xmss(signed_message *m) {
    m->key_count = tk_xmss_public_key_bytes(XMSS_SET);
    m->signature_count = tk_xmss_signature_bytes(XMSS_SET);
    EXPECT(tk_xmss_keygen(XMSS_SET, m->key, seeds) == 0);
    EXPECT(tk_xmss_sign(XMSS_SET, m->signature, seeds, 700, message, sizeof message) == 0);
}

static void make_slhdsa(signed_message *m) {
    uint8_t secret[128];
    m->key_count = tk_slhdsa_public_key_bytes(TK_SLHDSA_SHA2_128F);
    m->signature_count = tk_slhdsa_signature_bytes(TK_SLHDSA_SHA2_128F);
    EXPECT(tk_slhdsa_keygen(TK_SLHDSA_SHA2_128F, m->key, secret, seeds) == 0);
    EXPECT(tk_slhdsa_sign(TK_SLHDSA_SHA2_128F, m->signature, secret, NULL, 0, message, sizeof message, NULL) == 0);
}

static const signed_message *signed_by(int scheme) {
    static signed_message made[SCHEMES];
    signed_message *m = &made[scheme];
    if (m->made) return m;
    tk_cpu_limit(TK_CPU_AVX512);
    switch (scheme) {
    case LMS: make_lms(m); break;
    case HSS: make_hss(m); break;
    case XMSS: make_xmss(m); break;
    case XMSSMT: // XMSSMT-SHA2_20/2_256, RFC 8391 §5.4.1
        put_number(m->key, 1);
        m->key_count = 4 + 64;
        m->signature_count = 4963;
        break;
    default: make_slhdsa(m);
    }
    EXPECT(m->signature_count <= SIGNATURE_ROOM && m->key_count <= KEY_ROOM);
    m->made = 1;
    return m;
}

static int verifies(int scheme, const uint8_t *key, size_t key_count, const uint8_t *signature, size_t count) {
    switch (scheme) {
    case LMS: return tk_lms_verify(key, key_count, signature, count, message, sizeof message) == 0;
    case HSS: return tk_hss_verify(key, key_count, signature, count, message, sizeof message) == 0;
    case XMSS: return tk_xmss_verify(key, key_count, signature, count, message, sizeof message) == 0;
    case XMSSMT: return tk_xmssmt_verify(key, key_count, signature, count, message, sizeof message) == 0;
    default: return tk_slhdsa_verify(TK_SLHDSA_SHA2_128F, signature, count, key, NULL, 0, message, sizeof message) == 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    recipe r = {bytes, count};
    const int scheme = next_byte(&r) % SCHEMES;
    const signed_message *m = signed_by(scheme);
    const uint8_t what = next_byte(&r);
    size_t key_count = m->key_count, signature_count = m->signature_count;
    // The sizes may be wrong, but not that of an SLH-DSA key, which its caller vouches for.
    if ((what & 1) && scheme != SLHDSA) key_count -= next_byte(&r) % (key_count + 1);
    if (what & 2) signature_count -= (next_byte(&r) | (size_t)next_byte(&r) << 8) % (signature_count + 1);
    uint8_t *key = copied(m->key, key_count), *signature = copied(m->signature, signature_count);
    if (what & 4) edit(&r, key, key_count < 8 ? key_count : 8, 2);
    if (what & 8) edit(&r, key, key_count, 4);
    edit(&r, signature, signature_count, 32);

    const int same = scheme != XMSSMT && key_count == m->key_count && signature_count == m->signature_count &&
                     memcmp(key, m->key, key_count) == 0 && memcmp(signature, m->signature, signature_count) == 0;
    for EACH_LEVEL(level) EXPECT(verifies(scheme, key, key_count, signature, signature_count) == same);
    free(key);
    free(signature);
    return 0;
}
