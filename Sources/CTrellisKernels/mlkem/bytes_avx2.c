// Polynomials of ML-KEM from and to bytes, with and without rounding (FIPS 203 §4.2.1), on 16 coefficients at a time.
// Bits are brought together by multiplying and adding neighbours, and by shifting each lane by its own count.
#include "avx2.h"

#if defined(__x86_64__)
#include "tk_taint.h"

INLINE __m128i lower(lanes x) { return _mm256_castsi256_si128(x); }
INLINE __m128i upper(lanes x) { return _mm256_extracti128_si256(x, 1); }

/// The first 8 bytes of x, then 4 bytes of `rest` to the place where they belong, which may overlap.
INLINE void store(uint8_t *bytes, __m128i x, __m128i rest, int place) {
    _mm_storel_epi64((__m128i *)(void *)bytes, x);
    const int word = _mm_cvtsi128_si32(rest);
    memcpy(bytes + place, &word, 4);
}

/// 16 bytes to each half.
INLINE lanes load(const uint8_t *low, const uint8_t *high) {
    const __m128i first = _mm_loadu_si128((const __m128i *)(const void *)low);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(first), _mm_loadu_si128((const __m128i *)(const void *)high), 1);
}

INLINE lanes both(int8_t a, int8_t b, int8_t c, int8_t d, int8_t e, int8_t f, int8_t g, int8_t h, int8_t i, int8_t j, int8_t k, int8_t l,
                  int8_t m, int8_t n, int8_t o, int8_t p) {
    return _mm256_broadcastsi128_si256(_mm_setr_epi8(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p));
}

/// In each 32 bits, the even lane and the odd lane times 2^d.
INLINE lanes join_pairs(lanes x, int d) { return _mm256_madd_epi16(x, _mm256_set1_epi32(1 | 1 << (16 + d))); }

/// In each 64 bits, the first word's d bits and the second's behind them.
INLINE lanes join_words(lanes x, int d) {
    return _mm256_srli_epi64(_mm256_sllv_epi32(x, _mm256_set1_epi64x(32 - d)), 32 - d);
}

// MARK: 12 bits

TARGET void tk_mlkem_avx2_encode(uint8_t *bytes, const polynomial *p) {
    const lanes order = both(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    for (int i = 0; i < CHUNKS; i++, bytes += 24) {
        const lanes x = _mm256_shuffle_epi8(join_pairs(canonical(get(p->c + 16 * i)), 12), order);
        store(bytes, lower(x), _mm_srli_si128(lower(x), 8), 8);
        store(bytes + 12, upper(x), _mm_srli_si128(upper(x), 8), 8);
    }
}

TARGET int tk_mlkem_avx2_decode(polynomial *p, const uint8_t *bytes) {
    uint8_t padded[ENCODED_BYTES + 16];
    memcpy(padded, bytes, ENCODED_BYTES);
    memset(padded + ENCODED_BYTES, 0, 16);
    const lanes order = both(0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11);
    lanes all_below = all(-1);
    for (int i = 0; i < CHUNKS; i++) {
        const lanes x = _mm256_shuffle_epi8(load(padded + 24 * i, padded + 24 * i + 12), order);
        const lanes y = _mm256_and_si256(_mm256_blend_epi16(x, _mm256_srli_epi16(x, 4), 0xaa), all(0xfff));
        const lanes excess = _mm256_sub_epi16(y, all(Q)), below = _mm256_srai_epi16(excess, 15);
        all_below = _mm256_and_si256(all_below, below);
        put(p->c + 16 * i, _mm256_add_epi16(excess, _mm256_and_si256(below, all(Q))));
    }
    tk_zero(padded, sizeof padded);
    return _mm256_movemask_epi8(all_below) != -1;
}

// MARK: rounded

/// round(2^d x / q) modulo 2^d, from any x.
INLINE lanes compressed(lanes x, int d) {
    // The estimate is the rounded product with 2^(15 + d) / q rounded down: right or one too small for x in [0, q).
    const lanes y = canonical(x), estimate = _mm256_mulhrs_epi16(y, all((1 << (15 + d)) / Q));
    const lanes rest = _mm256_sub_epi16(_mm256_slli_epi16(y, d), _mm256_mullo_epi16(estimate, all(Q)));
    const lanes result = _mm256_sub_epi16(estimate, _mm256_cmpgt_epi16(rest, all(Q / 2)));
    return _mm256_and_si256(result, all((1 << d) - 1));
}

/// 32 coefficients of up to 8 bits as bytes in order.
INLINE lanes narrow(lanes a, lanes b) { return _mm256_permute4x64_epi64(_mm256_packus_epi16(a, b), 0xd8); }

INLINE void compress1(uint8_t *bytes, const polynomial *p) {
    for (int i = 0; i < N / 32; i++) {
        const lanes x = narrow(compressed(get(p->c + 32 * i), 1), compressed(get(p->c + 32 * i + 16), 1));
        const int bits = _mm256_movemask_epi8(_mm256_slli_epi16(x, 7));
        memcpy(bytes + 4 * i, &bits, 4);
    }
}

INLINE void compress4(uint8_t *bytes, const polynomial *p) {
    for (int i = 0; i < N / 32; i++) {
        const lanes x = narrow(compressed(get(p->c + 32 * i), 4), compressed(get(p->c + 32 * i + 16), 4));
        const lanes y = _mm256_maddubs_epi16(x, all(1 | 16 << 8));
        _mm_storeu_si128((__m128i *)(void *)(bytes + 16 * i), lower(narrow(y, y)));
    }
}

/// 40 bits in each 64 to 10 bytes in each half.
INLINE lanes squeeze40(lanes x) { return _mm256_shuffle_epi8(x, both(0, 1, 2, 3, 4, 8, 9, 10, 11, 12, -1, -1, -1, -1, -1, -1)); }

INLINE void store10(uint8_t *bytes, lanes x) {
    store(bytes, lower(x), _mm_srli_si128(lower(x), 6), 6);
    store(bytes + 10, upper(x), _mm_srli_si128(upper(x), 6), 6);
}

INLINE void compress5(uint8_t *bytes, const polynomial *p) {
    for (int i = 0; i < N / 32; i++) {
        const lanes x = narrow(compressed(get(p->c + 32 * i), 5), compressed(get(p->c + 32 * i + 16), 5));
        store10(bytes + 20 * i, squeeze40(join_words(join_pairs(_mm256_maddubs_epi16(x, all(1 | 32 << 8)), 10), 20)));
    }
}

INLINE void compress10(uint8_t *bytes, const polynomial *p) {
    for (int i = 0; i < CHUNKS; i++) store10(bytes + 20 * i, squeeze40(join_words(join_pairs(compressed(get(p->c + 16 * i), 10), 10), 20)));
}

INLINE void compress11(uint8_t *bytes, const polynomial *p) {
    for (int i = 0; i < CHUNKS; i++, bytes += 22) {
        // 44 bits in each 64, then 88 in each half.
        const lanes x = join_words(join_pairs(compressed(get(p->c + 16 * i), 11), 11), 22);
        const lanes low = _mm256_or_si256(x, _mm256_slli_epi64(_mm256_bsrli_epi128(x, 8), 44));
        const lanes y = _mm256_blend_epi32(low, _mm256_srli_epi64(x, 20), 0xcc);
        store(bytes, lower(y), _mm_srli_si128(lower(y), 7), 7);
        store(bytes + 11, upper(y), _mm_srli_si128(upper(y), 7), 7);
    }
}

TARGET void tk_mlkem_avx2_compress(uint8_t *bytes, const polynomial *p, int d) {
    switch (d) {
    case 1: return compress1(bytes, p);
    case 4: return compress4(bytes, p);
    case 5: return compress5(bytes, p);
    case 10: return compress10(bytes, p);
    default: return compress11(bytes, p);
    }
}

// MARK: undone

INLINE void decompress1(polynomial *p, const uint8_t *bytes) {
    const lanes bits = _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, (short)0x8000);
    for (int i = 0; i < CHUNKS; i++) {
        const lanes x = _mm256_and_si256(all(bytes[2 * i] | bytes[2 * i + 1] << 8), bits);
        put(p->c + 16 * i, _mm256_and_si256(_mm256_cmpeq_epi16(x, bits), all((Q + 1) / 2)));
    }
}

/// 16 coefficients of d bits in 2 d bytes: `order` brings the 4 bytes that hold each of the first 8, or of the last 8 if they begin at
/// `second`; `shifts` says where in them it starts. Then round(q x / 2^d).
INLINE void decompress16(int16_t *to, const uint8_t *bytes, const uint8_t *second, lanes order, lanes shifts, int d) {
    const lanes low = _mm256_srlv_epi32(_mm256_shuffle_epi8(load(bytes, bytes), order), shifts);
    const lanes high = _mm256_srlv_epi32(_mm256_shuffle_epi8(load(second, second), order), shifts);
    const lanes mask = _mm256_set1_epi32((1 << d) - 1);
    const lanes x = _mm256_packus_epi32(_mm256_and_si256(low, mask), _mm256_and_si256(high, mask));
    put(to, _mm256_mulhrs_epi16(_mm256_slli_epi16(_mm256_permute4x64_epi64(x, 0xd8), 15 - d), all(Q)));
}

INLINE void decompress_any(polynomial *p, const uint8_t *bytes, int d) {
    uint8_t padded[32 * 11 + 16];
    memcpy(padded, bytes, (size_t)(32 * d));
    memset(padded + 32 * d, 0, 16);
    int8_t places[32];
    int32_t starts[8];
    for (int i = 0; i < 8; i++) {
        starts[i] = i * d % 8;
        for (int j = 0; j < 4; j++) places[4 * i + j] = (int8_t)(i * d / 8 + j);
    }
    const lanes order = _mm256_loadu_si256((const __m256i *)(const void *)places);
    const lanes shifts = _mm256_loadu_si256((const __m256i *)(const void *)starts);
    for (int i = 0; i < CHUNKS; i++)
        decompress16(p->c + 16 * i, padded + 2 * d * i, padded + 2 * d * i + d, order, shifts, d);
}

TARGET void tk_mlkem_avx2_decompress(polynomial *p, const uint8_t *bytes, int d) {
    switch (d) {
    case 1: return decompress1(p, bytes);
    case 4: return decompress_any(p, bytes, 4);
    case 5: return decompress_any(p, bytes, 5);
    case 10: return decompress_any(p, bytes, 10);
    default: return decompress_any(p, bytes, 11);
    }
}
#endif
