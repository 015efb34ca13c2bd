// The parameters of ML-DSA's three sets, FIPS 204 §4, and the sizes that follow from them.
#ifndef TK_MLDSA_PARAMETERS_H
#define TK_MLDSA_PARAMETERS_H

#include <stddef.h>
#include <stdint.h>

enum {
    /// Coefficients of a polynomial.
    DEGREE = 256,
    /// The modulus q.
    MODULUS = 8380417,
    /// Bits dropped from t.
    DROPPED_BITS = 13,
    ROWS_MOST = 8,
    COLUMNS_MOST = 7,
    CHALLENGE_HASH_MOST = 64,
    OMEGA_MOST = 80,
    PUBLIC_KEY_MOST = 2592,
    /// Of all packed w1 of one signature.
    W1_BYTES_MOST = 1024,
    /// Bytes of a packed polynomial of t1, of t0.
    T1_BYTES = 320,
    T0_BYTES = 416,
};

typedef struct {
    int set;
    /// The matrix has k rows and l columns.
    size_t k, l;
    /// Coefficients of the secrets lie in [-eta, eta].
    int32_t eta;
    /// Nonzero coefficients of the challenge.
    size_t tau;
    /// tau * eta.
    int32_t beta;
    /// Coefficients of y lie in (-gamma1, gamma1].
    int32_t gamma1;
    int32_t gamma2;
    /// Ones in a hint, at most.
    size_t omega;
    /// Bytes of the challenge's hash, lambda / 4.
    size_t challengeHash;
    /// Bytes of a packed polynomial of s1 or s2, of z, of w1.
    size_t etaBytes, zBytes, w1Bytes;
    size_t publicKeySize, privateKeySize, signatureSize;
} mldsa_parameters;

/// NULL for a set that does not exist.
const mldsa_parameters *mldsa_parameters_of(int set);

#endif
