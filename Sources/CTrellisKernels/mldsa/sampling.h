// Polynomials from hashes, many at a time: the matrix, the secrets, the masks, the challenge. (FIPS 204 §7.3.)
#ifndef TK_MLDSA_SAMPLING_H
#define TK_MLDSA_SAMPLING_H

#include "arithmetic.h"

enum {
    /// rho, then column and row.
    MATRIX_SEED = 34,
    /// rho' or rho'', then a counter of two bytes.
    SECRET_SEED = 66,
    /// How many are made side by side.
    LANES = 8,
};

/// Uniform polynomials (Algorithm 30), one for each of `count` seeds; count is at most LANES.
void mldsa_sample_uniform(const mldsa_arithmetic *with, size_t count, polynomial *const *outs, const uint8_t (*seeds)[MATRIX_SEED]);
/// The seed of the matrix's entry in this row and column.
void mldsa_matrix_seed(uint8_t seed[MATRIX_SEED], const uint8_t rho[32], size_t row, size_t column);
/// The matrix A-hat (Algorithm 32): row i begins at out[i * stride].
void mldsa_expand_matrix(const mldsa_arithmetic *with, const mldsa_parameters *p, polynomial *out, size_t stride, const uint8_t rho[32]);
/// The same for a public key (rho is its beginning), and its hash tr = H(publicKey, 64): cheaper together.
void mldsa_expand_public(const mldsa_arithmetic *with, const mldsa_parameters *p, polynomial *out, size_t stride, const uint8_t *publicKey,
                         uint8_t tr[64]);
/// s1 and s2 (Algorithm 33): l + k polynomials.
void mldsa_expand_secret(const mldsa_arithmetic *with, const mldsa_parameters *p, polynomial *out, const uint8_t rho[64]);
/// `count` masks (Algorithm 34) with the counters from `counter` on; count is at most LANES.
void mldsa_expand_mask(const mldsa_arithmetic *with, const mldsa_parameters *p, polynomial *out, size_t count, const uint8_t rho[64],
                       uint32_t counter);
/// The challenge (Algorithm 29) with `one` for 1: pass -1 for its negative. `stream` is the first block, of TK_SHAKE256_RATE bytes, of SHAKE256
/// of the hash if that is known already, else NULL.
void mldsa_challenge(const mldsa_parameters *p, polynomial *out, const uint8_t *hash, const uint8_t *stream, int32_t one);

#endif
