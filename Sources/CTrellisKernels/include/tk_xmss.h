// XMSS (RFC 8391, SP 800-208): stateful hash-based signatures of one Merkle tree; and verifying XMSS^MT, trees upon trees. Sizes are in
// bytes. An index signs ONE message, ever: two signatures with one index give forgeries away. Who calls tk_xmss_sign keeps the count.
#ifndef TK_XMSS_H
#define TK_XMSS_H

#include <stddef.h>
#include <stdint.h>

// Identifiers of XMSS parameter sets: 0x01 to 0x03 are SHA-256 with n = 32 and heights 10, 16, 20; 0x04 SHA-512 with n = 64; 0x07 SHAKE128
// with n = 32; 0x0a SHAKE256 with n = 64; 0x0d SHA-256 with n = 24; 0x10 SHAKE256 with n = 32; 0x13 SHAKE256 with n = 24; three each.

/// The size n of a node and of each of three seeds; 0 if there is no such set. So it is for the sizes below.
size_t tk_xmss_node_bytes(uint32_t identifier);
/// The height of the tree: 2^height signatures.
unsigned tk_xmss_height(uint32_t identifier);
/// Identifier, root and SEED.
size_t tk_xmss_public_key_bytes(uint32_t identifier);
size_t tk_xmss_signature_bytes(uint32_t identifier);

/// Makes the public key of three seeds of n bytes each: S_XMSS, SK_PRF, SEED (SP 800-208 §6.2). Returns 0; 1 for no set.
int tk_xmss_keygen(uint32_t identifier, uint8_t *public_key, const uint8_t *seeds);

/// Signs with one index. Returns 0; 1 for no set or an index beyond the tree.
int tk_xmss_sign(
    uint32_t identifier, uint8_t *signature, const uint8_t *seeds, uint32_t index, const uint8_t *message, size_t message_size);

/// Checks a signature; the set is that of the public key. Returns 0 if it is valid.
int tk_xmss_verify(
    const uint8_t *public_key, size_t public_key_size, const uint8_t *signature, size_t signature_size, const uint8_t *message,
    size_t message_size);

/// Checks an XMSS^MT signature; the public key begins with the identifier of an XMSS^MT set. Returns 0 if it is valid.
int tk_xmssmt_verify(
    const uint8_t *public_key, size_t public_key_size, const uint8_t *signature, size_t signature_size, const uint8_t *message,
    size_t message_size);

#endif
