// The hash functions of SLH-DSA (FIPS 205 §11) and the addresses that tell their uses apart.
#include "slhdsa.h"
#include "tk_keccak.h"
#include "tk_sha2.h"
#include "tk_taint.h"

#include <string.h>

/// The compressed address of the SHA-2 sets (§11.2): layer in 1 byte, tree in 8, type in 1, three words.
enum { ADDRESS = 32, ADDRESS_COMPRESSED = 22 };

void tk_slh_begin(struct slh *slh, const struct slh_parameters *set, const uint8_t *public_seed, const uint8_t *secret_seed) {
    slh->set = *set;
    slh->length = 2 * set->n + 3;
    slh->public_seed = public_seed;
    slh->secret_seed = secret_seed;
    slh->offset = set->shake ? set->n + ADDRESS : ADDRESS_COMPRESSED;
    if (set->shake) {
        tk_hash_begin(&slh->narrow, TK_HASH_SHAKE256);
        slh->wide = slh->narrow;
    } else {
        tk_hash_begin_after(&slh->narrow, TK_HASH_SHA256, public_seed, set->n);
        slh->wide = slh->narrow;
        if (set->n > 16) tk_hash_begin_after(&slh->wide, TK_HASH_SHA512, public_seed, set->n);
    }
}

void tk_slh_address(const struct slh *slh, uint8_t *frame, const struct slh_place *place, enum slh_type type, uint32_t word1) {
    uint8_t *input = frame + slh->offset;
    if (slh->set.shake) {
        memcpy(frame, slh->public_seed, slh->set.n);
        put32(input - 32, place->layer);
        put32(input - 28, 0);
        put64(input - 24, place->tree);
        put32(input - 16, (uint32_t)type);
    } else {
        input[-22] = (uint8_t)place->layer;
        put64(input - 21, place->tree);
        input[-13] = (uint8_t)type;
    }
    put32(input - 12, word1);
    put64(input - 8, 0);
}

void tk_slh_compress(const struct slh *slh, uint8_t *frame, size_t size, uint8_t *node) {
    const unsigned blocks = tk_hash_pad(&slh->wide, frame, slh->offset + size);
    tk_hash_frames(&slh->wide, frame, 0, blocks, node, 0, slh->set.n, 1);
}

void tk_slh_parents(
    const struct slh *slh, const struct slh_place *place, enum slh_type type, uint32_t word1, unsigned height, uint32_t first,
    unsigned count, const uint8_t *children, uint8_t *nodes) {
    uint8_t frames[SLH_LANES][SLH_FRAME];
    const size_t n = slh->set.n;
    while (count > 0) {
        const unsigned taken = count < SLH_LANES ? count : SLH_LANES;
        unsigned blocks = 0;
        for (unsigned i = 0; i < taken; i++) {
            tk_slh_address(slh, frames[i], place, type, word1);
            slh_word2(slh, frames[i], height);
            slh_word3(slh, frames[i], first + i);
            memcpy(frames[i] + slh->offset, children + 2 * n * i, 2 * n);
            blocks = tk_hash_pad(&slh->wide, frames[i], slh->offset + 2 * n);
        }
        tk_hash_frames(&slh->wide, frames[0], SLH_FRAME, blocks, nodes, n, slh->set.n, taken);
        first += taken, count -= taken, children += 2 * n * taken, nodes += n * taken;
    }
}

// Of messages

void tk_slh_digest_message(
    const struct slh *slh, uint8_t *digest, const uint8_t *randomizer, const uint8_t *root, const uint8_t *prefix, size_t prefix_size,
    const uint8_t *message, size_t message_size) {
    const size_t n = slh->set.n, m = slh->set.m;
    // R ‖ PK.seed ‖ (PK.root or the inner hash)
    uint8_t head[2 * SLH_N_MAX + TK_SHA512_BYTES];
    memcpy(head, randomizer, n);
    memcpy(head + n, slh->public_seed, n);
    memcpy(head + 2 * n, root, n);
    if (slh->set.shake) {
        tk_sponge sponge;
        tk_sponge_init(&sponge, TK_SHAKE256_RATE, TK_SHAKE_SUFFIX);
        tk_sponge_absorb(&sponge, head, 3 * n);
        tk_sponge_absorb(&sponge, prefix, prefix_size);
        tk_sponge_absorb(&sponge, message, message_size);
        tk_sponge_finish(&sponge);
        tk_sponge_squeeze(&sponge, digest, m);
    } else if (n == 16) {
        struct tk_sha256 hash;
        tk_sha256_begin(&hash);
        tk_sha256_update(&hash, head, 3 * n);
        tk_sha256_update(&hash, prefix, prefix_size);
        tk_sha256_update(&hash, message, message_size);
        tk_sha256_end(&hash, head + 2 * n);
        tk_mgf1_sha256(digest, m, head, 2 * n + TK_SHA256_BYTES);
    } else {
        struct tk_sha512 hash;
        tk_sha512_begin(&hash);
        tk_sha512_update(&hash, head, 3 * n);
        tk_sha512_update(&hash, prefix, prefix_size);
        tk_sha512_update(&hash, message, message_size);
        tk_sha512_end(&hash, head + 2 * n);
        tk_mgf1_sha512(digest, m, head, 2 * n + TK_SHA512_BYTES);
    }
}

void tk_slh_randomizer(
    const struct slh *slh, uint8_t *randomizer, const uint8_t *prf_key, const uint8_t *randomness, const uint8_t *prefix,
    size_t prefix_size, const uint8_t *message, size_t message_size) {
    const size_t n = slh->set.n;
    if (slh->set.shake) {
        tk_sponge sponge;
        tk_sponge_init(&sponge, TK_SHAKE256_RATE, TK_SHAKE_SUFFIX);
        tk_sponge_absorb(&sponge, prf_key, n);
        tk_sponge_absorb(&sponge, randomness, n);
        tk_sponge_absorb(&sponge, prefix, prefix_size);
        tk_sponge_absorb(&sponge, message, message_size);
        tk_sponge_finish(&sponge);
        tk_sponge_squeeze(&sponge, randomizer, n);
        tk_zero(&sponge, sizeof sponge);
        return;
    }
    uint8_t tag[TK_SHA512_BYTES];
    const struct tk_piece pieces[3] = {{randomness, n}, {prefix, prefix_size}, {message, message_size}};
    if (n == 16) {
        tk_hmac_sha256(tag, prf_key, n, pieces, 3);
    } else {
        tk_hmac_sha512(tag, prf_key, n, pieces, 3);
    }
    memcpy(randomizer, tag, n);
    tk_zero(tag, sizeof tag);
}
