// XMSS (RFC 8391 §4.1): the Merkle tree over WOTS+ keys; and verifying XMSS^MT (§4.2).
#include "tk_taint.h"
#include "tree.h"
#include "xmss.h"

#include <string.h>

/// The bytes of an identifier before a public key, and of an index before an XMSS signature.
enum { IDENTIFIER = 4, INDEX = 4 };

size_t tk_xmss_node_bytes(uint32_t identifier) {
    struct xmss xmss;
    return tk_xmss_begin(&xmss, identifier) == 0 ? xmss.n : 0;
}

unsigned tk_xmss_height(uint32_t identifier) {
    struct xmss xmss;
    return tk_xmss_begin(&xmss, identifier) == 0 ? xmss.height : 0;
}

size_t tk_xmss_public_key_bytes(uint32_t identifier) {
    const size_t n = tk_xmss_node_bytes(identifier);
    return n > 0 ? IDENTIFIER + 2 * n : 0;
}

/// Index, randomizer, and for each layer chain values and a path.
static size_t signature_bytes(const struct xmss *xmss, size_t index_bytes) {
    return index_bytes + (size_t)(1 + xmss->layers * xmss->chains + xmss->height) * xmss->n;
}

size_t tk_xmss_signature_bytes(uint32_t identifier) {
    struct xmss xmss;
    return tk_xmss_begin(&xmss, identifier) == 0 ? signature_bytes(&xmss, INDEX) : 0;
}

// The trees

/// One tree of the hypertree, for the functions of tk_tree.
struct key_tree {
    const struct xmss *xmss;
    struct xmss_place place;
};

static void leaves(const void *scheme, uint32_t first, unsigned count, uint8_t *nodes) {
    const struct key_tree *tree = scheme;
    tk_xmss_leaves(tree->xmss, &tree->place, first, count, nodes);
}

static void parents(const void *scheme, unsigned height, uint32_t first, unsigned count, const uint8_t *children, uint8_t *nodes) {
    const struct key_tree *tree = scheme;
    const size_t n = tree->xmss->n;
    uint8_t addresses[XMSS_LANES][XMSS_ADDRESS];
    while (count > 0) {
        const unsigned taken = count < XMSS_LANES ? count : XMSS_LANES;
        // The height in an address is that of the children.
        for (unsigned i = 0; i < taken; i++) tk_xmss_address(addresses[i], &tree->place, XMSS_TREE, 0, height - 1, first + i);
        tk_xmss_masked(tree->xmss, addresses, 2, children, 2 * n, nodes, taken);
        first += taken, count -= taken, children += 2 * n * taken, nodes += n * taken;
    }
}

static void tree_root(const struct xmss *xmss, uint8_t *root, uint32_t leaf, uint8_t *path) {
    const struct key_tree scheme = {xmss, {0, 0, leaf}};
    const struct tk_tree tree = {xmss->n, xmss->tree_height, &scheme, leaves, parents};
    tk_tree_root(&tree, root, leaf, path);
}

/// The root that a path leads to from a leaf (Algorithm 13).
static void climb(const struct xmss *xmss, const struct xmss_place *place, uint8_t *node, const uint8_t *path) {
    const struct key_tree tree = {xmss, *place};
    const size_t n = xmss->n;
    uint8_t pair[2 * XMSS_N_MAX];
    for (unsigned height = 0; height < xmss->tree_height; height++) {
        const unsigned right = (place->leaf >> height) & 1;
        memcpy(pair + right * n, node, n);
        memcpy(pair + (1 - right) * n, path + height * n, n);
        parents(&tree, height + 1, place->leaf >> (height + 1), 1, pair, node);
    }
}

// Keys, signatures

int tk_xmss_keygen(uint32_t identifier, uint8_t *public_key, const uint8_t *seeds) {
    struct xmss xmss;
    struct xmss_scratch scratch;
    if (tk_xmss_begin(&xmss, identifier) != 0) return 1;
    const size_t n = xmss.n;
    tk_xmss_begin_seeds(&xmss, &scratch, seeds + 2 * n, seeds);
    put32(public_key, identifier);
    tree_root(&xmss, public_key + IDENTIFIER, 0, NULL);
    TK_PUBLIC(public_key + IDENTIFIER, n);
    memcpy(public_key + IDENTIFIER + n, seeds + 2 * n, n);
    tk_zero(&scratch, sizeof scratch);
    return 0;
}

int tk_xmss_sign(
    uint32_t identifier, uint8_t *signature, const uint8_t *seeds, uint32_t index, const uint8_t *message, size_t message_size) {
    struct xmss xmss;
    struct xmss_scratch scratch;
    uint8_t root[XMSS_N_MAX], digest[XMSS_N_MAX];
    if (tk_xmss_begin(&xmss, identifier) != 0 || index >> xmss.height != 0) return 1;
    const size_t n = xmss.n;
    tk_xmss_begin_seeds(&xmss, &scratch, seeds + 2 * n, seeds);
    uint8_t *randomizer = signature + INDEX, *values = randomizer + n;
    put32(signature, index);
    tk_xmss_randomizer(&xmss, randomizer, seeds + n, index);
    // The root is a part of what is signed; it comes with the path.
    tree_root(&xmss, root, index, values + xmss.chains * n);
    TK_PUBLIC(root, n);
    tk_xmss_digest_message(&xmss, digest, randomizer, root, index, message, message_size);
    const struct xmss_place place = {0, 0, index};
    tk_xmss_wots_sign(&xmss, &place, digest, values);
    tk_zero(&scratch, sizeof scratch);
    return 0;
}

/// Whether a signature is valid. XMSS is XMSS^MT of one layer, but for the size of the index.
static int verify(
    struct xmss *xmss, const uint8_t *public_key, size_t public_key_size, const uint8_t *signature, size_t signature_size,
    size_t index_bytes, const uint8_t *message, size_t message_size) {
    const size_t n = xmss->n;
    if (public_key_size != IDENTIFIER + 2 * n || signature_size != signature_bytes(xmss, index_bytes)) return 1;
    struct xmss_scratch scratch;
    const uint8_t *root = public_key + IDENTIFIER;
    tk_xmss_begin_seeds(xmss, &scratch, root + n, NULL);
    uint64_t index = 0;
    for (size_t i = 0; i < index_bytes; i++) index = index << 8 | signature[i];
    if (index >> xmss->height != 0) return 1;
    uint8_t node[XMSS_N_MAX], leaf[XMSS_N_MAX];
    tk_xmss_digest_message(xmss, node, signature + index_bytes, root, index, message, message_size);
    signature += index_bytes + n;
    for (unsigned layer = 0; layer < xmss->layers; layer++) {
        const uint32_t mask = ((uint32_t)1 << xmss->tree_height) - 1;
        const struct xmss_place place = {layer, index >> xmss->tree_height, (uint32_t)index & mask};
        tk_xmss_wots_recover(xmss, &place, node, signature, leaf);
        signature += xmss->chains * n;
        memcpy(node, leaf, n);
        climb(xmss, &place, node, signature);
        signature += xmss->tree_height * n;
        index >>= xmss->tree_height;
    }
    return memcmp(node, root, n) != 0;
}

int tk_xmss_verify(
    const uint8_t *public_key, size_t public_key_size, const uint8_t *signature, size_t signature_size, const uint8_t *message,
    size_t message_size) {
    struct xmss xmss;
    if (public_key_size < IDENTIFIER || tk_xmss_begin(&xmss, get32(public_key)) != 0) return 1;
    return verify(&xmss, public_key, public_key_size, signature, signature_size, INDEX, message, message_size);
}

int tk_xmssmt_verify(
    const uint8_t *public_key, size_t public_key_size, const uint8_t *signature, size_t signature_size, const uint8_t *message,
    size_t message_size) {
    struct xmss xmss;
    if (public_key_size < IDENTIFIER || tk_xmssmt_begin(&xmss, get32(public_key)) != 0) return 1;
    const size_t index_bytes = (xmss.height + 7) / 8;
    return verify(&xmss, public_key, public_key_size, signature, signature_size, index_bytes, message, message_size);
}
