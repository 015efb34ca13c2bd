// The steps of verification that one signature and a batch have in common. Everything here is public.
#ifndef TK_MLDSA_VERIFY_H
#define TK_MLDSA_VERIFY_H

#include "keys.h"

/// Room for the expanded key of any set.
typedef union {
    mldsa_verifying_key key;
    uint8_t room[sizeof(mldsa_verifying_key) + ROWS_MOST * (COLUMNS_MOST + 1) * sizeof(polynomial)];
} mldsa_verifying_key_room;

/// Checks the encoding of a signature of the right length, and puts the transforms of z and of -c (l + 1 polynomials) into `out`. `stream` is
/// the first block of the challenge's stream if that is known, else NULL.
/// -1 if the hint is malformed or z too large (FIPS 204 Algorithm 8, lines 2 to 4, 8 and the norm of line 13).
int mldsa_open_signature(const mldsa_arithmetic *with, const mldsa_parameters *p, polynomial *out, const uint8_t *signature,
                         const uint8_t *stream);

/// From what mldsa_open_signature gave, the high parts of w' as the hint corrects them, packed: k * w1Bytes (lines 9 and 10).
void mldsa_reconstruct_high(const mldsa_arithmetic *with, const mldsa_verifying_key *key, uint8_t *packed, const polynomial *response,
                            const uint8_t *signature);

#endif
