// SLH-DSA, LMS and XMSS with secret seeds and signing randomness: key generation and signing. The small sets of SLH-DSA run the code of the
// fast ones, with taller trees.
#include "harness.h"

static const uint8_t message[3] = {1, 2, 3};
static int set;
static uint32_t lms_type, ots_type, identifier;

static void slhdsa(void) {
    static uint8_t public_key[64], secret_key[128], signature[49856];
    const size_t n = tk_slhdsa_public_key_bytes(set) / 2;
    uint8_t seeds[96], randomness[32], prefix[TK_SLHDSA_PREFIX_BYTES];
    fill(seeds, sizeof seeds, 1);
    fill(randomness, sizeof randomness, 2);
    TK_SECRET(seeds, 2 * n);
    TK_SECRET(randomness, n);
    const size_t prefix_size = tk_slhdsa_prefix(prefix, message, 2, 0);
    require(tk_slhdsa_keygen(set, public_key, secret_key, seeds) == 0, "keygen");
    require(tk_slhdsa_sign(set, signature, secret_key, prefix, prefix_size, message, 3, randomness) == 0, "sign");
    const size_t size = tk_slhdsa_signature_bytes(set);
    TK_PUBLIC(signature, size);
    require(tk_slhdsa_verify(set, signature, size, public_key, prefix, prefix_size, message, 3) == 0, "verify");
}

static void lms(void) {
    static uint8_t public_key[56], signature[8684];
    const size_t n = tk_lms_node_bytes(lms_type, ots_type), size = tk_lms_signature_bytes(lms_type, ots_type);
    uint8_t seed[32], name[TK_LMS_IDENTIFIER_BYTES];
    fill(seed, sizeof seed, 1);
    fill(name, sizeof name, 2);
    TK_SECRET(seed, n);
    require(tk_lms_keygen(lms_type, ots_type, public_key, seed, name) == 0, "keygen");
    require(tk_lms_sign(lms_type, ots_type, signature, seed, name, 17, message, 3, NULL) == 0, "sign");
    TK_PUBLIC(signature, size);
    require(tk_lms_verify(public_key, 24 + n, signature, size, message, 3) == 0, "verify");
}

static void xmss(void) {
    static uint8_t signature[2500];
    uint8_t seeds[96];
    const size_t n = tk_xmss_node_bytes(identifier);
    fill(seeds, sizeof seeds, 1);
    TK_SECRET(seeds, 2 * n);
    require(tk_xmss_sign(identifier, signature, seeds, 516, message, 3) == 0, "sign");
}

int main(void) {
    const int sets[] = {TK_SLHDSA_SHA2_128F, TK_SLHDSA_SHAKE_128F, TK_SLHDSA_SHA2_192F};
    for (int i = 0; i < 3; i++) {
        set = sets[i];
        at_each_level(slhdsa);
    }
    // Trees of height 5, each function and size of node, and a width of digits each.
    for (uint32_t i = 0; i < 4; i++) {
        lms_type = 5 + 5 * i;
        ots_type = 1 + 4 * i + i % 3;
        at_each_level(lms);
    }
    identifier = 0x0d;
    at_each_level(xmss);
    return 0;
}
