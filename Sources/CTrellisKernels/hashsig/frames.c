// Batches of frames: SHA-2 has them of its own; for SHAKE the states of eight or four sponges stand side by side.
#include "frames.h"
#include "tk_cpu.h"
#include "tk_keccak.h"
#include "tk_sha2.h"
#include "tk_taint.h"

#include <string.h>

void tk_hash_begin(struct tk_hash *hash, enum tk_hash_function function) {
    memset(hash, 0, sizeof *hash);
    hash->function = function;
    if (function == TK_HASH_SHA256) memcpy(hash->state.sha256, tk_sha256_initial, sizeof tk_sha256_initial);
    if (function == TK_HASH_SHA512) memcpy(hash->state.sha512, tk_sha512_initial, sizeof tk_sha512_initial);
}

void tk_hash_begin_after(struct tk_hash *hash, enum tk_hash_function function, const uint8_t *bytes, size_t size) {
    uint8_t block[TK_SHA512_BLOCK] = {0};
    memcpy(block, bytes, size);
    tk_hash_begin(hash, function);
    if (function == TK_HASH_SHA256) tk_sha256_compress(hash->state.sha256, block, 1);
    if (function == TK_HASH_SHA512) tk_sha512_compress(hash->state.sha512, block, 1);
    hash->before = tk_hash_block(hash);
}

unsigned tk_hash_block(const struct tk_hash *hash) {
    switch (hash->function) {
    case TK_HASH_SHA256: return TK_SHA256_BLOCK;
    case TK_HASH_SHA512: return TK_SHA512_BLOCK;
    case TK_HASH_SHAKE128: return TK_SHAKE128_RATE;
    default: return TK_SHAKE256_RATE;
    }
}

unsigned tk_hash_pad(const struct tk_hash *hash, uint8_t *frame, size_t size) {
    if (hash->function == TK_HASH_SHA256) return tk_sha256_pad(frame, size, hash->before);
    if (hash->function == TK_HASH_SHA512) return tk_sha512_pad(frame, size, hash->before);
    const size_t rate = tk_hash_block(hash), blocks = size / rate + 1;
    memset(frame + size, 0, blocks * rate - size);
    frame[size] = TK_SHAKE_SUFFIX;
    frame[blocks * rate - 1] |= 0x80;
    return (unsigned)blocks;
}

// SHAKE

static inline uint64_t little64(const uint8_t *bytes) {
    uint64_t word = 0;
    for (int i = 0; i < 8; i++) word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

/// The first bytes of a state whose lanes are `step` words apart.
static void squeeze(uint8_t *digest, unsigned size, const uint64_t *lanes, size_t step) {
    for (unsigned i = 0; i < size; i++) digest[i] = (uint8_t)(lanes[i / 8 * step] >> (8 * (i % 8)));
}

/// Frames for one kernel: where the first one lies and the first digest goes.
struct shake_frames {
    const uint8_t *frames;
    size_t stride, rate;
    unsigned blocks;
    uint8_t *digests;
    size_t digest_stride;
    unsigned digest_size;
};

/// At most `width` sponges side by side, 1, 4 or 8, the states in `lanes`. Those that are not asked for work for nobody.
static inline void side_by_side(const struct shake_frames *all, uint64_t *lanes, size_t width, size_t count) {
    memset(lanes, 0, 25 * width * sizeof *lanes);
    for (unsigned n = 0; n < all->blocks; n++) {
        for (size_t k = 0; k < count; k++) {
            const uint8_t *block = all->frames + k * all->stride + n * all->rate;
            for (size_t i = 0; i < all->rate / 8; i++) lanes[i * width + k] ^= little64(block + 8 * i);
        }
        if (width == 8) {
            tk_keccak_f1600_x8((uint64_t(*)[8])lanes);
        } else if (width == 4) {
            tk_keccak_f1600_x4((uint64_t(*)[4])lanes);
        } else {
            tk_keccak_f1600(lanes);
        }
    }
    for (size_t k = 0; k < count; k++) squeeze(all->digests + k * all->digest_stride, all->digest_size, lanes + k, width);
}

static void shake_frames(struct shake_frames all, size_t count) {
    uint64_t lanes[25 * 8] __attribute__((aligned(64)));
    const int level = tk_cpu_level();
    while (count > 0) {
        size_t taken = 1;
        if (level >= TK_CPU_AVX512 && count > 4) {
            taken = count < 8 ? count : 8;
            side_by_side(&all, lanes, 8, taken);
        } else if (level >= TK_CPU_AVX2 && count > 1) {
            taken = count < 4 ? count : 4;
            side_by_side(&all, lanes, 4, taken);
        } else {
            side_by_side(&all, lanes, 1, 1);
        }
        all.frames += taken * all.stride;
        all.digests += taken * all.digest_stride;
        count -= taken;
    }
    tk_zero(lanes, sizeof lanes);
}

void tk_hash_frames(
    const struct tk_hash *hash, const uint8_t *frames, size_t stride, unsigned blocks, uint8_t *digests, size_t digest_stride,
    unsigned digest_size, size_t count) {
    switch (hash->function) {
    case TK_HASH_SHA256:
        tk_sha256_frames(hash->state.sha256, frames, stride, blocks, digests, digest_stride, digest_size, count);
        break;
    case TK_HASH_SHA512:
        tk_sha512_frames(hash->state.sha512, frames, stride, blocks, digests, digest_stride, digest_size, count);
        break;
    default:
        shake_frames(
            (struct shake_frames){frames, stride, tk_hash_block(hash), blocks, digests, digest_stride, digest_size}, count);
    }
}
