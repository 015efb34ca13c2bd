// Unpacking of z, sixteen coefficients at a time.
#include "versions.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq")))

TARGET void mldsa_unpack_z_avx512(polynomial *z, const uint8_t *bytes, int32_t gamma1) {
    const int narrow = gamma1 == 1 << 17;
    const size_t quarter = narrow ? 9 : 10;
    const __m512i offset = _mm512_set1_epi32(gamma1), mask = _mm512_set1_epi32(2 * gamma1 - 1);
    // Each quarter of the register takes the words that hold its four fields; with nine bytes, every other one starts at an odd byte.
    const __m512i words = narrow ? _mm512_set_epi16(20, 19, 18, 17, 16, 15, 14, 13, 16, 15, 14, 13, 12, 11, 10, 9, 11, 10, 9, 8, 7, 6, 5, 4, 7, 6,
                                                    5, 4, 3, 2, 1, 0)
                                 : _mm512_set_epi16(22, 21, 20, 19, 18, 17, 16, 15, 17, 16, 15, 14, 13, 12, 11, 10, 12, 11, 10, 9, 8, 7, 6, 5, 7,
                                                    6, 5, 4, 3, 2, 1, 0);
    const __m128i wide = _mm_setr_epi8(0, 1, 2, -1, 2, 3, 4, -1, 5, 6, 7, -1, 7, 8, 9, -1);
    const __m128i even = _mm_setr_epi8(0, 1, 2, -1, 2, 3, 4, -1, 4, 5, 6, -1, 6, 7, 8, -1);
    const __m128i odd = _mm_setr_epi8(1, 2, 3, -1, 3, 4, 5, -1, 5, 6, 7, -1, 7, 8, 9, -1);
    const __m512i spread = narrow ? _mm512_broadcast_i64x4(_mm256_setr_m128i(even, odd)) : _mm512_broadcast_i32x4(wide);
    const __m512i shift = _mm512_broadcast_i32x4(narrow ? _mm_setr_epi32(0, 2, 4, 6) : _mm_setr_epi32(0, 4, 0, 4));
    for (size_t i = 0; i < DEGREE; i += 16, bytes += 4 * quarter) {
        // 40 or 36 bytes are wanted; no more are read than READ_BEYOND allows.
        const __m512i v = _mm512_permutexvar_epi16(words, _mm512_loadu_si512(bytes));
        const __m512i fields = _mm512_and_si512(_mm512_srlv_epi32(_mm512_shuffle_epi8(v, spread), shift), mask);
        _mm512_store_si512(z->c + i, _mm512_sub_epi32(offset, fields));
    }
}
#endif
