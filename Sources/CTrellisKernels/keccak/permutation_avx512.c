// Keccak-f[1600] on one, four or eight states with AVX-512: rotations in one instruction, and any function of three inputs in one. That makes
// even one state in the vector registers faster than one in the general ones.
#include "permutation.h"
#include "round.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512vl,bmi,bmi2")))

// The immediates are the truth tables of the three-input functions: a ^ b ^ c, and a ^ (~b & c).
#define XOR5(a, b, c, d, e) TERNARY(TERNARY(a, b, c, 0x96), d, e, 0x96)
#define CHI(a, b, c) TERNARY(a, b, c, 0xd2)

#define LOAD(a, i) a[i] = LOAD_LANE(states + i * LANES);
#define STORE(a, i) STORE_LANE(states + i * LANES, a[i]);
#define PERMUTE(states)                                                                                                                    \
    Lane a[25], e[25];                                                                                                                     \
    KECCAK_STATE(LOAD, a)                                                                                                                  \
    for (int round = 0; round < 24; round += 2) {                                                                                          \
        KECCAK_ROUND(a, e, tk_keccak_constants[round])                                                                                     \
        KECCAK_ROUND(e, a, tk_keccak_constants[round + 1])                                                                                 \
    }                                                                                                                                      \
    KECCAK_STATE(STORE, a)

#define LANES 1
#define Lane __m128i
#define TERNARY(a, b, c, table) _mm_ternarylogic_epi64(a, b, c, table)
#define XOR(a, b) _mm_xor_si128(a, b)
#define ROTATE(a, n) _mm_rol_epi64(a, n)
#define CHI_IOTA(a, b, c, constant) XOR(CHI(a, b, c), _mm_cvtsi64_si128((long long)(constant)))
#define LOAD_LANE(p) _mm_loadl_epi64((const __m128i *)(const void *)(p))
#define STORE_LANE(p, v) _mm_storel_epi64((__m128i *)(void *)(p), v)

TARGET void tk_keccak_f1600_avx512(uint64_t states[25]) { PERMUTE(states) }

#undef LANES
#undef Lane
#undef TERNARY
#undef XOR
#undef ROTATE
#undef CHI_IOTA
#undef LOAD_LANE
#undef STORE_LANE

#define LANES 4
#define Lane __m256i
#define TERNARY(a, b, c, table) _mm256_ternarylogic_epi64(a, b, c, table)
#define XOR(a, b) _mm256_xor_si256(a, b)
#define ROTATE(a, n) _mm256_rol_epi64(a, n)
#define CHI_IOTA(a, b, c, constant) XOR(CHI(a, b, c), _mm256_set1_epi64x((long long)(constant)))
#define LOAD_LANE(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STORE_LANE(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)

TARGET void tk_keccak_f1600_x4_avx512(uint64_t *states) { PERMUTE(states) }

#undef LANES
#undef Lane
#undef TERNARY
#undef XOR
#undef ROTATE
#undef CHI_IOTA
#undef LOAD_LANE
#undef STORE_LANE

#define LANES 8
#define Lane __m512i
#define TERNARY(a, b, c, table) _mm512_ternarylogic_epi64(a, b, c, table)
#define XOR(a, b) _mm512_xor_si512(a, b)
#define ROTATE(a, n) _mm512_rol_epi64(a, n)
#define CHI_IOTA(a, b, c, constant) XOR(CHI(a, b, c), _mm512_set1_epi64((long long)(constant)))
#define LOAD_LANE(p) _mm512_loadu_si512(p)
#define STORE_LANE(p, v) _mm512_storeu_si512(p, v)

TARGET void tk_keccak_f1600_x8_avx512(uint64_t *states) { PERMUTE(states) }
#endif
