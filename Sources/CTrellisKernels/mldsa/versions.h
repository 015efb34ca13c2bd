// The parts of the vector versions of the arithmetic that are not lane by lane: packing, and sampling by rejection.
#ifndef TK_MLDSA_VERSIONS_H
#define TK_MLDSA_VERSIONS_H

#include "arithmetic.h"
#include "ntt.h"

#if defined(__x86_64__)
extern const mldsa_arithmetic mldsa_arithmetic_avx2, mldsa_arithmetic_avx512;

void mldsa_pack_high_avx2(uint8_t *bytes, const polynomial *high, int32_t gamma2);
void mldsa_pack_z_avx2(uint8_t *bytes, const polynomial *z, int32_t gamma1);
void mldsa_unpack_z_avx2(polynomial *z, const uint8_t *bytes, int32_t gamma1);
void mldsa_unpack_t1_avx2(polynomial *t1, const uint8_t *bytes);
size_t mldsa_reject_uniform_avx2(polynomial *out, size_t have, const uint8_t *bytes, size_t count);
size_t mldsa_reject_eta_avx2(polynomial *out, size_t have, const uint8_t *bytes, size_t count, int32_t eta);

void mldsa_unpack_z_avx512(polynomial *z, const uint8_t *bytes, int32_t gamma1);
size_t mldsa_reject_uniform_avx512(polynomial *out, size_t have, const uint8_t *bytes, size_t count);
size_t mldsa_reject_eta_avx512(polynomial *out, size_t have, const uint8_t *bytes, size_t count, int32_t eta);

/// Row m: the places of the ones in m, lowest first, then zeros. As a shuffle it moves the chosen of eight lanes to the front.
extern const uint8_t mldsa_chosen[256][8];
#endif

#endif
