// The rounds of SHA-2 over vectors of lanes, one message in each lane, written once for SHA-256 and SHA-512, AVX2 and AVX-512. The file
// that includes this says what a VECTOR of words is, how to ADD, XOR, CHOOSE and take the MAJORITY, what the four sigmas are, what a
// ROUND_CONSTANT is, how many ROUNDS there are, and the TARGET.

#define LANE_ROUND(t, i)                                                                                                          \
    do {                                                                                                                          \
        const VECTOR t1 = ADD(ADD(BIG_SIGMA1(e), CHOOSE(e, f, g)), ADD(h, ADD(ROUND_CONSTANT((t) + (i)), words[i])));             \
        const VECTOR t2 = ADD(BIG_SIGMA0(a), MAJORITY(a, b, c));                                                                  \
        h = g, g = f, f = e, e = ADD(d, t1), d = c, c = b, b = a, a = ADD(t1, t2);                                                \
    } while (0)

/// Brings one block into the state; `words` are the 16 words of the block, and are used up.
TARGET static inline void lane_rounds(VECTOR state[8], VECTOR words[16]) {
    VECTOR a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
#pragma GCC unroll 1
    for (int t = 0; t < ROUNDS - 16; t += 16) {
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            LANE_ROUND(t, i);
            // The word of sixteen rounds later takes this one's place.
            const VECTOR sum = ADD(words[i], ADD(words[(i + 9) & 15], SMALL_SIGMA0(words[(i + 1) & 15])));
            words[i] = ADD(sum, SMALL_SIGMA1(words[(i + 14) & 15]));
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) LANE_ROUND(ROUNDS - 16, i);
    state[0] = ADD(state[0], a), state[1] = ADD(state[1], b), state[2] = ADD(state[2], c), state[3] = ADD(state[3], d);
    state[4] = ADD(state[4], e), state[5] = ADD(state[5], f), state[6] = ADD(state[6], g), state[7] = ADD(state[7], h);
}
