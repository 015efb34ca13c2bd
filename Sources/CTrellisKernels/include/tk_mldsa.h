// ML-DSA, FIPS 204: keys, signatures, and the verification of many signatures at once.
//
// A key is used in expanded form: what signing or verifying needs of it, with its matrix, in a buffer of the caller (the size is a function
// of the parameter set; the address must be a multiple of 64). Expanding costs more than verifying does, so keep the buffers of keys that
// return; entry points that take the bytes of a key serve those that do not. An expanded key is read only and may be shared among threads;
// it is a thing of this process and is not to be stored. Erase expanded signing keys (tk_zero).
//
// A signature is over mu, 64 bytes, the hash of the public key's hash tr, the context and the message (FIPS 204, Algorithm 2 line 5 and
// Algorithm 7 line 6). It may be computed elsewhere or in parts ("external mu").
//
// Functions that return int return 0 for success and TK_MLDSA_REFUSED for input that the standard refuses: a set that does not exist, a wrong
// length, a context over 255 bytes, a malformed private key, a misaligned buffer, a signature that does not verify. They use up to 160 KB of
// stack.
#ifndef TK_MLDSA_H
#define TK_MLDSA_H

#include <stddef.h>
#include <stdint.h>

#include "tk_keccak.h"

/// The parameter sets of FIPS 204 §4.
enum {
    TK_MLDSA_44 = 44,
    TK_MLDSA_65 = 65,
    TK_MLDSA_87 = 87,
};

enum {
    TK_MLDSA_REFUSED = -1,
    TK_MLDSA_SEED_SIZE = 32,
    /// The hash of the public key.
    TK_MLDSA_TR_SIZE = 64,
    TK_MLDSA_MU_SIZE = 64,
    /// The random bytes of a hedged signature, FIPS 204 §3.4.
    TK_MLDSA_RANDOM_SIZE = 32,
    TK_MLDSA_CONTEXT_MOST = 255,
    /// The sizes in bytes, FIPS 204 table 2.
    TK_MLDSA_44_PUBLIC_KEY_SIZE = 1312,
    TK_MLDSA_65_PUBLIC_KEY_SIZE = 1952,
    TK_MLDSA_87_PUBLIC_KEY_SIZE = 2592,
    TK_MLDSA_44_PRIVATE_KEY_SIZE = 2560,
    TK_MLDSA_65_PRIVATE_KEY_SIZE = 4032,
    TK_MLDSA_87_PRIVATE_KEY_SIZE = 4896,
    TK_MLDSA_44_SIGNATURE_SIZE = 2420,
    TK_MLDSA_65_SIGNATURE_SIZE = 3309,
    TK_MLDSA_87_SIGNATURE_SIZE = 4627,
    /// What the address of an expanded key must be a multiple of.
    TK_MLDSA_ALIGNMENT = 64,
};

// Sizes in bytes for a parameter set; 0 for a set that does not exist.
size_t tk_mldsa_public_key_size(int set);
size_t tk_mldsa_private_key_size(int set);
size_t tk_mldsa_signature_size(int set);
/// Of an expanded private key: 34 to 80 KB.
size_t tk_mldsa_signing_key_size(int set);
/// Of an expanded public key: 20 to 64 KB.
size_t tk_mldsa_verifying_key_size(int set);

// MARK: keys

/// The key pair of a seed (ML-DSA.KeyGen_internal, Algorithm 6). `privateKey` receives the private key as FIPS 204 encodes it
/// (Algorithm 24); NULL for those who keep the seed.
int tk_mldsa_generate(int set, const uint8_t seed[32], uint8_t *publicKey, uint8_t *privateKey);

/// The expanded private key of a seed, and its public key if `publicKey` is not NULL.
int tk_mldsa_signing_key_from_seed(int set, const uint8_t seed[32], void *signingKey, uint8_t *publicKey);

/// The expanded private key of an encoding (Algorithm 25), and its public key if `publicKey` is not NULL. Refuses coefficients out of range,
/// and parts that do not belong together: t0 and tr are computed again from the others and compared.
int tk_mldsa_signing_key_from_private_key(int set, const uint8_t *privateKey, size_t length, void *signingKey, uint8_t *publicKey);

/// The expanded public key. Every string of the right length is a public key.
int tk_mldsa_verifying_key(int set, const uint8_t *publicKey, size_t length, void *verifyingKey);

/// The parameter set of an expanded key.
int tk_mldsa_signing_key_set(const void *signingKey);
int tk_mldsa_verifying_key_set(const void *verifyingKey);
/// The hash of the public key, 64 bytes within the expanded key.
const uint8_t *tk_mldsa_signing_key_tr(const void *signingKey);
const uint8_t *tk_mldsa_verifying_key_tr(const void *verifyingKey);

// MARK: what is signed

/// mu for a message and a context (Algorithm 2): H(tr || 0 || length of context || context || message, 64).
int tk_mldsa_mu(uint8_t mu[64], const uint8_t tr[64], const uint8_t *context, size_t contextLength, const uint8_t *message, size_t length);

/// mu for a message in parts: begin, then tk_sponge_absorb for each part, then end.
int tk_mldsa_mu_begin(tk_sponge *sponge, const uint8_t tr[64], const uint8_t *context, size_t contextLength);
void tk_mldsa_mu_end(tk_sponge *sponge, uint8_t mu[64]);

/// mu for HashML-DSA (Algorithm 4): `identifier` is the DER encoding of the hash function's object identifier, `digest` the message's hash.
int tk_mldsa_mu_prehashed(uint8_t mu[64], const uint8_t tr[64], const uint8_t *context, size_t contextLength, const uint8_t *identifier,
                          size_t identifierLength, const uint8_t *digest, size_t digestLength);

/// mu for the internal interface (Algorithm 7): H(tr || formatted, 64), where `formatted` is M' whole, whatever framing it has.
void tk_mldsa_mu_internal(uint8_t mu[64], const uint8_t tr[64], const uint8_t *formatted, size_t length);

// MARK: signing

/// Signs mu. `random` is 32 fresh random bytes, or zeros for the deterministic variant. `signature` receives tk_mldsa_signature_size bytes.
/// Constant-time in the key, but for the number of attempts, which the standard makes independent of it.
int tk_mldsa_sign(const void *signingKey, const uint8_t mu[64], const uint8_t random[32], uint8_t *signature);

/// Signs a message with the key of a seed, all in one: for keys that are used once.
int tk_mldsa_sign_from_seed(int set, const uint8_t seed[32], const uint8_t *context, size_t contextLength, const uint8_t *message,
                            size_t messageLength, const uint8_t random[32], uint8_t *signature);

// MARK: verifying

/// Whether the signature over mu is valid: 0 if so.
int tk_mldsa_verify(const void *verifyingKey, const uint8_t mu[64], const uint8_t *signature, size_t signatureLength);

/// The same with the bytes of the public key, which are not expanded in memory.
int tk_mldsa_verify_bytes(int set, const uint8_t *publicKey, size_t publicKeyLength, const uint8_t *context, size_t contextLength,
                          const uint8_t *message, size_t messageLength, const uint8_t *signature, size_t signatureLength);

/// The same with mu and the bytes of the public key. (The mu must have been made with the tr of this key: H(publicKey, 64).)
int tk_mldsa_verify_bytes_mu(int set, const uint8_t *publicKey, size_t publicKeyLength, const uint8_t mu[64], const uint8_t *signature,
                             size_t signatureLength);

/// One signature to check, with either form of the key, and either mu or the message.
typedef struct {
    /// The expanded public key, of the batch's set; NULL to use the bytes.
    const void *verifyingKey;
    const uint8_t *publicKey;
    size_t publicKeyLength;
    /// 64 bytes; NULL to compute them from context and message.
    const uint8_t *mu;
    const uint8_t *context;
    size_t contextLength;
    const uint8_t *message;
    size_t messageLength;
    const uint8_t *signature;
    size_t signatureLength;
} tk_mldsa_check;

/// Checks many signatures of one parameter set: valid[i] becomes 1 or 0. Eight at a time share the vector registers, so each costs less than
/// alone; what is wrong with one does not touch the others. For a set that does not exist all are invalid.
void tk_mldsa_verify_batch(int set, const tk_mldsa_check *checks, size_t count, uint8_t *valid);

#endif
