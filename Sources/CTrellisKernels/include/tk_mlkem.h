// ML-KEM, the module-lattice-based key-encapsulation mechanism of FIPS 203, with the parameter sets ML-KEM-768 and ML-KEM-1024.
// Random bytes come from the caller. Nothing that depends on a secret decides a branch or an address.
//
// A key may be used from its bytes, or expanded once into a key object: memory of the caller that holds the matrix and the key's
// polynomials in the transform's domain, and the key's hash. An object may be read by many threads at once. It has no pointers, so that
// its bytes may be moved to other aligned memory, but they mean nothing outside the process. Erase a private one with tk_zero.
// Memory that is not aligned is refused where an object is made.
#ifndef TK_MLKEM_H
#define TK_MLKEM_H

#include <stddef.h>
#include <stdint.h>

/// The parameter sets of FIPS 203 §8, by their rank k. Functions refuse any other number.
enum tk_mlkem_set {
    TK_MLKEM_768 = 3,
    TK_MLKEM_1024 = 4,
};

enum {
    /// d and z of FIPS 203 algorithm 16, 32 random bytes each: the smallest form of a private key.
    TK_MLKEM_SEED_BYTES = 64,
    /// m of algorithm 17, random.
    TK_MLKEM_MESSAGE_BYTES = 32,
    /// K, the shared secret.
    TK_MLKEM_SECRET_BYTES = 32,

    // Bytes, FIPS 203 §8 table 3: the encapsulation key (384 k + 32), the expanded decapsulation key (768 k + 96), the ciphertext.
    TK_MLKEM_768_PUBLIC_KEY_BYTES = 1184,
    TK_MLKEM_768_PRIVATE_KEY_BYTES = 2400,
    TK_MLKEM_768_CIPHERTEXT_BYTES = 1088,
    TK_MLKEM_1024_PUBLIC_KEY_BYTES = 1568,
    TK_MLKEM_1024_PRIVATE_KEY_BYTES = 3168,
    TK_MLKEM_1024_CIPHERTEXT_BYTES = 1568,

    /// The alignment of key objects, in bytes.
    TK_MLKEM_ALIGNMENT = 64,
};

/// The sizes above by parameter set; 0 for a number that is none.
size_t tk_mlkem_public_key_bytes(int set);
size_t tk_mlkem_private_key_bytes(int set);
size_t tk_mlkem_ciphertext_bytes(int set);

// MARK: keys as bytes

/// ML-KEM.KeyGen_internal, algorithm 16: `seed` is d, then z. `private_key` may be NULL where only the public key is wanted.
/// Returns 0; other than 0 if there is no such set.
int tk_mlkem_generate(int set, uint8_t *public_key, uint8_t *private_key, const uint8_t seed[64]);

/// The modulus check of §7.2: returns 0 if every coefficient is below q.
int tk_mlkem_check_public_key(int set, const uint8_t *public_key);

/// The hash check of §7.3, and the modulus check of the public key inside: returns 0 if both hold.
int tk_mlkem_check_private_key(int set, const uint8_t *private_key);

/// ML-KEM.Encaps_internal, algorithm 17, with the check of §7.2: returns 0, or other than 0 and writes nothing for a bad public key.
/// `message` must be fresh random bytes.
int tk_mlkem_encapsulate(int set, uint8_t *ciphertext, uint8_t secret[32], const uint8_t *public_key, const uint8_t message[32]);

/// ML-KEM.Decaps_internal, algorithm 18, with the checks of §7.3: returns 0, or other than 0 and writes nothing for a bad private key.
/// A bad ciphertext is no error: it yields the secret that nobody else knows.
int tk_mlkem_decapsulate(int set, uint8_t secret[32], const uint8_t *ciphertext, const uint8_t *private_key);

/// The same with the private key's seed.
int tk_mlkem_decapsulate_with_seed(int set, uint8_t secret[32], const uint8_t *ciphertext, const uint8_t seed[64]);

// MARK: keys as objects

/// An expanded encapsulation key, of tk_mlkem_public_object_bytes(set) bytes at TK_MLKEM_ALIGNMENT.
typedef struct tk_mlkem_object tk_mlkem_public;
/// An expanded decapsulation key, of tk_mlkem_private_object_bytes(set) bytes at TK_MLKEM_ALIGNMENT. It is a public object too.
typedef struct tk_mlkem_object tk_mlkem_private;

/// 0 for a number that is no parameter set.
size_t tk_mlkem_public_object_bytes(int set);
size_t tk_mlkem_private_object_bytes(int set);

/// Returns 0, or other than 0 if the key fails the check of §7.2: the object must not be used then.
int tk_mlkem_public_expand(int set, tk_mlkem_public *key, const uint8_t *public_key);
/// Returns 0, or other than 0 if the key fails the checks of §7.3: the object must not be used then.
int tk_mlkem_private_expand(int set, tk_mlkem_private *key, const uint8_t *private_key);
/// Returns 0; other than 0 if there is no such set.
int tk_mlkem_private_from_seed(int set, tk_mlkem_private *key, const uint8_t seed[64]);
/// Writes the encapsulation key of either kind of object.
void tk_mlkem_object_public_key(const tk_mlkem_public *key, uint8_t *public_key);

/// Algorithm 17 with an expanded key.
void tk_mlkem_public_encapsulate(const tk_mlkem_public *key, uint8_t *ciphertext, uint8_t secret[32], const uint8_t message[32]);
/// Algorithm 18 with an expanded key.
void tk_mlkem_private_decapsulate(const tk_mlkem_private *key, uint8_t secret[32], const uint8_t *ciphertext);

#endif
