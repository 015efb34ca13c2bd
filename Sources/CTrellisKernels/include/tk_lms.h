// LMS and LM-OTS (RFC 8554, SP 800-208): stateful hash-based signatures of one Merkle tree; and verifying HSS, trees upon trees. Sizes are in
// bytes. An index signs ONE message, ever: two signatures with one index give forgeries away. Who calls tk_lms_sign keeps the count.
#ifndef TK_LMS_H
#define TK_LMS_H

#include <stddef.h>
#include <stdint.h>

// LMS types: 5 to 9 are SHA-256 with m = 32 and heights 5, 10, 15, 20, 25; 10 to 14 SHA-256 with m = 24; 15 to 19 SHAKE256 with m = 32;
// 20 to 24 SHAKE256 with m = 24. LM-OTS types: 1 to 4 are SHA-256 with n = 32 and w = 1, 2, 4, 8 bits; 5 to 8, 9 to 12, 13 to 16 likewise.
// The two of a key agree in function and size.

#define TK_LMS_IDENTIFIER_BYTES 16

/// The size n = m of a node, a seed and a randomizer; 0 if the types are unknown or do not go together. So it is for the sizes below.
size_t tk_lms_node_bytes(uint32_t lms_type, uint32_t ots_type);
/// The height of the tree: 2^height signatures.
unsigned tk_lms_height(uint32_t lms_type);
/// Types, identifier and root.
size_t tk_lms_public_key_bytes(uint32_t lms_type, uint32_t ots_type);
size_t tk_lms_signature_bytes(uint32_t lms_type, uint32_t ots_type);

/// Makes the public key of a seed and an identifier (RFC 8554 Appendix A). Returns 0; 1 for types that are none.
int tk_lms_keygen(
    uint32_t lms_type, uint32_t ots_type, uint8_t *public_key, const uint8_t *seed, const uint8_t identifier[TK_LMS_IDENTIFIER_BYTES]);

/// Signs with one index. `randomizer` is n random bytes, or NULL to derive them from the seed and the index.
/// Returns 0; 1 for types that are none or an index beyond the tree.
int tk_lms_sign(
    uint32_t lms_type, uint32_t ots_type, uint8_t *signature, const uint8_t *seed, const uint8_t identifier[TK_LMS_IDENTIFIER_BYTES],
    uint32_t index, const uint8_t *message, size_t message_size, const uint8_t *randomizer);

/// Checks a signature; the types are those of the public key. Returns 0 if it is valid.
int tk_lms_verify(
    const uint8_t *public_key, size_t public_key_size, const uint8_t *signature, size_t signature_size, const uint8_t *message,
    size_t message_size);

/// Checks an HSS signature of 1 to 8 levels under an HSS public key (RFC 8554 §6). Returns 0 if it is valid.
int tk_hss_verify(
    const uint8_t *public_key, size_t public_key_size, const uint8_t *signature, size_t signature_size, const uint8_t *message,
    size_t message_size);

#endif
