// The parts of SLH-DSA (FIPS 205): parameters, tweakable hash functions over several inputs at once, WOTS+, FORS.
#ifndef TK_HASHSIG_SLHDSA_H
#define TK_HASHSIG_SLHDSA_H

#include "frames.h"
#include "tree.h"

/// The inputs that are hashed at once where there are many.
#define SLH_LANES 16
/// Bounds over all sets.
#define SLH_N_MAX 32
#define SLH_LENGTH_MAX 67
#define SLH_FORS_TREES_MAX 35
#define SLH_DIGEST_MAX 49
/// The room for a frame of one input of one or two nodes, and for one of all chain ends of a WOTS+ key, with seed, address and padding.
#define SLH_FRAME TK_FRAME_BLOCK_MAX
#define SLH_KEY_FRAME (SLH_N_MAX + 32 + SLH_LENGTH_MAX * SLH_N_MAX + TK_FRAME_BLOCK_MAX)

/// FIPS 205 Table 2, with its names; w is 16.
struct slh_parameters {
    uint8_t n, h, d, tree_height, a, k, m, shake;
};

/// The types of addresses (§4.2).
enum slh_type { SLH_WOTS_HASH, SLH_WOTS_PK, SLH_TREE, SLH_FORS_TREE, SLH_FORS_ROOTS, SLH_WOTS_PRF, SLH_FORS_PRF };

/// A parameter set with the seeds that its functions are keyed with.
struct slh {
    struct slh_parameters set;
    /// Chains of a WOTS+ key.
    unsigned length;
    /// F and PRF, and H and T, after PK.seed where that fills a block.
    struct tk_hash narrow, wide;
    /// Bytes in a frame before the input: PK.seed if it is not in the hash already, and the address.
    unsigned offset;
    const uint8_t *public_seed;
    /// NULL for verifying.
    const uint8_t *secret_seed;
};

/// A place in the hypertree.
struct slh_place {
    unsigned layer;
    uint64_t tree;
    uint32_t leaf;
};

/// Sets up the functions of a set.
void tk_slh_begin(struct slh *slh, const struct slh_parameters *set, const uint8_t *public_seed, const uint8_t *secret_seed);

/// Begins a frame: the public seed where it belongs, layer, tree and type, and the three words of the address (Table 1 and §11.2).
void tk_slh_address(const struct slh *slh, uint8_t *frame, const struct slh_place *place, enum slh_type type, uint32_t word1);
static inline void slh_word2(const struct slh *slh, uint8_t *frame, uint32_t word) { put32(frame + slh->offset - 8, word); }
static inline void slh_word3(const struct slh *slh, uint8_t *frame, uint32_t word) { put32(frame + slh->offset - 4, word); }

/// The digest that is signed: H_msg (§11). `digest` has m bytes.
void tk_slh_digest_message(
    const struct slh *slh, uint8_t *digest, const uint8_t *randomizer, const uint8_t *root, const uint8_t *prefix, size_t prefix_size,
    const uint8_t *message, size_t message_size);

/// The randomizer of a signature: PRF_msg (§11), n bytes.
void tk_slh_randomizer(
    const struct slh *slh, uint8_t *randomizer, const uint8_t *prf_key, const uint8_t *randomness, const uint8_t *prefix,
    size_t prefix_size, const uint8_t *message, size_t message_size);

/// The parents of `count` pairs of nodes: H with the addresses of type `type` at `height` from `first` on (Algorithms 9 and 15).
void tk_slh_parents(
    const struct slh *slh, const struct slh_place *place, enum slh_type type, uint32_t word1, unsigned height, uint32_t first,
    unsigned count, const uint8_t *children, uint8_t *nodes);

/// The public keys of `count` WOTS+ keys of a tree, from leaf `first` on (Algorithm 6): leaves of the tree.
void tk_slh_wots_keys(const struct slh *slh, unsigned layer, uint64_t tree, uint32_t first, unsigned count, uint8_t *keys);

/// Signs n bytes with the WOTS+ key of a place (Algorithm 7).
void tk_slh_wots_sign(const struct slh *slh, const struct slh_place *place, const uint8_t *message, uint8_t *signature);

/// The WOTS+ public key that a signature of n bytes is of (Algorithm 8).
void tk_slh_wots_recover(
    const struct slh *slh, const struct slh_place *place, const uint8_t *message, const uint8_t *signature, uint8_t *key);

/// Signs a digest's first ⌈ka/8⌉ bytes with the FORS key of a place, and writes the FORS public key too (Algorithm 16).
void tk_slh_fors_sign(const struct slh *slh, const struct slh_place *place, const uint8_t *digest, uint8_t *signature, uint8_t *key);

/// The FORS public key that a signature is of (Algorithm 17).
void tk_slh_fors_recover(
    const struct slh *slh, const struct slh_place *place, const uint8_t *digest, const uint8_t *signature, uint8_t *key);

/// T over `size` bytes that lie in the frame after its address; n bytes.
void tk_slh_compress(const struct slh *slh, uint8_t *frame, size_t size, uint8_t *node);

#endif
