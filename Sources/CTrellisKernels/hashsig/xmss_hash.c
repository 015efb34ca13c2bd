// The parameter sets of XMSS and its hash functions (RFC 8391 §5, SP 800-208 §5): every hash begins with a number that says its use, then
// a key; every input of F and H is masked.
#include "tk_keccak.h"
#include "tk_sha2.h"
#include "tk_taint.h"
#include "xmss.h"

#include <string.h>

/// Functions and sizes, in the order of their identifiers for XMSS, three heights each.
static const struct family {
    uint8_t function, n, pad;
} families[] = {
    {TK_HASH_SHA256, 32, 32}, {TK_HASH_SHA512, 64, 64}, {TK_HASH_SHAKE128, 32, 32}, {TK_HASH_SHAKE256, 64, 64},
    {TK_HASH_SHA256, 24, 4},  {TK_HASH_SHAKE256, 32, 32}, {TK_HASH_SHAKE256, 24, 4},
};
enum { FAMILIES = sizeof families / sizeof families[0], HEIGHTS = 3, SHAPES = 8 };

/// The number that says a use, as many bytes as the set pads it to.
static void put_use(const struct xmss *xmss, uint8_t *frame, enum xmss_use use) {
    memset(frame, 0, xmss->pad);
    frame[xmss->pad - 1] = (uint8_t)use;
}

static void begin(struct xmss *xmss, const struct family *family, unsigned height, unsigned layers) {
    xmss->n = family->n;
    xmss->pad = family->pad;
    xmss->chains = 2 * family->n + 3;
    xmss->height = height;
    xmss->layers = layers;
    xmss->tree_height = height / layers;
    tk_hash_begin(&xmss->hash, (enum tk_hash_function)family->function);
}

int tk_xmss_begin(struct xmss *xmss, uint32_t identifier) {
    static const uint8_t heights[HEIGHTS] = {10, 16, 20};
    if (identifier < 1 || identifier > FAMILIES * HEIGHTS) return 1;
    begin(xmss, &families[(identifier - 1) / HEIGHTS], heights[(identifier - 1) % HEIGHTS], 1);
    return 0;
}

int tk_xmssmt_begin(struct xmss *xmss, uint32_t identifier) {
    static const uint8_t shapes[SHAPES][2] = {{20, 2}, {20, 4}, {40, 2}, {40, 4}, {40, 8}, {60, 3}, {60, 6}, {60, 12}};
    if (identifier < 1 || identifier > FAMILIES * SHAPES) return 1;
    const uint8_t *shape = shapes[(identifier - 1) % SHAPES];
    begin(xmss, &families[(identifier - 1) / SHAPES], shape[0], shape[1]);
    return 0;
}

void tk_xmss_begin_seeds(
    struct xmss *xmss, struct xmss_scratch *scratch, const uint8_t *public_seed, const uint8_t *secret_seed) {
    uint8_t head[XMSS_PAD_MAX + XMSS_N_MAX];
    const unsigned size = xmss->pad + xmss->n;
    const int is_sha2 = xmss->hash.function == TK_HASH_SHA256 || xmss->hash.function == TK_HASH_SHA512;
    xmss->scratch = scratch;
    xmss->public_seed = public_seed;
    xmss->secret_seed = secret_seed;
    xmss->prf = xmss->hash;
    xmss->prf_offset = size;
    if (!is_sha2 || size != tk_hash_block(&xmss->hash)) return;
    put_use(xmss, head, XMSS_PRF);
    memcpy(head + xmss->pad, public_seed, xmss->n);
    tk_hash_begin_after(&xmss->prf, xmss->hash.function, head, size);
    xmss->prf_offset = 0;
}

void tk_xmss_address(
    uint8_t address[XMSS_ADDRESS], const struct xmss_place *place, enum xmss_type type, uint32_t word4, uint32_t word5, uint32_t word6) {
    put32(address, place->layer);
    put64(address + 4, place->tree);
    put32(address + 12, (uint32_t)type);
    put32(address + 16, word4);
    put32(address + 20, word5);
    put32(address + 24, word6);
    put32(address + 28, 0);
}

void tk_xmss_masked(
    const struct xmss *xmss, uint8_t addresses[][XMSS_ADDRESS], unsigned nodes, const uint8_t *inputs, size_t input_stride,
    uint8_t *outputs, unsigned count) {
    uint8_t(*frames)[XMSS_FRAME] = xmss->scratch->frames, (*derived)[XMSS_N_MAX] = xmss->scratch->derived;
    const size_t n = xmss->n;
    const unsigned each = 1 + nodes;
    unsigned blocks = 0;
    // A key and a mask for each node, from the address with keyAndMask 0, 1, 2.
    for (unsigned i = 0; i < count * each; i++) {
        if (xmss->prf_offset > 0) {
            put_use(xmss, frames[i], XMSS_PRF);
            memcpy(frames[i] + xmss->pad, xmss->public_seed, n);
        }
        uint8_t *address = frames[i] + xmss->prf_offset;
        memcpy(address, addresses[i / each], XMSS_ADDRESS);
        address[XMSS_ADDRESS - 1] = (uint8_t)(i % each);
        blocks = tk_hash_pad(&xmss->prf, frames[i], xmss->prf_offset + XMSS_ADDRESS);
    }
    tk_hash_frames(&xmss->prf, frames[0], XMSS_FRAME, blocks, derived[0], XMSS_N_MAX, xmss->n, (size_t)count * each);
    for (unsigned i = 0; i < count; i++) {
        put_use(xmss, frames[i], nodes == 1 ? XMSS_F : XMSS_H);
        memcpy(frames[i] + xmss->pad, derived[i * each], n);
        for (unsigned k = 0; k < nodes; k++) {
            uint8_t *masked = frames[i] + xmss->pad + (1 + k) * n;
            const uint8_t *input = inputs + i * input_stride + k * n, *mask = derived[i * each + 1 + k];
            for (size_t b = 0; b < n; b++) masked[b] = input[b] ^ mask[b];
        }
        blocks = tk_hash_pad(&xmss->hash, frames[i], xmss->pad + each * n);
    }
    tk_hash_frames(&xmss->hash, frames[0], XMSS_FRAME, blocks, outputs, n, xmss->n, count);
}

void tk_xmss_secrets(const struct xmss *xmss, uint8_t addresses[][XMSS_ADDRESS], uint8_t *secrets, unsigned count) {
    uint8_t(*frames)[XMSS_FRAME] = xmss->scratch->frames;
    const size_t n = xmss->n, keys = xmss->pad + 2 * n;
    unsigned blocks = 0;
    for (unsigned i = 0; i < count; i++) {
        put_use(xmss, frames[i], XMSS_PRF_KEYGEN);
        memcpy(frames[i] + xmss->pad, xmss->secret_seed, n);
        memcpy(frames[i] + xmss->pad + n, xmss->public_seed, n);
        memcpy(frames[i] + keys, addresses[i], XMSS_ADDRESS);
        blocks = tk_hash_pad(&xmss->hash, frames[i], keys + XMSS_ADDRESS);
    }
    tk_hash_frames(&xmss->hash, frames[0], XMSS_FRAME, blocks, secrets, n, xmss->n, count);
}

// Of messages

void tk_xmss_digest_message(
    const struct xmss *xmss, uint8_t *digest, const uint8_t *randomizer, const uint8_t *root, uint64_t index, const uint8_t *message,
    size_t message_size) {
    uint8_t head[XMSS_PAD_MAX + 3 * XMSS_N_MAX] = {0}, whole[TK_SHA512_BYTES];
    const size_t n = xmss->n, size = xmss->pad + 3 * n;
    put_use(xmss, head, XMSS_MESSAGE);
    memcpy(head + xmss->pad, randomizer, n);
    memcpy(head + xmss->pad + n, root, n);
    put64(head + size - 8, index);
    if (xmss->hash.function == TK_HASH_SHA256) {
        struct tk_sha256 hash;
        tk_sha256_begin(&hash);
        tk_sha256_update(&hash, head, size);
        tk_sha256_update(&hash, message, message_size);
        tk_sha256_end(&hash, whole);
    } else if (xmss->hash.function == TK_HASH_SHA512) {
        struct tk_sha512 hash;
        tk_sha512_begin(&hash);
        tk_sha512_update(&hash, head, size);
        tk_sha512_update(&hash, message, message_size);
        tk_sha512_end(&hash, whole);
    } else {
        tk_sponge sponge;
        tk_sponge_init(&sponge, tk_hash_block(&xmss->hash), TK_SHAKE_SUFFIX);
        tk_sponge_absorb(&sponge, head, size);
        tk_sponge_absorb(&sponge, message, message_size);
        tk_sponge_finish(&sponge);
        tk_sponge_squeeze(&sponge, whole, n);
    }
    memcpy(digest, whole, n);
}

void tk_xmss_randomizer(const struct xmss *xmss, uint8_t *randomizer, const uint8_t *prf_key, uint64_t index) {
    uint8_t frame[XMSS_FRAME] = {0};
    const size_t size = xmss->pad + xmss->n + XMSS_ADDRESS;
    put_use(xmss, frame, XMSS_PRF);
    memcpy(frame + xmss->pad, prf_key, xmss->n);
    put64(frame + size - 8, index);
    const unsigned blocks = tk_hash_pad(&xmss->hash, frame, size);
    tk_hash_frames(&xmss->hash, frame, 0, blocks, randomizer, 0, xmss->n, 1);
    TK_PUBLIC(randomizer, xmss->n);
    tk_zero(frame, sizeof frame);
}
