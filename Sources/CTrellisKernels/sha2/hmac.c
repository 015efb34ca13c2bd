// HMAC (FIPS 198-1) and MGF1 (RFC 8017 B.2.1) with SHA-256 and SHA-512.
#include "sha2_kernels.h"
#include "tk_taint.h"

void tk_hmac_sha256(uint8_t tag[TK_SHA256_BYTES], const uint8_t *key, size_t key_size, const struct tk_piece *pieces, size_t count) {
    uint8_t pad[TK_SHA256_BLOCK] = {0};
    struct tk_sha256 hash;
    memcpy(pad, key, key_size);
    for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36;
    tk_sha256_begin(&hash);
    tk_sha256_update(&hash, pad, sizeof pad);
    for (size_t i = 0; i < count; i++) tk_sha256_update(&hash, pieces[i].bytes, pieces[i].size);
    tk_sha256_end(&hash, tag);
    for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36 ^ 0x5c;
    tk_sha256_begin(&hash);
    tk_sha256_update(&hash, pad, sizeof pad);
    tk_sha256_update(&hash, tag, TK_SHA256_BYTES);
    tk_sha256_end(&hash, tag);
    tk_zero(pad, sizeof pad);
}

void tk_mgf1_sha256(uint8_t *mask, size_t size, const uint8_t *seed, size_t seed_size) {
    struct tk_sha256 hash;
    uint8_t digest[TK_SHA256_BYTES], counter[4];
    for (uint32_t i = 0; size > 0; i++) {
        put_word32(counter, i);
        tk_sha256_begin(&hash);
        tk_sha256_update(&hash, seed, seed_size);
        tk_sha256_update(&hash, counter, sizeof counter);
        tk_sha256_end(&hash, digest);
        const size_t taken = size < sizeof digest ? size : sizeof digest;
        memcpy(mask, digest, taken);
        mask += taken;
        size -= taken;
    }
}

void tk_hmac_sha512(uint8_t tag[TK_SHA512_BYTES], const uint8_t *key, size_t key_size, const struct tk_piece *pieces, size_t count) {
    uint8_t pad[TK_SHA512_BLOCK] = {0};
    struct tk_sha512 hash;
    memcpy(pad, key, key_size);
    for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36;
    tk_sha512_begin(&hash);
    tk_sha512_update(&hash, pad, sizeof pad);
    for (size_t i = 0; i < count; i++) tk_sha512_update(&hash, pieces[i].bytes, pieces[i].size);
    tk_sha512_end(&hash, tag);
    for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36 ^ 0x5c;
    tk_sha512_begin(&hash);
    tk_sha512_update(&hash, pad, sizeof pad);
    tk_sha512_update(&hash, tag, TK_SHA512_BYTES);
    tk_sha512_end(&hash, tag);
    tk_zero(pad, sizeof pad);
}

void tk_mgf1_sha512(uint8_t *mask, size_t size, const uint8_t *seed, size_t seed_size) {
    struct tk_sha512 hash;
    uint8_t digest[TK_SHA512_BYTES], counter[4];
    for (uint32_t i = 0; size > 0; i++) {
        put_word32(counter, i);
        tk_sha512_begin(&hash);
        tk_sha512_update(&hash, seed, seed_size);
        tk_sha512_update(&hash, counter, sizeof counter);
        tk_sha512_end(&hash, digest);
        const size_t taken = size < sizeof digest ? size : sizeof digest;
        memcpy(mask, digest, taken);
        mask += taken;
        size -= taken;
    }
}
