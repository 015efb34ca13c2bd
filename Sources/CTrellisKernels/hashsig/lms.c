// LMS (RFC 8554 §5): the Merkle tree over LM-OTS keys; and verifying HSS (§6).
#include "lms.h"
#include "tk_taint.h"
#include "tree.h"

#include <string.h>

/// Type, type, identifier before the root in a public key.
enum { PUBLIC_HEAD = 24, HSS_LEVELS_MAX = 8 };

size_t tk_lms_node_bytes(uint32_t lms_type, uint32_t ots_type) {
    struct lms lms;
    return tk_lms_begin(&lms, lms_type, ots_type, NULL, NULL) == 0 ? lms.n : 0;
}

unsigned tk_lms_height(uint32_t lms_type) { return lms_type < 5 || lms_type > 24 ? 0 : 5 * ((lms_type - 5) % 5 + 1); }

size_t tk_lms_public_key_bytes(uint32_t lms_type, uint32_t ots_type) {
    const size_t n = tk_lms_node_bytes(lms_type, ots_type);
    return n > 0 ? PUBLIC_HEAD + n : 0;
}

/// Index, type, randomizer and chain values, type, path.
static size_t signature_bytes(const struct lms *lms) { return 12 + (size_t)(1 + lms->chains + lms->height) * lms->n; }

size_t tk_lms_signature_bytes(uint32_t lms_type, uint32_t ots_type) {
    struct lms lms;
    return tk_lms_begin(&lms, lms_type, ots_type, NULL, NULL) == 0 ? signature_bytes(&lms) : 0;
}

// The tree. Nodes are numbered from the root on, which is 1 (§5.3).

static void hash_nodes(
    const struct lms *lms, uint32_t number, unsigned use, size_t input_size, unsigned count, const uint8_t *inputs, uint8_t *nodes) {
    uint8_t frames[LMS_LANES][LMS_FRAME];
    while (count > 0) {
        const unsigned taken = count < LMS_LANES ? count : LMS_LANES;
        unsigned blocks = 0;
        for (unsigned i = 0; i < taken; i++) {
            tk_lms_head(lms, frames[i], number + i, use);
            memcpy(frames[i] + LMS_HEAD, inputs + i * input_size, input_size);
            blocks = tk_hash_pad(&lms->hash, frames[i], LMS_HEAD + input_size);
        }
        tk_hash_frames(&lms->hash, frames[0], LMS_FRAME, blocks, nodes, lms->n, lms->n, taken);
        number += taken, count -= taken, inputs += taken * input_size, nodes += taken * lms->n;
    }
}

static void leaves(const void *scheme, uint32_t first, unsigned count, uint8_t *nodes) {
    const struct lms *lms = scheme;
    tk_lms_keys(lms, first, count, nodes);
    hash_nodes(lms, ((uint32_t)1 << lms->height) + first, LMS_LEAF, lms->n, count, nodes, nodes);
}

static void parents(const void *scheme, unsigned height, uint32_t first, unsigned count, const uint8_t *children, uint8_t *nodes) {
    const struct lms *lms = scheme;
    hash_nodes(lms, ((uint32_t)1 << (lms->height - height)) + first, LMS_NODE, 2 * lms->n, count, children, nodes);
}

static void tree_root(const struct lms *lms, uint8_t *root, uint32_t index, uint8_t *path) {
    const struct tk_tree tree = {lms->n, lms->height, lms, leaves, parents};
    tk_tree_root(&tree, root, index, path);
}

int tk_lms_keygen(
    uint32_t lms_type, uint32_t ots_type, uint8_t *public_key, const uint8_t *seed, const uint8_t identifier[TK_LMS_IDENTIFIER_BYTES]) {
    struct lms lms;
    if (tk_lms_begin(&lms, lms_type, ots_type, identifier, seed) != 0) return 1;
    put32(public_key, lms_type);
    put32(public_key + 4, ots_type);
    memmove(public_key + 8, identifier, TK_LMS_IDENTIFIER_BYTES);
    tree_root(&lms, public_key + PUBLIC_HEAD, 0, NULL);
    TK_PUBLIC(public_key + PUBLIC_HEAD, lms.n);
    return 0;
}

int tk_lms_sign(
    uint32_t lms_type, uint32_t ots_type, uint8_t *signature, const uint8_t *seed, const uint8_t identifier[TK_LMS_IDENTIFIER_BYTES],
    uint32_t index, const uint8_t *message, size_t message_size, const uint8_t *randomizer) {
    struct lms lms;
    uint8_t digits[LMS_CHAINS_MAX], root[LMS_N_MAX];
    if (tk_lms_begin(&lms, lms_type, ots_type, identifier, seed) != 0 || index >> lms.height != 0) return 1;
    put32(signature, index);
    put32(signature + 4, ots_type);
    uint8_t *chosen = signature + 8, *values = chosen + lms.n, *type = values + lms.chains * lms.n;
    if (randomizer != NULL) {
        memcpy(chosen, randomizer, lms.n);
    } else {
        tk_lms_randomizer(&lms, index, chosen);
    }
    tk_lms_digits(&lms, index, chosen, message, message_size, digits);
    tk_lms_values(&lms, index, digits, values);
    put32(type, lms_type);
    tree_root(&lms, root, index, type + 4);
    return 0;
}

/// Whether a signature of exactly the right size is valid under a public key of the types of `lms`.
static int verify(
    const struct lms *lms, const uint8_t *root, const uint8_t *signature, const uint8_t *message, size_t message_size) {
    const uint32_t index = get32(signature);
    const uint8_t *randomizer = signature + 8, *values = randomizer + lms->n, *type = values + lms->chains * lms->n;
    if (index >> lms->height != 0 || get32(signature + 4) != lms->ots_type || get32(type) != lms->type) return 1;
    uint8_t digits[LMS_CHAINS_MAX], node[LMS_N_MAX], pair[2 * LMS_N_MAX];
    tk_lms_digits(lms, index, randomizer, message, message_size, digits);
    tk_lms_recover(lms, index, digits, values, node);
    hash_nodes(lms, ((uint32_t)1 << lms->height) + index, LMS_LEAF, lms->n, 1, node, node);
    for (unsigned height = 0; height < lms->height; height++) {
        const unsigned right = (index >> height) & 1;
        memcpy(pair + right * lms->n, node, lms->n);
        memcpy(pair + (1 - right) * lms->n, type + 4 + height * lms->n, lms->n);
        parents(lms, height + 1, index >> (height + 1), 1, pair, node);
    }
    return memcmp(node, root, lms->n) != 0;
}

/// Reads the types of the public key at the beginning of `bytes`. Returns its size; 0 if it is none.
static size_t read_public_key(struct lms *lms, const uint8_t *bytes, size_t size) {
    if (size < PUBLIC_HEAD) return 0;
    if (tk_lms_begin(lms, get32(bytes), get32(bytes + 4), bytes + 8, NULL) != 0) return 0;
    return size >= PUBLIC_HEAD + lms->n ? PUBLIC_HEAD + lms->n : 0;
}

int tk_lms_verify(
    const uint8_t *public_key, size_t public_key_size, const uint8_t *signature, size_t signature_size, const uint8_t *message,
    size_t message_size) {
    struct lms lms;
    const size_t size = read_public_key(&lms, public_key, public_key_size);
    if (size == 0 || size != public_key_size || signature_size != signature_bytes(&lms)) return 1;
    return verify(&lms, public_key + PUBLIC_HEAD, signature, message, message_size);
}

int tk_hss_verify(
    const uint8_t *public_key, size_t public_key_size, const uint8_t *signature, size_t signature_size, const uint8_t *message,
    size_t message_size) {
    struct lms lms;
    if (public_key_size < 4 || signature_size < 4) return 1;
    const uint32_t levels = get32(public_key);
    if (levels < 1 || levels > HSS_LEVELS_MAX || get32(signature) != levels - 1) return 1;
    const uint8_t *key = public_key + 4;
    size_t key_size = read_public_key(&lms, key, public_key_size - 4);
    if (key_size == 0 || key_size != public_key_size - 4) return 1;
    signature += 4, signature_size -= 4;
    // Each level's key signs the public key of the next; the last one's the message.
    for (uint32_t level = 1; level < levels; level++) {
        const size_t taken = signature_bytes(&lms);
        struct lms next;
        if (signature_size < taken) return 1;
        const size_t next_size = read_public_key(&next, signature + taken, signature_size - taken);
        if (next_size == 0 || verify(&lms, key + PUBLIC_HEAD, signature, signature + taken, next_size) != 0) return 1;
        key = signature + taken;
        lms = next;
        signature += taken + next_size, signature_size -= taken + next_size;
    }
    if (signature_size != signature_bytes(&lms)) return 1;
    return verify(&lms, key + PUBLIC_HEAD, signature, message, message_size);
}
