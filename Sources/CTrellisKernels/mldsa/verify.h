// The steps of verification that one signature and a batch have in common. Everything here is public.
#ifndef TK_MLDSA_VERIFY_H
#define TK_MLDSA_VERIFY_H

#include "keys.h"

/// Checks the encoding of a signature of the right length, and puts the transforms of z and of -c (l + 1 polynomials) into `out`.
/// -1 if the hint is malformed or z too large (FIPS 204 Algorithm 8, lines 2 to 4, 8 and the norm of line 13).
int mldsa_open_signature(const mldsa_arithmetic *with, const mldsa_parameters *p, polynomial *out, const uint8_t *signature);

/// From a row's sum of products, packs the high parts of w' as the hint corrects them (lines 9 and 10). `w` is used up.
void mldsa_corrected_high(const mldsa_arithmetic *with, const mldsa_parameters *p, uint8_t *packed, polynomial *w, size_t row,
                          const uint8_t *signature);

#endif
