// SHA-256 of one message: the plain compression, the incremental hash, and the choice of kernels.
#include "sha2_kernels.h"
#include "tk_cpu.h"
#include "tk_taint.h"

const uint32_t tk_sha256_initial[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

const uint32_t tk_sha256_round[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void compress_block(uint32_t state[8], const uint8_t *block) {
    uint32_t w[64];
    for (int t = 0; t < 16; t++) w[t] = word32(block + 4 * t);
    for (int t = 16; t < 64; t++) {
        const uint32_t early = w[t - 15], late = w[t - 2];
        const uint32_t sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ early >> 3;
        const uint32_t sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ late >> 10;
        w[t] = sigma1 + w[t - 7] + sigma0 + w[t - 16];
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (int t = 0; t < 64; t++) {
        const uint32_t sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
        const uint32_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + tk_sha256_round[t] + w[t];
        const uint32_t sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
        const uint32_t t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void tk_sha256_compress_portable(uint32_t state[8], const uint8_t *blocks, size_t count) {
    for (size_t i = 0; i < count; i++) compress_block(state, blocks + i * TK_SHA256_BLOCK);
}

void tk_sha256_compress(uint32_t state[8], const uint8_t *blocks, size_t count) {
#if defined(__x86_64__)
    if (tk_cpu_has_sha()) return tk_sha256_compress_ni(state, blocks, count);
#endif
    tk_sha256_compress_portable(state, blocks, count);
}

// One message

void tk_sha256_resume(struct tk_sha256 *hash, const uint32_t state[8], uint64_t count) {
    memset(hash, 0, sizeof *hash);
    memcpy(hash->state, state, sizeof hash->state);
    hash->count = count;
}

void tk_sha256_begin(struct tk_sha256 *hash) { tk_sha256_resume(hash, tk_sha256_initial, 0); }

void tk_sha256_update(struct tk_sha256 *hash, const uint8_t *data, size_t size) {
    if (size == 0) return;
    const size_t held = hash->count % TK_SHA256_BLOCK;
    hash->count += size;
    if (held > 0) {
        const size_t room = TK_SHA256_BLOCK - held;
        const size_t taken = size < room ? size : room;
        memcpy(hash->rest + held, data, taken);
        if (taken < room) return;
        tk_sha256_compress(hash->state, hash->rest, 1);
        data += taken;
        size -= taken;
    }
    const size_t blocks = size / TK_SHA256_BLOCK;
    if (blocks > 0) tk_sha256_compress(hash->state, data, blocks);
    if (size % TK_SHA256_BLOCK > 0) memcpy(hash->rest, data + blocks * TK_SHA256_BLOCK, size % TK_SHA256_BLOCK);
}

void tk_sha256_end(struct tk_sha256 *hash, uint8_t digest[TK_SHA256_BYTES]) {
    uint8_t last[2 * TK_SHA256_BLOCK];
    const size_t held = hash->count % TK_SHA256_BLOCK;
    memcpy(last, hash->rest, held);
    tk_sha256_compress(hash->state, last, tk_sha256_pad(last, held, hash->count - held));
    for (int i = 0; i < 8; i++) put_word32(digest + 4 * i, hash->state[i]);
    tk_zero(last, sizeof last);
    tk_zero(hash, sizeof *hash);
}

void tk_sha256_digest(uint8_t digest[TK_SHA256_BYTES], const uint8_t *data, size_t size) {
    struct tk_sha256 hash;
    tk_sha256_begin(&hash);
    tk_sha256_update(&hash, data, size);
    tk_sha256_end(&hash, digest);
}

// Many frames

unsigned tk_sha256_pad(uint8_t *frame, size_t size, uint64_t before) {
    const size_t blocks = (size + 9 + TK_SHA256_BLOCK - 1) / TK_SHA256_BLOCK;
    const size_t end = blocks * TK_SHA256_BLOCK;
    frame[size] = 0x80;
    memset(frame + size + 1, 0, end - 8 - size - 1);
    put_word64(frame + end - 8, (before + size) * 8);
    return (unsigned)blocks;
}

static void one_frame(const uint32_t start[8], const struct frames *frames, size_t index) {
    uint32_t state[8];
    memcpy(state, start, sizeof state);
    tk_sha256_compress(state, frames->first + index * frames->stride, frames->blocks);
    uint8_t digest[TK_SHA256_BYTES];
    for (int i = 0; i < 8; i++) put_word32(digest + 4 * i, state[i]);
    put_digests(frames, index, 1, TK_SHA256_BYTES, digest);
    tk_zero(digest, sizeof digest);
}

void tk_sha256_frames(
    const uint32_t start[8], const uint8_t *frames, size_t stride, unsigned blocks, uint8_t *digests, size_t digest_stride,
    unsigned digest_size, size_t count) {
    const struct frames all = {frames, stride, blocks, digests, digest_stride, digest_size};
    size_t i = 0;
#if defined(__x86_64__)
    const int level = tk_cpu_level(), sha = tk_cpu_has_sha();
    // Below these many the wider kernel loses to the narrower one; lanes left empty cost as much as full ones.
    const size_t sixteen_from = sha ? 16 : 3, eight_from = 3;
    if (level >= TK_CPU_AVX512) {
        for (; count - i >= sixteen_from; i += count - i < 16 ? count - i : 16) {
            tk_sha256_sixteen_avx512(start, &all, i, count - i < 16 ? count - i : 16);
        }
    } else if (level >= TK_CPU_AVX2 && !sha) {
        for (; count - i >= eight_from; i += count - i < 8 ? count - i : 8) {
            tk_sha256_eight_avx2(start, &all, i, count - i < 8 ? count - i : 8);
        }
    }
    if (sha) {
        for (; count - i >= 2; i += 2) tk_sha256_two_ni(start, &all, i);
    }
#endif
    for (; i < count; i++) one_frame(start, &all, i);
}
