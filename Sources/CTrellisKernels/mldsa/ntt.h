// The transforms in vector registers, and the tables they share.
#ifndef TK_MLDSA_NTT_H
#define TK_MLDSA_NTT_H

#include "arithmetic.h"

/// The same factors times q^-1 modulo 2^32.
#define INVERSE_NTT_FACTOR_OVER_Q (-8395782)
#define INVERSE_NTT_LAST_OVER_Q 151046689

#if defined(__x86_64__)
void mldsa_ntt_avx2(polynomial *a);
void mldsa_inverse_ntt_avx2(polynomial *a);
void mldsa_ntt_avx512(polynomial *a);
void mldsa_inverse_ntt_avx512(polynomial *a);

/// mldsa_zetas times q^-1 modulo 2^32.
extern const int32_t mldsa_zetas_over_q[DEGREE];
extern const int32_t mldsa_forward_avx2[768], mldsa_inverse_avx2[768];
extern const int32_t mldsa_forward_avx512[1024], mldsa_inverse_avx512[1024];
#endif

#endif
