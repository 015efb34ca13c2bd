// SLH-DSA (FIPS 205 §7, §9, §10): the hypertree over WOTS+, and key generation, signing and verifying on it.
#include "slhdsa.h"
#include "tk_slhdsa.h"
#include "tk_taint.h"

#include <string.h>

// n, h, d, h', a, k, m (Table 2), and whether the functions are of SHAKE.
static const struct slh_parameters sets[TK_SLHDSA_SETS] = {
    [TK_SLHDSA_SHA2_128S] = {16, 63, 7, 9, 12, 14, 30, 0},  [TK_SLHDSA_SHAKE_128S] = {16, 63, 7, 9, 12, 14, 30, 1},
    [TK_SLHDSA_SHA2_128F] = {16, 66, 22, 3, 6, 33, 34, 0},  [TK_SLHDSA_SHAKE_128F] = {16, 66, 22, 3, 6, 33, 34, 1},
    [TK_SLHDSA_SHA2_192S] = {24, 63, 7, 9, 14, 17, 39, 0},  [TK_SLHDSA_SHAKE_192S] = {24, 63, 7, 9, 14, 17, 39, 1},
    [TK_SLHDSA_SHA2_192F] = {24, 66, 22, 3, 8, 33, 42, 0},  [TK_SLHDSA_SHAKE_192F] = {24, 66, 22, 3, 8, 33, 42, 1},
    [TK_SLHDSA_SHA2_256S] = {32, 64, 8, 8, 14, 22, 47, 0},  [TK_SLHDSA_SHAKE_256S] = {32, 64, 8, 8, 14, 22, 47, 1},
    [TK_SLHDSA_SHA2_256F] = {32, 68, 17, 4, 9, 35, 49, 0},  [TK_SLHDSA_SHAKE_256F] = {32, 68, 17, 4, 9, 35, 49, 1},
};

static const struct slh_parameters *parameters(int set) { return set >= 0 && set < TK_SLHDSA_SETS ? &sets[set] : NULL; }

size_t tk_slhdsa_public_key_bytes(int set) { return parameters(set) ? 2 * (size_t)sets[set].n : 0; }

size_t tk_slhdsa_secret_key_bytes(int set) { return 2 * tk_slhdsa_public_key_bytes(set); }

size_t tk_slhdsa_signature_bytes(int set) {
    const struct slh_parameters *p = parameters(set);
    if (p == NULL) return 0;
    const size_t length = 2 * p->n + 3;
    return (1 + (size_t)p->k * (1 + p->a) + p->h + p->d * length) * p->n;
}

size_t tk_slhdsa_prefix(uint8_t prefix[TK_SLHDSA_PREFIX_BYTES], const uint8_t *context, size_t context_size, int prehash) {
    static const uint8_t identifier[10] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02};
    if (context_size > 255 || prehash < 0 || prehash > 12) return 0;
    prefix[0] = prehash > 0;
    prefix[1] = (uint8_t)context_size;
    size_t size = 2 + context_size;
    if (context_size > 0) memcpy(prefix + 2, context, context_size);
    if (prehash > 0) {
        memcpy(prefix + size, identifier, sizeof identifier);
        size += sizeof identifier;
        prefix[size++] = (uint8_t)prehash;
    }
    return size;
}

// The trees of the hypertree

/// One tree of WOTS+ keys, for the functions of tk_tree.
struct key_tree {
    const struct slh *slh;
    struct slh_place place;
};

static void leaves(const void *scheme, uint32_t first, unsigned count, uint8_t *nodes) {
    const struct key_tree *tree = scheme;
    tk_slh_wots_keys(tree->slh, tree->place.layer, tree->place.tree, first, count, nodes);
}

static void parents(const void *scheme, unsigned height, uint32_t first, unsigned count, const uint8_t *children, uint8_t *nodes) {
    const struct key_tree *tree = scheme;
    tk_slh_parents(tree->slh, &tree->place, SLH_TREE, 0, height, first, count, children, nodes);
}

static void tree_root(const struct slh *slh, const struct slh_place *place, uint8_t *root, uint8_t *path) {
    const struct key_tree scheme = {slh, *place};
    const struct tk_tree tree = {slh->set.n, slh->set.tree_height, &scheme, leaves, parents};
    tk_tree_root(&tree, root, place->leaf, path);
}

/// The next place up, whose key signs the root of this place's tree.
static void go_up(const struct slh *slh, struct slh_place *place) {
    place->layer++;
    place->leaf = (uint32_t)(place->tree & ((1u << slh->set.tree_height) - 1));
    place->tree >>= slh->set.tree_height;
}

// Keys, signatures

int tk_slhdsa_keygen(int set, uint8_t *public_key, uint8_t *secret_key, const uint8_t *seeds) {
    const struct slh_parameters *p = parameters(set);
    if (p == NULL) return 1;
    const size_t n = p->n;
    struct slh slh;
    memmove(secret_key, seeds, 3 * n);
    tk_slh_begin(&slh, p, secret_key + 2 * n, secret_key);
    const struct slh_place top = {p->d - 1u, 0, 0};
    tree_root(&slh, &top, secret_key + 3 * n, NULL);
    TK_PUBLIC(secret_key + 3 * n, n);
    memcpy(public_key, secret_key + 2 * n, 2 * n);
    return 0;
}

/// A number of `bits` bits, the low ones of the bytes that hold as many (§9.2, lines 7 to 10).
static uint64_t number(const uint8_t *bytes, unsigned bits) {
    uint64_t value = 0;
    for (unsigned i = 0; i < (bits + 7) / 8; i++) value = value << 8 | bytes[i];
    return bits < 64 ? value & (((uint64_t)1 << bits) - 1) : value;
}

/// Where in the hypertree a digest is signed.
static struct slh_place place_of(const struct slh_parameters *p, const uint8_t *digest) {
    const unsigned tree_bits = p->h - p->tree_height;
    const uint8_t *tree = digest + (p->k * p->a + 7) / 8, *leaf = tree + (tree_bits + 7) / 8;
    return (struct slh_place){0, number(tree, tree_bits), (uint32_t)number(leaf, p->tree_height)};
}

int tk_slhdsa_sign(
    int set, uint8_t *signature, const uint8_t *secret_key, const uint8_t *prefix, size_t prefix_size, const uint8_t *message,
    size_t message_size, const uint8_t *randomness) {
    const struct slh_parameters *p = parameters(set);
    if (p == NULL) return 1;
    const size_t n = p->n;
    const uint8_t *prf_key = secret_key + n, *public_seed = secret_key + 2 * n, *root = secret_key + 3 * n;
    uint8_t digest[SLH_DIGEST_MAX], node[SLH_N_MAX];
    struct slh slh;
    tk_slh_begin(&slh, p, public_seed, secret_key);

    tk_slh_randomizer(
        &slh, signature, prf_key, randomness ? randomness : public_seed, prefix, prefix_size, message, message_size);
    TK_PUBLIC(signature, n);
    tk_slh_digest_message(&slh, digest, signature, root, prefix, prefix_size, message, message_size);
    signature += n;

    struct slh_place place = place_of(p, digest);
    tk_slh_fors_sign(&slh, &place, digest, signature, node);
    signature += (size_t)p->k * (1 + p->a) * n;
    for (; place.layer < p->d; go_up(&slh, &place)) {
        // What a WOTS+ key signs is a public key or a root: a verifier computes it too.
        TK_PUBLIC(node, n);
        tk_slh_wots_sign(&slh, &place, node, signature);
        signature += slh.length * n;
        tree_root(&slh, &place, node, signature);
        signature += p->tree_height * n;
    }
    return 0;
}

/// The root that a path leads to from a leaf's node (Algorithm 11).
static void climb(const struct slh *slh, const struct slh_place *place, uint8_t *node, const uint8_t *path) {
    const size_t n = slh->set.n;
    uint8_t pair[2 * SLH_N_MAX];
    for (unsigned height = 0; height < slh->set.tree_height; height++) {
        const unsigned right = (place->leaf >> height) & 1;
        memcpy(pair + right * n, node, n);
        memcpy(pair + (1 - right) * n, path + height * n, n);
        tk_slh_parents(slh, place, SLH_TREE, 0, height + 1, place->leaf >> (height + 1), 1, pair, node);
    }
}

int tk_slhdsa_verify(
    int set, const uint8_t *signature, size_t signature_size, const uint8_t *public_key, const uint8_t *prefix, size_t prefix_size,
    const uint8_t *message, size_t message_size) {
    const struct slh_parameters *p = parameters(set);
    if (p == NULL || signature_size != tk_slhdsa_signature_bytes(set)) return 1;
    const size_t n = p->n;
    uint8_t digest[SLH_DIGEST_MAX], node[SLH_N_MAX], key[SLH_N_MAX];
    struct slh slh;
    tk_slh_begin(&slh, p, public_key, NULL);
    tk_slh_digest_message(&slh, digest, signature, public_key + n, prefix, prefix_size, message, message_size);
    signature += n;

    struct slh_place place = place_of(p, digest);
    tk_slh_fors_recover(&slh, &place, digest, signature, node);
    signature += (size_t)p->k * (1 + p->a) * n;
    for (; place.layer < p->d; go_up(&slh, &place)) {
        tk_slh_wots_recover(&slh, &place, node, signature, key);
        memcpy(node, key, n);
        signature += slh.length * n;
        climb(&slh, &place, node, signature);
        signature += p->tree_height * n;
    }
    return memcmp(node, public_key + n, n) != 0;
}
