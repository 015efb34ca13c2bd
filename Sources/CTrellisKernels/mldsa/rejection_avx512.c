// Sampling by rejection, sixteen candidates at a time, with the instruction that moves the accepted ones to the front.
#include "tk_taint.h"
#include "versions.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,popcnt")))

TARGET size_t mldsa_reject_uniform_avx512(polynomial *out, size_t have, const uint8_t *bytes, size_t count) {
    // Three bytes to each lane: each quarter takes four lanes from twelve bytes.
    const __m512i quarters = _mm512_setr_epi32(0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12);
    const __m512i spread =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
    const __m512i low23 = _mm512_set1_epi32(0x7fffff), q = _mm512_set1_epi32(MODULUS);
    size_t i = 0;
    for (; i + 48 <= count && have <= DEGREE - 16; i += 48) {
        __m512i v = _mm512_loadu_si512(bytes + i);
        v = _mm512_and_si512(_mm512_shuffle_epi8(_mm512_permutexvar_epi32(quarters, v), spread), low23);
        const __mmask16 accepted = _mm512_cmplt_epi32_mask(v, q);
        _mm512_storeu_si512(out->c + have, _mm512_maskz_compress_epi32(accepted, v));
        have += (size_t)_mm_popcnt_u32(accepted);
    }
    return i < count ? mldsa_reject_uniform_avx2(out, have, bytes + i, count - i) : have;
}

TARGET size_t mldsa_reject_eta_avx512(polynomial *out, size_t have, const uint8_t *bytes, size_t count, int32_t eta) {
    const __m128i low4 = _mm_set1_epi8(15), limit = _mm_set1_epi8(eta == 2 ? 15 : 9), offset = _mm_set1_epi8((char)eta);
    size_t i = 0;
    for (; i < count && have <= DEGREE - 16; i += 8) {
        const __m128i v = _mm_loadl_epi64((const __m128i *)(const void *)(bytes + i));
        __m128i half = _mm_unpacklo_epi8(_mm_and_si128(v, low4), _mm_and_si128(_mm_srli_epi16(v, 4), low4));
        __mmask16 accepted = _mm_cmplt_epi8_mask(half, limit);
        // Which were accepted is public (see the portable version).
        TK_PUBLIC(&accepted, sizeof accepted);
        if (eta == 2) {
            // Modulo 5, by a table of sixteen.
            half = _mm_shuffle_epi8(_mm_setr_epi8(0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0), half);
        }
        const __m512i value = _mm512_cvtepi8_epi32(_mm_sub_epi8(offset, half));
        _mm512_storeu_si512(out->c + have, _mm512_maskz_compress_epi32(accepted, value));
        have += (size_t)_mm_popcnt_u32(accepted);
    }
    return i < count ? mldsa_arithmetic_portable.reject_eta(out, have, bytes + i, count - i, eta) : have;
}
#endif
