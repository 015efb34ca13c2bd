// Lanes of Keccak from and to bytes: little-endian, FIPS 202 §3.1.2 and appendix B.1.
#ifndef TK_KECCAK_BYTES_H
#define TK_KECCAK_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the kernels are written for little-endian processors"
#endif

static inline uint64_t load64(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    return word;
}

static inline void store64(uint8_t *bytes, uint64_t word) { memcpy(bytes, &word, 8); }

/// The last, incomplete block of a message with its padding: `count` bytes below `rate`, the suffix, zeros, and the final bit.
static inline void padded_block(uint8_t *block, size_t rate, const uint8_t *bytes, size_t count, uint8_t suffix) {
    memset(block, 0, rate);
    if (count != 0) memcpy(block, bytes, count);
    block[count] = suffix;
    block[rate - 1] |= 0x80;
}

#endif
