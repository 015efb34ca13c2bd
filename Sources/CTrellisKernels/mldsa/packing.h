// Bytes of keys and signatures: the parts that are written or read once per key, and the hint. (FIPS 204 §7.1 and §7.2.)
#ifndef TK_MLDSA_PACKING_H
#define TK_MLDSA_PACKING_H

#include "arithmetic.h"

/// t1, 10 bits each (Algorithm 16), from coefficients below 2^10.
void mldsa_pack_t1(uint8_t bytes[T1_BYTES], const polynomial *t1);
/// t0 as 2^12 - c, 13 bits each (Algorithm 17), and back (Algorithm 19).
void mldsa_pack_t0(uint8_t bytes[T0_BYTES], const polynomial *t0);
void mldsa_unpack_t0(polynomial *t0, const uint8_t bytes[T0_BYTES]);
/// s1 or s2 as eta - c, 3 or 4 bits each, and back. The latter returns 1 if a coefficient is out of range, else 0.
void mldsa_pack_eta(uint8_t *bytes, const polynomial *s, int32_t eta);
uint32_t mldsa_unpack_eta(polynomial *s, const uint8_t *bytes, int32_t eta);

/// HintBitPack (Algorithm 20): omega + k bytes. The hints have omega ones at most.
void mldsa_pack_hints(uint8_t *bytes, const coefficient_set *hints, const mldsa_parameters *p);
/// Checks an encoded hint as HintBitUnpack (Algorithm 21) does: ends in order and at most omega, indices strictly rising in each polynomial,
/// zeros after the last. Returns 0 if it is well-formed. Polynomial i then has the indices bytes[end of i - 1] up to bytes[end of i], its
/// ends being bytes[omega + i].
int mldsa_check_hints(const uint8_t *bytes, const mldsa_parameters *p);

#endif
