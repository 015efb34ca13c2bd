// Keccak-f[1600] on four states at once, a lane of each in one register of 256 bits.
#include "permutation.h"
#include "round.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,bmi,bmi2")))

typedef __m256i Lane;
#define XOR(a, b) _mm256_xor_si256(a, b)
#define XOR5(a, b, c, d, e) XOR(XOR(XOR(a, b), XOR(c, d)), e)
#define ROTATE(a, n) rotate(a, n)
#define CHI(a, b, c) XOR(a, _mm256_andnot_si256(b, c))
#define CHI_IOTA(a, b, c, constant) XOR(CHI(a, b, c), _mm256_set1_epi64x((long long)(constant)))
#define LOAD(a, i) a[i] = _mm256_loadu_si256((const __m256i *)(const void *)(states + i * stride));
#define STORE(a, i) _mm256_storeu_si256((__m256i *)(void *)(states + i * stride), a[i]);

/// By a constant `n`: whole bytes in one shuffle.
static inline __attribute__((always_inline)) TARGET __m256i rotate(__m256i a, int n) {
    if (n == 8)
        return _mm256_shuffle_epi8(
            a, _mm256_set_epi8(14, 13, 12, 11, 10, 9, 8, 15, 6, 5, 4, 3, 2, 1, 0, 7, 14, 13, 12, 11, 10, 9, 8, 15, 6, 5, 4, 3, 2, 1, 0, 7));
    if (n == 56)
        return _mm256_shuffle_epi8(
            a, _mm256_set_epi8(8, 15, 14, 13, 12, 11, 10, 9, 0, 7, 6, 5, 4, 3, 2, 1, 8, 15, 14, 13, 12, 11, 10, 9, 0, 7, 6, 5, 4, 3, 2, 1));
    return _mm256_or_si256(_mm256_slli_epi64(a, n), _mm256_srli_epi64(a, 64 - n));
}

static inline __attribute__((always_inline)) TARGET void permute(uint64_t *states, int stride) {
    Lane a[25], e[25];
    KECCAK_STATE(LOAD, a)
    for (int round = 0; round < 24; round += 2) {
        KECCAK_ROUND(a, e, tk_keccak_constants[round])
        KECCAK_ROUND(e, a, tk_keccak_constants[round + 1])
    }
    KECCAK_STATE(STORE, a)
}

TARGET void tk_keccak_f1600_x4_avx2(uint64_t *states) { permute(states, 4); }

TARGET void tk_keccak_f1600_x8_avx2(uint64_t *states) {
    for (int half = 0; half < 2; half++) permute(states + 4 * half, 8);
}
#endif
