// SLH-DSA (FIPS 205), the stateless hash-based signature scheme: all twelve parameter sets. Sizes are in bytes; n is 16, 24 or 32 for the
// sets of 128, 192 and 256 bits. Signing and key generation take time and touch memory in ways that depend on public values only.
#ifndef TK_SLHDSA_H
#define TK_SLHDSA_H

#include <stddef.h>
#include <stdint.h>

/// The parameter sets of FIPS 205 Table 2.
enum tk_slhdsa_set {
    TK_SLHDSA_SHA2_128S,
    TK_SLHDSA_SHAKE_128S,
    TK_SLHDSA_SHA2_128F,
    TK_SLHDSA_SHAKE_128F,
    TK_SLHDSA_SHA2_192S,
    TK_SLHDSA_SHAKE_192S,
    TK_SLHDSA_SHA2_192F,
    TK_SLHDSA_SHAKE_192F,
    TK_SLHDSA_SHA2_256S,
    TK_SLHDSA_SHAKE_256S,
    TK_SLHDSA_SHA2_256F,
    TK_SLHDSA_SHAKE_256F,
    TK_SLHDSA_SETS,
};

/// The size of a public key: PK.seed and PK.root, 2n; 0 for no set.
size_t tk_slhdsa_public_key_bytes(int set);
/// The size of a secret key: SK.seed, SK.prf, PK.seed, PK.root, 4n; 0 for no set.
size_t tk_slhdsa_secret_key_bytes(int set);
/// The size of a signature; 0 for no set.
size_t tk_slhdsa_signature_bytes(int set);

/// Makes the key of three seeds of n bytes each: SK.seed, SK.prf, PK.seed (slh_keygen_internal, §9.1).
/// Returns 0; 1 for no set.
int tk_slhdsa_keygen(int set, uint8_t *public_key, uint8_t *secret_key, const uint8_t *seeds);

// What is signed is M' = prefix ‖ message (§10.2). Without a prefix these are the internal functions of §9.2 and §9.3.

/// The most bytes of a prefix.
#define TK_SLHDSA_PREFIX_BYTES (2 + 255 + 11)

/// Writes the prefix of the pure scheme (`prehash` is 0) or of HashSLH-DSA, and returns its size: 0 if the context has more than 255
/// bytes or `prehash` is out of range. `prehash` is the last number of the hash function's identifier 2.16.840.1.101.3.4.2.x: 1 for
/// SHA-256, 2 for SHA-384, 3 for SHA-512, to 12 for SHAKE256; the message is then the digest.
size_t tk_slhdsa_prefix(uint8_t prefix[TK_SLHDSA_PREFIX_BYTES], const uint8_t *context, size_t context_size, int prehash);

/// Signs prefix ‖ message. `randomness` is n random bytes, or NULL for the deterministic variant.
/// Returns 0; 1 for no set.
int tk_slhdsa_sign(
    int set, uint8_t *signature, const uint8_t *secret_key, const uint8_t *prefix, size_t prefix_size, const uint8_t *message,
    size_t message_size, const uint8_t *randomness);

/// Checks a signature of prefix ‖ message. The public key has the size it should.
/// Returns 0 if it is valid.
int tk_slhdsa_verify(
    int set, const uint8_t *signature, size_t signature_size, const uint8_t *public_key, const uint8_t *prefix, size_t prefix_size,
    const uint8_t *message, size_t message_size);

#endif
