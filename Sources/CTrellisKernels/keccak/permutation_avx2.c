// Keccak-f[1600] on four states at once, a lane of each in one register of 256 bits.
#include "permutation.h"
#include "round.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx2,bmi,bmi2")))

typedef __m256i Lane;

/// What each round reads besides the state. It is copied beside the lanes that find no room in registers, as a processor takes a load for
/// dependent on an earlier store at the same distance from a page's start: were these elsewhere, they would meet at some places of the stack.
typedef struct {
    uint64_t constants[24];
    __m256i by8, by56;
} tables;

#define XOR(a, b) _mm256_xor_si256(a, b)
#define XOR5(a, b, c, d, e) XOR(XOR(XOR(a, b), XOR(c, d)), e)
#define ROTATE(a, n) rotate(a, n, &t)
#define CHI(a, b, c) XOR(a, _mm256_andnot_si256(b, c))
#define CHI_IOTA(a, b, c, constant) XOR(CHI(a, b, c), _mm256_set1_epi64x((long long)(constant)))
#define LOAD(a, i) a[i] = _mm256_loadu_si256((const __m256i *)(const void *)(states + i * stride));
#define STORE(a, i) _mm256_storeu_si256((__m256i *)(void *)(states + i * stride), a[i]);

/// By a constant `n`: whole bytes in one shuffle.
static inline __attribute__((always_inline)) TARGET __m256i rotate(__m256i a, int n, const tables *t) {
    if (n == 8) return _mm256_shuffle_epi8(a, t->by8);
    if (n == 56) return _mm256_shuffle_epi8(a, t->by56);
    return _mm256_or_si256(_mm256_slli_epi64(a, n), _mm256_srli_epi64(a, 64 - n));
}

static inline __attribute__((always_inline)) TARGET void permute(uint64_t *states, int stride) {
    tables t;
    memcpy(t.constants, tk_keccak_constants, sizeof t.constants);
    t.by8 = _mm256_broadcastsi128_si256(_mm_setr_epi8(7, 0, 1, 2, 3, 4, 5, 6, 15, 8, 9, 10, 11, 12, 13, 14));
    t.by56 = _mm256_broadcastsi128_si256(_mm_setr_epi8(1, 2, 3, 4, 5, 6, 7, 0, 9, 10, 11, 12, 13, 14, 15, 8));
    __asm__("" : "+m"(t));
    Lane a[25], e[25];
    KECCAK_STATE(LOAD, a)
    for (int round = 0; round < 24; round += 2) {
        KECCAK_ROUND(a, e, t.constants[round])
        KECCAK_ROUND(e, a, t.constants[round + 1])
    }
    KECCAK_STATE(STORE, a)
}

TARGET void tk_keccak_f1600_x4_avx2(uint64_t *states) { permute(states, 4); }

TARGET void tk_keccak_f1600_x8_avx2(uint64_t *states) {
    for (int half = 0; half < 2; half++) permute(states + 4 * half, 8);
}
#endif
