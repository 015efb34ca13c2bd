// The transposition of words in squares of four by four.
#include "transpose.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define INLINE static inline __attribute__((always_inline, target("avx2")))

INLINE void transpose(__m256i v[4]) {
    const __m256i a = _mm256_unpacklo_epi64(v[0], v[1]), b = _mm256_unpackhi_epi64(v[0], v[1]);
    const __m256i c = _mm256_unpacklo_epi64(v[2], v[3]), d = _mm256_unpackhi_epi64(v[2], v[3]);
    v[0] = _mm256_permute2x128_si256(a, c, 0x20);
    v[1] = _mm256_permute2x128_si256(b, d, 0x20);
    v[2] = _mm256_permute2x128_si256(a, c, 0x31);
    v[3] = _mm256_permute2x128_si256(b, d, 0x31);
}

INLINE __m256i load(const void *at) { return _mm256_loadu_si256((const __m256i *)at); }
INLINE void store(void *at, __m256i v) { _mm256_storeu_si256((__m256i *)at, v); }

TARGET void tk_keccak_xor_in_avx2(uint64_t *lanes, size_t ways, const uint8_t *const *messages, size_t offset, size_t words) {
    for (size_t i = 0; i < words; i += 4)
        for (size_t k = 0; k < ways; k += 4) {
            __m256i v[4];
            for (size_t j = 0; j < 4; j++) v[j] = load(messages[k + j] + offset + 8 * i);
            transpose(v);
            for (size_t j = 0; j < 4; j++) {
                uint64_t *at = lanes + (i + j) * ways + k;
                store(at, _mm256_xor_si256(load(at), v[j]));
            }
        }
}

TARGET void tk_keccak_copy_out_avx2(const uint64_t *lanes, size_t ways, uint8_t *const *outs, size_t offset, size_t words) {
    for (size_t i = 0; i < words; i += 4)
        for (size_t k = 0; k < ways; k += 4) {
            __m256i v[4];
            for (size_t j = 0; j < 4; j++) v[j] = load(lanes + (i + j) * ways + k);
            transpose(v);
            for (size_t j = 0; j < 4; j++) store(outs[k + j] + offset + 8 * i, v[j]);
        }
}
#endif
