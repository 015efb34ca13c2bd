// SHA-256 with the processor's own instructions (SHA-NI): one message, or two side by side, since one alone leaves the unit half idle.
#include "sha2_kernels.h"
#include "tk_taint.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define NI __attribute__((target("sha,sse4.1,ssse3")))
#define NI_INLINE static inline __attribute__((always_inline, target("sha,sse4.1,ssse3")))

/// The state as the instructions want it: a b e f and c d g h, the first in the highest word.
struct state {
    __m128i abef, cdgh;
};

NI_INLINE struct state load_state(const uint32_t words[8]) {
    const __m128i low = _mm_loadu_si128((const __m128i *)words), high = _mm_loadu_si128((const __m128i *)(words + 4));
    const __m128i cdab = _mm_shuffle_epi32(low, 0xb1), efgh = _mm_shuffle_epi32(high, 0x1b);
    return (struct state){_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0)};
}

NI_INLINE void store_state(uint32_t words[8], struct state state) {
    const __m128i feba = _mm_shuffle_epi32(state.abef, 0x1b), dchg = _mm_shuffle_epi32(state.cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)words, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(words + 4), _mm_alignr_epi8(dchg, feba, 8));
}

NI_INLINE __m128i swapped(__m128i words) {
    return _mm_shuffle_epi8(words, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

NI_INLINE __m128i load_words(const uint8_t *bytes) { return swapped(_mm_loadu_si128((const __m128i *)bytes)); }

/// Four rounds, from t on.
NI_INLINE void rounds(struct state *state, __m128i words, int t) {
    const __m128i sum = _mm_add_epi32(words, _mm_loadu_si128((const __m128i *)(tk_sha256_round + t)));
    state->cdgh = _mm_sha256rnds2_epu32(state->cdgh, state->abef, sum);
    state->abef = _mm_sha256rnds2_epu32(state->abef, state->cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

/// The next four words of the schedule in the place of the first four of the last sixteen.
NI_INLINE __m128i scheduled(__m128i w0, __m128i w4, __m128i w8, __m128i w12) {
    const __m128i partial = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), _mm_alignr_epi8(w12, w8, 4));
    return _mm_sha256msg2_epu32(partial, w12);
}

NI void tk_sha256_compress_ni(uint32_t words[8], const uint8_t *blocks, size_t count) {
    struct state state = load_state(words);
    for (; count > 0; count--, blocks += TK_SHA256_BLOCK) {
        const struct state before = state;
        __m128i w[4];
        for (int i = 0; i < 4; i++) w[i] = load_words(blocks + 16 * i);
#pragma GCC unroll 4
        for (int t = 0; t < 64; t += 16) {
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) {
                rounds(&state, w[i], t + 4 * i);
                if (t < 48) w[i] = scheduled(w[i], w[(i + 1) & 3], w[(i + 2) & 3], w[(i + 3) & 3]);
            }
        }
        state.abef = _mm_add_epi32(state.abef, before.abef);
        state.cdgh = _mm_add_epi32(state.cdgh, before.cdgh);
    }
    store_state(words, state);
}

NI void tk_sha256_two_ni(const uint32_t start[8], const struct frames *frames, size_t from) {
    struct state state[2] = {load_state(start), load_state(start)};
    const uint8_t *block[2] = {frames->first + from * frames->stride, frames->first + (from + 1) * frames->stride};
    for (unsigned n = 0; n < frames->blocks; n++) {
        const struct state before[2] = {state[0], state[1]};
        __m128i w[2][4];
        for (int i = 0; i < 4; i++) {
            w[0][i] = load_words(block[0] + 16 * i);
            w[1][i] = load_words(block[1] + 16 * i);
        }
#pragma GCC unroll 4
        for (int t = 0; t < 64; t += 16) {
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) {
                rounds(&state[0], w[0][i], t + 4 * i);
                rounds(&state[1], w[1][i], t + 4 * i);
                if (t < 48) {
                    w[0][i] = scheduled(w[0][i], w[0][(i + 1) & 3], w[0][(i + 2) & 3], w[0][(i + 3) & 3]);
                    w[1][i] = scheduled(w[1][i], w[1][(i + 1) & 3], w[1][(i + 2) & 3], w[1][(i + 3) & 3]);
                }
            }
        }
        for (int lane = 0; lane < 2; lane++) {
            state[lane].abef = _mm_add_epi32(state[lane].abef, before[lane].abef);
            state[lane].cdgh = _mm_add_epi32(state[lane].cdgh, before[lane].cdgh);
            block[lane] += TK_SHA256_BLOCK;
        }
    }
    uint8_t digests[2][TK_SHA256_BYTES];
    for (size_t lane = 0; lane < 2; lane++) {
        const __m128i feba = _mm_shuffle_epi32(state[lane].abef, 0x1b), dchg = _mm_shuffle_epi32(state[lane].cdgh, 0xb1);
        _mm_storeu_si128((__m128i *)digests[lane], swapped(_mm_blend_epi16(feba, dchg, 0xf0)));
        _mm_storeu_si128((__m128i *)(digests[lane] + 16), swapped(_mm_alignr_epi8(dchg, feba, 8)));
    }
    put_digests(frames, from, 2, TK_SHA256_BYTES, digests[0]);
    tk_zero(digests, sizeof digests);
}
#endif
