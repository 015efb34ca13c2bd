// Expanded keys as they lie in the caller's buffer, and the parts of a key pair.
#ifndef TK_MLDSA_KEYS_H
#define TK_MLDSA_KEYS_H

#include "arithmetic.h"

/// An expanded public key: for each row its l entries of the matrix, then t1 * 2^13, all transformed. So a row times (z, -c) is w' at once.
typedef struct {
    const mldsa_parameters *parameters;
    uint8_t tr[64];
    polynomial rows[] __attribute__((aligned(64)));
} mldsa_verifying_key;

/// An expanded private key: the matrix by rows, then s1, s2 and t0, all transformed.
typedef struct {
    const mldsa_parameters *parameters;
    uint8_t tr[64];
    uint8_t K[32];
    polynomial polynomials[] __attribute__((aligned(64)));
} mldsa_signing_key;

static inline size_t mldsa_s1_at(const mldsa_parameters *p) { return p->k * p->l; }
static inline size_t mldsa_s2_at(const mldsa_parameters *p) { return mldsa_s1_at(p) + p->l; }
static inline size_t mldsa_t0_at(const mldsa_parameters *p) { return mldsa_s2_at(p) + p->k; }

#endif
