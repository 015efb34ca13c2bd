// SHA-512 of one message: the plain compression, the incremental hash, and the choice of kernels.
#include "sha2_kernels.h"
#include "tk_cpu.h"
#include "tk_taint.h"

const uint64_t tk_sha512_initial[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

const uint64_t tk_sha512_round[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

static inline uint64_t rotate(uint64_t x, int n) { return x >> n | x << (64 - n); }

static void compress_block(uint64_t state[8], const uint8_t *block) {
    uint64_t w[80];
    for (int t = 0; t < 16; t++) w[t] = word64(block + 8 * t);
    for (int t = 16; t < 80; t++) {
        const uint64_t early = w[t - 15], late = w[t - 2];
        const uint64_t sigma0 = rotate(early, 1) ^ rotate(early, 8) ^ early >> 7;
        const uint64_t sigma1 = rotate(late, 19) ^ rotate(late, 61) ^ late >> 6;
        w[t] = sigma1 + w[t - 7] + sigma0 + w[t - 16];
    }
    uint64_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (int t = 0; t < 80; t++) {
        const uint64_t sum1 = rotate(e, 14) ^ rotate(e, 18) ^ rotate(e, 41);
        const uint64_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + tk_sha512_round[t] + w[t];
        const uint64_t sum0 = rotate(a, 28) ^ rotate(a, 34) ^ rotate(a, 39);
        const uint64_t t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void tk_sha512_compress(uint64_t state[8], const uint8_t *blocks, size_t count) {
    for (size_t i = 0; i < count; i++) compress_block(state, blocks + i * TK_SHA512_BLOCK);
}

// One message

void tk_sha512_resume(struct tk_sha512 *hash, const uint64_t state[8], uint64_t count) {
    memset(hash, 0, sizeof *hash);
    memcpy(hash->state, state, sizeof hash->state);
    hash->count = count;
}

void tk_sha512_begin(struct tk_sha512 *hash) { tk_sha512_resume(hash, tk_sha512_initial, 0); }

void tk_sha512_update(struct tk_sha512 *hash, const uint8_t *data, size_t size) {
    if (size == 0) return;
    const size_t held = hash->count % TK_SHA512_BLOCK;
    hash->count += size;
    if (held > 0) {
        const size_t room = TK_SHA512_BLOCK - held;
        const size_t taken = size < room ? size : room;
        memcpy(hash->rest + held, data, taken);
        if (taken < room) return;
        tk_sha512_compress(hash->state, hash->rest, 1);
        data += taken;
        size -= taken;
    }
    const size_t blocks = size / TK_SHA512_BLOCK;
    if (blocks > 0) tk_sha512_compress(hash->state, data, blocks);
    if (size % TK_SHA512_BLOCK > 0) memcpy(hash->rest, data + blocks * TK_SHA512_BLOCK, size % TK_SHA512_BLOCK);
}

void tk_sha512_end(struct tk_sha512 *hash, uint8_t digest[TK_SHA512_BYTES]) {
    uint8_t last[2 * TK_SHA512_BLOCK];
    const size_t held = hash->count % TK_SHA512_BLOCK;
    memcpy(last, hash->rest, held);
    tk_sha512_compress(hash->state, last, tk_sha512_pad(last, held, hash->count - held));
    for (int i = 0; i < 8; i++) put_word64(digest + 8 * i, hash->state[i]);
    tk_zero(last, sizeof last);
    tk_zero(hash, sizeof *hash);
}

void tk_sha512_digest(uint8_t digest[TK_SHA512_BYTES], const uint8_t *data, size_t size) {
    struct tk_sha512 hash;
    tk_sha512_begin(&hash);
    tk_sha512_update(&hash, data, size);
    tk_sha512_end(&hash, digest);
}

// Many frames

unsigned tk_sha512_pad(uint8_t *frame, size_t size, uint64_t before) {
    const size_t blocks = (size + 17 + TK_SHA512_BLOCK - 1) / TK_SHA512_BLOCK;
    const size_t end = blocks * TK_SHA512_BLOCK;
    frame[size] = 0x80;
    memset(frame + size + 1, 0, end - 8 - size - 1);
    put_word64(frame + end - 8, (before + size) * 8);
    return (unsigned)blocks;
}

static void one_frame(const uint64_t start[8], const struct frames *frames, size_t index) {
    uint64_t state[8];
    memcpy(state, start, sizeof state);
    tk_sha512_compress(state, frames->first + index * frames->stride, frames->blocks);
    uint8_t digest[TK_SHA512_BYTES];
    for (int i = 0; i < 8; i++) put_word64(digest + 8 * i, state[i]);
    put_digests(frames, index, 1, TK_SHA512_BYTES, digest);
    tk_zero(digest, sizeof digest);
}

void tk_sha512_frames(
    const uint64_t start[8], const uint8_t *frames, size_t stride, unsigned blocks, uint8_t *digests, size_t digest_stride,
    unsigned digest_size, size_t count) {
    const struct frames all = {frames, stride, blocks, digests, digest_stride, digest_size};
    size_t i = 0;
#if defined(__x86_64__)
    const int level = tk_cpu_level();
    if (level >= TK_CPU_AVX512) {
        for (; count - i >= 4; i += count - i < 8 ? count - i : 8) tk_sha512_eight_avx512(start, &all, i, count - i < 8 ? count - i : 8);
    }
    if (level >= TK_CPU_AVX2) {
        for (; count - i >= 2; i += count - i < 4 ? count - i : 4) tk_sha512_four_avx2(start, &all, i, count - i < 4 ? count - i : 4);
    }
#endif
    for (; i < count; i++) one_frame(start, &all, i);
}
