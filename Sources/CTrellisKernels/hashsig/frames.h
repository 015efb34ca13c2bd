// The hash functions of hash-based signatures, as batches of frames: a frame is a message (after what all messages begin with) and its
// padding. A chain step writes the digest back into its own frame and hashes again.
#ifndef TK_HASHSIG_FRAMES_H
#define TK_HASHSIG_FRAMES_H

#include <stddef.h>
#include <stdint.h>

enum tk_hash_function { TK_HASH_SHA256, TK_HASH_SHA512, TK_HASH_SHAKE128, TK_HASH_SHAKE256 };

/// Bytes that frames of any function have room for, in blocks of any function: the block of SHAKE128.
#define TK_FRAME_BLOCK_MAX 168

/// A hash function after what all messages of a batch begin with: whole blocks of SHA-2, or nothing.
struct tk_hash {
    enum tk_hash_function function;
    uint64_t before;
    union {
        uint32_t sha256[8];
        uint64_t sha512[8];
    } state;
};

/// The function at the beginning of a message.
void tk_hash_begin(struct tk_hash *hash, enum tk_hash_function function);

/// The function after one block: `size` bytes and zeros to the end of the block. Only for SHA-2.
void tk_hash_begin_after(struct tk_hash *hash, enum tk_hash_function function, const uint8_t *bytes, size_t size);

/// The size in bytes of a block.
unsigned tk_hash_block(const struct tk_hash *hash);

/// Pads a frame of `size` bytes and returns the number of its blocks.
unsigned tk_hash_pad(const struct tk_hash *hash, uint8_t *frame, size_t size);

/// Hashes `count` padded frames, `stride` bytes apart, and writes `digest_size` bytes of each digest, `digest_stride` apart. Digests may
/// be written into the frames that they come from, and into no other.
void tk_hash_frames(
    const struct tk_hash *hash, const uint8_t *frames, size_t stride, unsigned blocks, uint8_t *digests, size_t digest_stride,
    unsigned digest_size, size_t count);

static inline void put32(uint8_t *bytes, uint32_t word) {
    for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(word >> (24 - 8 * i));
}

static inline void put64(uint8_t *bytes, uint64_t word) {
    put32(bytes, (uint32_t)(word >> 32));
    put32(bytes + 4, (uint32_t)word);
}

static inline uint32_t get32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

#endif
