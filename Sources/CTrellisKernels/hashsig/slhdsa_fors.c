// FORS (FIPS 205 §8): k trees of 2^a leaves, one leaf of each disclosed.
#include "slhdsa.h"
#include "tk_taint.h"

#include <string.h>

/// One of the k trees, for the functions of tk_tree.
struct fors_tree {
    const struct slh *slh;
    const struct slh_place *place;
    uint32_t number;
};

/// The k indices of a bits each in a digest (Algorithm 4).
static void indices_of(const struct slh *slh, const uint8_t *digest, uint32_t indices[SLH_FORS_TREES_MAX]) {
    uint32_t held = 0;
    unsigned bits = 0;
    for (unsigned i = 0; i < slh->set.k; i++) {
        for (; bits < slh->set.a; bits += 8) held = held << 8 | *digest++;
        bits -= slh->set.a;
        indices[i] = (held >> bits) & ((1u << slh->set.a) - 1);
    }
}

/// The secret values of `count` leaves, at most SLH_LANES, in frames of F (Algorithm 14).
static void secret_values(const struct slh *slh, const struct slh_place *place, uint32_t first, unsigned count, uint8_t *frames) {
    for (unsigned i = 0; i < count; i++) {
        uint8_t *frame = frames + i * SLH_FRAME;
        tk_slh_address(slh, frame, place, SLH_FORS_PRF, place->leaf);
        slh_word3(slh, frame, first + i);
        memcpy(frame + slh->offset, slh->secret_seed, slh->set.n);
        tk_hash_pad(&slh->narrow, frame, slh->offset + slh->set.n);
    }
    tk_hash_frames(&slh->narrow, frames, SLH_FRAME, 1, frames + slh->offset, SLH_FRAME, slh->set.n, count);
}

static void leaves(const void *scheme, uint32_t first, unsigned count, uint8_t *nodes) {
    const struct fors_tree *tree = scheme;
    const struct slh *slh = tree->slh;
    uint8_t frames[SLH_LANES][SLH_FRAME];
    first += tree->number << slh->set.a;
    while (count > 0) {
        const unsigned taken = count < SLH_LANES ? count : SLH_LANES;
        secret_values(slh, tree->place, first, taken, frames[0]);
        for (unsigned i = 0; i < taken; i++) {
            tk_slh_address(slh, frames[i], tree->place, SLH_FORS_TREE, tree->place->leaf);
            slh_word3(slh, frames[i], first + i);
        }
        tk_hash_frames(&slh->narrow, frames[0], SLH_FRAME, 1, nodes, slh->set.n, slh->set.n, taken);
        first += taken, count -= taken, nodes += taken * slh->set.n;
    }
    tk_zero(frames, sizeof frames);
}

static void parents(const void *scheme, unsigned height, uint32_t first, unsigned count, const uint8_t *children, uint8_t *nodes) {
    const struct fors_tree *tree = scheme;
    first += tree->number << (tree->slh->set.a - height);
    tk_slh_parents(tree->slh, tree->place, SLH_FORS_TREE, tree->place->leaf, height, first, count, children, nodes);
}

/// The FORS public key of the roots that lie in a frame of T.
static void compress_roots(const struct slh *slh, const struct slh_place *place, uint8_t *frame, uint8_t *key) {
    tk_slh_address(slh, frame, place, SLH_FORS_ROOTS, place->leaf);
    tk_slh_compress(slh, frame, (size_t)slh->set.k * slh->set.n, key);
}

void tk_slh_fors_sign(const struct slh *slh, const struct slh_place *place, const uint8_t *digest, uint8_t *signature, uint8_t *key) {
    uint8_t roots[SLH_KEY_FRAME], disclosed[SLH_FRAME];
    uint32_t indices[SLH_FORS_TREES_MAX];
    const size_t n = slh->set.n;
    indices_of(slh, digest, indices);
    for (uint32_t i = 0; i < slh->set.k; i++) {
        secret_values(slh, place, (i << slh->set.a) + indices[i], 1, disclosed);
        memcpy(signature, disclosed + slh->offset, n);
        const struct fors_tree scheme = {slh, place, i};
        const struct tk_tree tree = {slh->set.n, slh->set.a, &scheme, leaves, parents};
        tk_tree_root(&tree, roots + slh->offset + i * n, indices[i], signature + n);
        signature += (1 + slh->set.a) * n;
    }
    compress_roots(slh, place, roots, key);
    tk_zero(disclosed, sizeof disclosed);
}

void tk_slh_fors_recover(
    const struct slh *slh, const struct slh_place *place, const uint8_t *digest, const uint8_t *signature, uint8_t *key) {
    uint8_t frames[SLH_FORS_TREES_MAX][SLH_FRAME], nodes[SLH_FORS_TREES_MAX][SLH_N_MAX], roots[SLH_KEY_FRAME];
    uint32_t indices[SLH_FORS_TREES_MAX];
    const size_t n = slh->set.n, per_tree = (1 + slh->set.a) * n;
    const unsigned k = slh->set.k;
    unsigned blocks = 1;
    indices_of(slh, digest, indices);
    // All trees grow together, one frame each: the disclosed leaves first.
    for (unsigned i = 0; i < k; i++) {
        tk_slh_address(slh, frames[i], place, SLH_FORS_TREE, place->leaf);
        slh_word3(slh, frames[i], ((uint32_t)i << slh->set.a) + indices[i]);
        memcpy(frames[i] + slh->offset, signature + i * per_tree, n);
        tk_hash_pad(&slh->narrow, frames[i], slh->offset + n);
    }
    tk_hash_frames(&slh->narrow, frames[0], SLH_FRAME, 1, nodes[0], SLH_N_MAX, slh->set.n, k);
    for (unsigned height = 0; height < slh->set.a; height++) {
        for (unsigned i = 0; i < k; i++) {
            const unsigned right = (indices[i] >> height) & 1;
            uint8_t *input = frames[i] + slh->offset;
            slh_word2(slh, frames[i], height + 1);
            slh_word3(slh, frames[i], (((uint32_t)i << slh->set.a) + indices[i]) >> (height + 1));
            memcpy(input + right * n, nodes[i], n);
            memcpy(input + (1 - right) * n, signature + i * per_tree + (1 + height) * n, n);
            blocks = tk_hash_pad(&slh->wide, frames[i], slh->offset + 2 * n);
        }
        tk_hash_frames(&slh->wide, frames[0], SLH_FRAME, blocks, nodes[0], SLH_N_MAX, slh->set.n, k);
    }
    for (unsigned i = 0; i < k; i++) memcpy(roots + slh->offset + i * n, nodes[i], n);
    compress_roots(slh, place, roots, key);
}
