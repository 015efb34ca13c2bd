// The parts of LMS (RFC 8554): its types, and LM-OTS keys of a tree.
#ifndef TK_HASHSIG_LMS_H
#define TK_HASHSIG_LMS_H

#include "frames.h"
#include "tk_lms.h"

/// Bounds over all types: bytes of a node, chains of a key, values of a digit.
#define LMS_N_MAX 32
#define LMS_CHAINS_MAX 265
#define LMS_WIDTH_MAX 256
/// The inputs and the keys that are hashed at once where there are many.
#define LMS_LANES 16
#define LMS_KEYS 8
/// Identifier, number and what the hash is for: before chain ends or a node or a message; a chain value has one byte more before it.
#define LMS_HEAD 22
#define LMS_CHAIN_HEAD 23
/// The room for a frame of one or two nodes, and for one of all the chain ends of a key.
#define LMS_FRAME TK_FRAME_BLOCK_MAX
#define LMS_KEY_FRAME (LMS_HEAD + LMS_CHAINS_MAX * LMS_N_MAX + TK_FRAME_BLOCK_MAX)

/// What a hash is for (RFC 8554 §4.3, §5.2).
enum lms_use { LMS_KEY = 0x8080, LMS_MESSAGE = 0x8181, LMS_LEAF = 0x8282, LMS_NODE = 0x8383 };

/// A pair of types with an identifier, and the seed of the secret key, NULL for verifying.
struct lms {
    uint32_t type, ots_type;
    unsigned n, height;
    /// Bits of a digit, chains, and the left shift of the checksum (RFC 8554 Table 1).
    unsigned w, chains, shift;
    struct tk_hash hash;
    const uint8_t *identifier, *seed;
};

/// Sets up a pair of types. Returns 0; 1 if there is no such pair.
int tk_lms_begin(struct lms *lms, uint32_t type, uint32_t ots_type, const uint8_t *identifier, const uint8_t *seed);

/// Writes the identifier, a number and a use.
void tk_lms_head(const struct lms *lms, uint8_t *frame, uint32_t number, unsigned use);

/// The digest of a message and its checksum as digits (§4.4, §4.5).
void tk_lms_digits(
    const struct lms *lms, uint32_t index, const uint8_t *randomizer, const uint8_t *message, size_t message_size,
    uint8_t digits[LMS_CHAINS_MAX]);

/// The randomizer that goes with a seed and an index.
void tk_lms_randomizer(const struct lms *lms, uint32_t index, uint8_t *randomizer);

/// The public keys of `count` one-time keys from index `first` on, n bytes each (§4.3).
void tk_lms_keys(const struct lms *lms, uint32_t first, unsigned count, uint8_t *keys);

/// The chain values of a signature of the digits by the key of an index (§4.5).
void tk_lms_values(const struct lms *lms, uint32_t index, const uint8_t *digits, uint8_t *values);

/// The public key that chain values are of (§4.6).
void tk_lms_recover(const struct lms *lms, uint32_t index, const uint8_t *digits, const uint8_t *values, uint8_t *key);

#endif
