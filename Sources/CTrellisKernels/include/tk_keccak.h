// Keccak-f[1600] and the functions of FIPS 202 on it: SHA3 and SHAKE, one message at a time, and four or eight messages at once.
// Many messages at once are several times faster each: the lanes of their states stand side by side in vector registers.
#ifndef TK_KECCAK_H
#define TK_KECCAK_H

#include <stddef.h>
#include <stdint.h>

// Rates in bytes and domain suffixes (the first padding bit included), FIPS 202 §6.
enum {
    TK_SHA3_256_RATE = 136,
    TK_SHA3_384_RATE = 104,
    TK_SHA3_512_RATE = 72,
    TK_SHAKE128_RATE = 168,
    TK_SHAKE256_RATE = 136,
    TK_SHA3_SUFFIX = 0x06,
    TK_SHAKE_SUFFIX = 0x1f,
};

/// The permutation of FIPS 202 §3.3: lane (x, y) is `state[x + 5 * y]`.
void tk_keccak_f1600(uint64_t state[25]);
/// Four permutations side by side: lane i of state k is `states[i][k]`. No alignment is asked for; 32 bytes is best.
void tk_keccak_f1600_x4(uint64_t states[25][4]);
/// Eight permutations side by side: lane i of state k is `states[i][k]`. No alignment is asked for; 64 bytes is best.
void tk_keccak_f1600_x8(uint64_t states[25][8]);

// MARK: one message

/// A sponge: init, absorb as often as needed, finish once, squeeze as often as needed. It holds no pointers and may be copied:
/// a copy after some absorbing goes on from that prefix. Erase it (tk_zero) if the input was secret.
typedef struct {
    uint64_t state[25];
    /// Bytes per block, a multiple of 8 below 200.
    uint32_t rate;
    /// Where in the block the next byte goes, or comes from.
    uint32_t position;
    uint32_t suffix;
} tk_sponge;

/// `rate` is a multiple of 8 between 8 and 192 bytes.
void tk_sponge_init(tk_sponge *sponge, size_t rate, uint8_t suffix);
void tk_sponge_absorb(tk_sponge *sponge, const uint8_t *bytes, size_t count);
/// Pads: no absorbing after this.
void tk_sponge_finish(tk_sponge *sponge);
void tk_sponge_squeeze(tk_sponge *sponge, uint8_t *out, size_t count);

/// SHA3-256, SHA3-384 and SHA3-512 of one message.
void tk_sha3_256(uint8_t digest[32], const uint8_t *message, size_t length);
void tk_sha3_384(uint8_t digest[48], const uint8_t *message, size_t length);
void tk_sha3_512(uint8_t digest[64], const uint8_t *message, size_t length);
/// SHAKE128 and SHAKE256 of one message, `outLength` bytes of output.
void tk_shake128(uint8_t *out, size_t outLength, const uint8_t *message, size_t length);
void tk_shake256(uint8_t *out, size_t outLength, const uint8_t *message, size_t length);

// MARK: many messages of any lengths

/// A message in two parts, `head` then `body`; a part of length 0 may be NULL.
typedef struct {
    const uint8_t *head;
    size_t headLength;
    const uint8_t *body;
    size_t bodyLength;
} tk_message;

/// SHA3-256 of `count` messages of any lengths: digests[i] is that of messages[i]. Eight go side by side.
void tk_sha3_256_each(size_t count, uint8_t (*digests)[32], const tk_message *messages);
/// SHAKE256 of `count` messages of any lengths, `outLength` bytes of output each, 136 at most.
void tk_shake256_each(size_t count, uint8_t *const *outs, size_t outLength, const tk_message *messages);

// MARK: many messages of the same length

/// SHA3-256 of `count` messages of `length` bytes each: digests[i] is that of messages[i]. Eight, then four, go side by side.
void tk_sha3_256_x(size_t count, uint8_t (*digests)[32], const uint8_t *const *messages, size_t length);
/// SHAKE256 of `count` messages of `length` bytes each, `outLength` bytes of output each. The outputs must not overlap the inputs.
void tk_shake256_x(size_t count, uint8_t *const *outs, size_t outLength, const uint8_t *const *messages, size_t length);

/// Four sponges side by side, for inputs of the same length and rate.
typedef struct {
    uint64_t lanes[25][4];
    uint32_t rate;
} __attribute__((aligned(32))) tk_sponge_x4;

/// Eight sponges side by side, for inputs of the same length and rate.
typedef struct {
    uint64_t lanes[25][8];
    uint32_t rate;
} __attribute__((aligned(64))) tk_sponge_x8;

/// Absorbs one whole message of `length` bytes per sponge, and pads. (One call starts and finishes.)
void tk_sponge_x4_absorb(tk_sponge_x4 *sponge, size_t rate, uint8_t suffix, const uint8_t *const messages[4], size_t length);
void tk_sponge_x8_absorb(tk_sponge_x8 *sponge, size_t rate, uint8_t suffix, const uint8_t *const messages[8], size_t length);
/// Squeezes the next `blocks` blocks of `rate` bytes per sponge; may be called again for those that follow.
void tk_sponge_x4_squeeze(tk_sponge_x4 *sponge, uint8_t *const outs[4], size_t blocks);
void tk_sponge_x8_squeeze(tk_sponge_x8 *sponge, uint8_t *const outs[8], size_t blocks);

#endif
