// Fields of 3, 4, 10 and 13 bits, and the hint's list of places.
#include "packing.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

typedef unsigned __int128 uint128;

/// Eight fields become `bits` bytes. `bits` is a constant at each call.
INLINE void pack_eight(uint8_t *bytes, const uint32_t fields[8], int bits) {
    uint128 word = 0;
    for (int i = 0; i < 8; i++) word |= (uint128)fields[i] << (bits * i);
    memcpy(bytes, &word, (size_t)bits);
}

INLINE void unpack_eight(uint32_t fields[8], const uint8_t *bytes, int bits) {
    uint128 word = 0;
    memcpy(&word, bytes, (size_t)bits);
    for (int i = 0; i < 8; i++) fields[i] = (uint32_t)(word >> (bits * i)) & ((1u << bits) - 1);
}

/// Packs offset - c of each coefficient.
INLINE void pack_below(uint8_t *bytes, const polynomial *a, int32_t offset, int bits) {
    for (size_t i = 0; i < DEGREE; i += 8, bytes += bits) {
        uint32_t fields[8];
        for (size_t j = 0; j < 8; j++) fields[j] = (uint32_t)(offset - a->c[i + j]);
        pack_eight(bytes, fields, bits);
    }
}

/// The inverse; the sign bit of the result says whether a field was above `most`.
INLINE uint32_t unpack_below(polynomial *a, const uint8_t *bytes, int32_t offset, int bits, uint32_t most) {
    uint32_t beyond = 0;
    for (size_t i = 0; i < DEGREE; i += 8, bytes += bits) {
        uint32_t fields[8];
        unpack_eight(fields, bytes, bits);
        for (size_t j = 0; j < 8; j++) {
            beyond |= most - fields[j];
            a->c[i + j] = offset - (int32_t)fields[j];
        }
    }
    return beyond;
}

void mldsa_pack_t1(uint8_t bytes[T1_BYTES], const polynomial *t1) {
    for (size_t i = 0; i < DEGREE; i += 8, bytes += 10) {
        uint32_t fields[8];
        for (size_t j = 0; j < 8; j++) fields[j] = (uint32_t)t1->c[i + j];
        pack_eight(bytes, fields, 10);
    }
}

void mldsa_pack_t0(uint8_t bytes[T0_BYTES], const polynomial *t0) { pack_below(bytes, t0, 1 << (DROPPED_BITS - 1), DROPPED_BITS); }

void mldsa_unpack_t0(polynomial *t0, const uint8_t bytes[T0_BYTES]) {
    unpack_below(t0, bytes, 1 << (DROPPED_BITS - 1), DROPPED_BITS, (1 << DROPPED_BITS) - 1);
}

void mldsa_pack_eta(uint8_t *bytes, const polynomial *s, int32_t eta) {
    if (eta == 2) return pack_below(bytes, s, 2, 3);
    pack_below(bytes, s, 4, 4);
}

uint32_t mldsa_unpack_eta(polynomial *s, const uint8_t *bytes, int32_t eta) {
    return (eta == 2 ? unpack_below(s, bytes, 2, 3, 4) : unpack_below(s, bytes, 4, 4, 8)) >> 31;
}

void mldsa_pack_hints(uint8_t *bytes, const coefficient_set *hints, const mldsa_parameters *p) {
    memset(bytes, 0, p->omega + p->k);
    size_t index = 0;
    for (size_t i = 0; i < p->k; i++) {
        for (size_t word = 0; word < 4; word++)
            for (uint64_t bits = hints[i].words[word]; bits != 0 && index < p->omega; bits &= bits - 1)
                bytes[index++] = (uint8_t)(64 * word + (size_t)__builtin_ctzll(bits));
        bytes[p->omega + i] = (uint8_t)index;
    }
}

int mldsa_check_hints(const uint8_t *bytes, const mldsa_parameters *p) {
    size_t index = 0;
    for (size_t i = 0; i < p->k; i++) {
        const size_t end = bytes[p->omega + i];
        if (end < index || end > p->omega) return -1;
        for (size_t first = index; index < end; index++)
            if (index > first && bytes[index - 1] >= bytes[index]) return -1;
    }
    for (; index < p->omega; index++)
        if (bytes[index] != 0) return -1;
    return 0;
}
