// SHA-256 and SHA-512 (FIPS 180-4): of one message, from a saved state, and of many messages of one length at once; HMAC (FIPS 198-1)
// and MGF1 (RFC 8017 B.2.1) on them. Sizes are in bytes. Time depends on lengths only.
#ifndef TK_SHA2_H
#define TK_SHA2_H

#include <stddef.h>
#include <stdint.h>

#define TK_SHA256_BYTES 32
#define TK_SHA256_BLOCK 64
#define TK_SHA512_BYTES 64
#define TK_SHA512_BLOCK 128

/// A hash in the making: the state after the whole blocks, what is left over, and the bytes taken so far.
struct tk_sha256 {
    uint32_t state[8];
    uint64_t count;
    uint8_t rest[TK_SHA256_BLOCK];
};

struct tk_sha512 {
    uint64_t state[8];
    uint64_t count;
    uint8_t rest[TK_SHA512_BLOCK];
};

/// The states that hashing begins with (FIPS 180-4 §5.3.3, §5.3.5).
extern const uint32_t tk_sha256_initial[8];
extern const uint64_t tk_sha512_initial[8];

/// Begins a hash; `resume` begins it after `count` bytes (whole blocks) that led to `state`.
void tk_sha256_begin(struct tk_sha256 *hash);
void tk_sha512_begin(struct tk_sha512 *hash);
void tk_sha256_resume(struct tk_sha256 *hash, const uint32_t state[8], uint64_t count);
void tk_sha512_resume(struct tk_sha512 *hash, const uint64_t state[8], uint64_t count);

/// Takes `size` more bytes.
void tk_sha256_update(struct tk_sha256 *hash, const uint8_t *data, size_t size);
void tk_sha512_update(struct tk_sha512 *hash, const uint8_t *data, size_t size);

/// Ends the hash, writes the digest, and zeroes `hash`.
void tk_sha256_end(struct tk_sha256 *hash, uint8_t digest[TK_SHA256_BYTES]);
void tk_sha512_end(struct tk_sha512 *hash, uint8_t digest[TK_SHA512_BYTES]);

/// The digest of one message.
void tk_sha256_digest(uint8_t digest[TK_SHA256_BYTES], const uint8_t *data, size_t size);
void tk_sha512_digest(uint8_t digest[TK_SHA512_BYTES], const uint8_t *data, size_t size);

/// Brings `count` whole blocks into a state.
void tk_sha256_compress(uint32_t state[8], const uint8_t *blocks, size_t count);
void tk_sha512_compress(uint64_t state[8], const uint8_t *blocks, size_t count);

// A frame is the rest of a message with its padding: whole blocks, `blocks` of them.

/// Pads the `size` bytes at `frame`, which come after `before` bytes of the message (whole blocks), and returns the number of blocks.
/// The room at `frame` is `size` + 9 (or 17, for SHA-512) bytes, rounded up to whole blocks.
unsigned tk_sha256_pad(uint8_t *frame, size_t size, uint64_t before);
unsigned tk_sha512_pad(uint8_t *frame, size_t size, uint64_t before);

/// Hashes `count` frames of `blocks` blocks each, `stride` bytes apart, all from the state `start`, several at a time. Of each digest the
/// first `digest_size` bytes are written (a multiple of 4, at most the whole), `digest_stride` apart. Digests may be written into the
/// frames that they come from, and into no other.
void tk_sha256_frames(
    const uint32_t start[8], const uint8_t *frames, size_t stride, unsigned blocks, uint8_t *digests, size_t digest_stride,
    unsigned digest_size, size_t count);
void tk_sha512_frames(
    const uint64_t start[8], const uint8_t *frames, size_t stride, unsigned blocks, uint8_t *digests, size_t digest_stride,
    unsigned digest_size, size_t count);

/// A piece of a message.
struct tk_piece {
    const uint8_t *bytes;
    size_t size;
};

/// HMAC of a message in pieces, one after the other. The key has at most a block's bytes.
void tk_hmac_sha256(uint8_t tag[TK_SHA256_BYTES], const uint8_t *key, size_t key_size, const struct tk_piece *pieces, size_t count);
void tk_hmac_sha512(uint8_t tag[TK_SHA512_BYTES], const uint8_t *key, size_t key_size, const struct tk_piece *pieces, size_t count);

/// MGF1: `size` bytes of mask from a seed of any size.
void tk_mgf1_sha256(uint8_t *mask, size_t size, const uint8_t *seed, size_t seed_size);
void tk_mgf1_sha512(uint8_t *mask, size_t size, const uint8_t *seed, size_t seed_size);

#endif
