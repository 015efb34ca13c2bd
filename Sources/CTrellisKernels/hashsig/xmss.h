// The parts of XMSS (RFC 8391): its sets, keyed and masked hashing at addresses, and WOTS+ keys of a tree.
#ifndef TK_HASHSIG_XMSS_H
#define TK_HASHSIG_XMSS_H

#include "frames.h"
#include "tk_xmss.h"

/// Bounds over all sets: bytes of a node and of the number that begins every hash, chains of a key.
#define XMSS_N_MAX 64
#define XMSS_PAD_MAX 64
#define XMSS_CHAINS_MAX 131
#define XMSS_W 16
/// The inputs, and the keys, that are hashed at once where there are many.
#define XMSS_LANES 16
#define XMSS_KEYS 8
#define XMSS_ADDRESS 32
/// The room for a frame: number, key, two nodes and padding; or number, two keys, address and padding.
#define XMSS_FRAME (XMSS_PAD_MAX + 3 * XMSS_N_MAX + TK_FRAME_BLOCK_MAX)

/// What a hash is for: the number that it begins with (RFC 8391 §5.1, SP 800-208 §5).
enum xmss_use { XMSS_F, XMSS_H, XMSS_MESSAGE, XMSS_PRF, XMSS_PRF_KEYGEN };

/// The types of addresses (RFC 8391 §2.5).
enum xmss_type { XMSS_OTS, XMSS_LTREE, XMSS_TREE };

/// Where hashes are prepared; it holds what chains of secret keys have come to.
struct xmss_scratch {
    uint8_t frames[3 * XMSS_LANES][XMSS_FRAME], derived[3 * XMSS_LANES][XMSS_N_MAX];
};

/// A parameter set and the public seed.
struct xmss {
    unsigned n, pad, chains;
    /// Of the whole; and of each tree.
    unsigned height, layers, tree_height;
    struct tk_hash hash, prf;
    /// PRF after its number and the public seed, if those are a block: the bytes of them that remain for each frame, 0 or pad + n.
    unsigned prf_offset;
    const uint8_t *public_seed;
    /// S_XMSS; NULL for verifying.
    const uint8_t *secret_seed;
    /// For all hashing; whoever provides it erases it after secrets.
    struct xmss_scratch *scratch;
};

/// A place in the hypertree.
struct xmss_place {
    unsigned layer;
    uint64_t tree;
    uint32_t leaf;
};

/// Sets up the sizes of an XMSS set, or an XMSS^MT set. Returns 0; 1 if there is none.
int tk_xmss_begin(struct xmss *xmss, uint32_t identifier);
int tk_xmssmt_begin(struct xmss *xmss, uint32_t identifier);

/// Sets up the functions.
void tk_xmss_begin_seeds(
    struct xmss *xmss, struct xmss_scratch *scratch, const uint8_t *public_seed, const uint8_t *secret_seed);

/// Writes an address; `words` are the three after the type, keyAndMask stays 0.
void tk_xmss_address(
    uint8_t address[XMSS_ADDRESS], const struct xmss_place *place, enum xmss_type type, uint32_t word4, uint32_t word5, uint32_t word6);

/// Hashes `count` inputs, at most XMSS_LANES, of one node (F) or two (H) each, with the key and the masks of their addresses (Algorithms
/// 2 and 7). Inputs and outputs are `input_stride` and n apart; outputs may be their inputs.
void tk_xmss_masked(
    const struct xmss *xmss, uint8_t addresses[][XMSS_ADDRESS], unsigned nodes, const uint8_t *inputs, size_t input_stride,
    uint8_t *outputs, unsigned count);

/// PRF_keygen of `count` addresses, at most XMSS_LANES: the beginnings of chains, n bytes each.
void tk_xmss_secrets(const struct xmss *xmss, uint8_t addresses[][XMSS_ADDRESS], uint8_t *secrets, unsigned count);

/// The message digest: H_msg with key r ‖ root ‖ index (§4.1.9).
void tk_xmss_digest_message(
    const struct xmss *xmss, uint8_t *digest, const uint8_t *randomizer, const uint8_t *root, uint64_t index, const uint8_t *message,
    size_t message_size);

/// The randomizer of an index: PRF(SK_PRF, index).
void tk_xmss_randomizer(const struct xmss *xmss, uint8_t *randomizer, const uint8_t *prf_key, uint64_t index);

/// The leaves of `count` keys of a tree, from `first` on: the roots of the L-trees over WOTS+ public keys (Algorithm 8).
void tk_xmss_leaves(const struct xmss *xmss, const struct xmss_place *tree, uint32_t first, unsigned count, uint8_t *leaves);

/// The WOTS+ signature of n bytes by the key of a place (Algorithm 5).
void tk_xmss_wots_sign(const struct xmss *xmss, const struct xmss_place *place, const uint8_t *message, uint8_t *signature);

/// The leaf that a WOTS+ signature of n bytes is of (Algorithms 6 and 8).
void tk_xmss_wots_recover(
    const struct xmss *xmss, const struct xmss_place *place, const uint8_t *message, const uint8_t *signature, uint8_t *leaf);

#endif
