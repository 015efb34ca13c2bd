// Sampling by rejection, eight candidates at a time: the accepted ones move to the front of the register, which is stored whole.
#include "tk_taint.h"
#include "versions.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))

/// How many ones a byte has.
static inline size_t ones(uint32_t byte) {
    byte -= (byte >> 1) & 0x55;
    byte = (byte & 0x33) + ((byte >> 2) & 0x33);
    return (byte + (byte >> 4)) & 0x0f;
}

TARGET size_t mldsa_reject_uniform_avx2(polynomial *out, size_t have, const uint8_t *bytes, size_t count) {
    // Three bytes to each lane: the upper half starts at byte 12, so at dword 3.
    const __m256i halves = _mm256_setr_epi32(0, 1, 2, 3, 3, 4, 5, 6);
    const __m256i spread = _mm256_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1, 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10,
                                            11, -1);
    const __m256i low23 = _mm256_set1_epi32(0x7fffff), q = _mm256_set1_epi32(MODULUS);
    size_t i = 0;
    for (; i < count && have <= DEGREE - 8; i += 24) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + i));
        v = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_permutevar8x32_epi32(v, halves), spread), low23);
        const uint32_t accepted = (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(q, v)));
        const __m256i places = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)mldsa_chosen[accepted]));
        _mm256_storeu_si256((__m256i *)(void *)(out->c + have), _mm256_permutevar8x32_epi32(v, places));
        have += ones(accepted);
    }
    return i < count ? mldsa_arithmetic_portable.reject_uniform(out, have, bytes + i, count - i) : have;
}

TARGET size_t mldsa_reject_eta_avx2(polynomial *out, size_t have, const uint8_t *bytes, size_t count, int32_t eta) {
    const __m128i low4 = _mm_set1_epi8(15), limit = _mm_set1_epi8(eta == 2 ? 15 : 9), offset = _mm_set1_epi8((char)eta);
    size_t i = 0;
    for (; i < count && have <= DEGREE - 16; i += 8) {
        const __m128i v = _mm_loadl_epi64((const __m128i *)(const void *)(bytes + i));
        __m128i half = _mm_unpacklo_epi8(_mm_and_si128(v, low4), _mm_and_si128(_mm_srli_epi16(v, 4), low4));
        uint32_t accepted = (uint32_t)_mm_movemask_epi8(_mm_cmpgt_epi8(limit, half));
        // Which were accepted is public (see the portable version).
        TK_PUBLIC(&accepted, sizeof accepted);
        if (eta == 2) {
            // Modulo 5, by a table of sixteen.
            half = _mm_shuffle_epi8(_mm_setr_epi8(0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0), half);
        }
        const __m128i value = _mm_sub_epi8(offset, half);
        for (int part = 0; part < 2; part++) {
            const uint32_t mask = accepted >> (8 * part) & 0xff;
            const __m128i eight = part == 0 ? value : _mm_unpackhi_epi64(value, value);
            const __m128i front = _mm_shuffle_epi8(eight, _mm_loadl_epi64((const __m128i *)(const void *)mldsa_chosen[mask]));
            _mm256_storeu_si256((__m256i *)(void *)(out->c + have), _mm256_cvtepi8_epi32(front));
            have += ones(mask);
        }
    }
    return i < count ? mldsa_arithmetic_portable.reject_eta(out, have, bytes + i, count - i, eta) : have;
}
#endif
