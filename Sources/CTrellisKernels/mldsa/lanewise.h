// What is done to every coefficient alike, for registers of any width: multiplication, rounding, bounds, hints. The file that includes this
// gives the register's operations:
//   V, WIDTH; LOAD, STORE; SET1, ADD, SUB, AND, SHIFT_RIGHT (arithmetic), SHIFT_LEFT, MULTIPLY_LOW, ABSOLUTE, MAXIMUM, ODD_LANES;
//   MULTIPLY (even lanes, to 64 bits), ADD64, SUB64, MERGE (the upper halves of two registers of 64-bit lanes, as even and odd lanes);
//   GREATER, EQUAL (one bit per lane, as an unsigned number);
//   and TARGET, INLINE.
#ifndef TK_MLDSA_LANEWISE_H
#define TK_MLDSA_LANEWISE_H

#include "arithmetic.h"

// MARK: multiplication

INLINE V reduce_halves(V even, V odd) {
    const V q = SET1(MODULUS), inverse = SET1(INVERSE_OF_Q);
    return MERGE(SUB64(even, MULTIPLY(MULTIPLY(even, inverse), q)), SUB64(odd, MULTIPLY(MULTIPLY(odd, inverse), q)));
}

TARGET static void multiply_sum(polynomial *out, const polynomial *a, const polynomial *b, size_t count) {
    for (size_t i = 0; i < DEGREE; i += WIDTH) {
        V x = LOAD(a->c + i), y = LOAD(b->c + i);
        V even = MULTIPLY(x, y), odd = MULTIPLY(ODD_LANES(x), ODD_LANES(y));
        for (size_t j = 1; j < count; j++) {
            x = LOAD(a[j].c + i), y = LOAD(b[j].c + i);
            even = ADD64(even, MULTIPLY(x, y));
            odd = ADD64(odd, MULTIPLY(ODD_LANES(x), ODD_LANES(y)));
        }
        STORE(out->c + i, reduce_halves(even, odd));
    }
}

// MARK: bounds

INLINE V reduced_near_zero(V a) {
    return SUB(a, MULTIPLY_LOW(SHIFT_RIGHT(ADD(a, SET1(1 << 22)), 23), SET1(MODULUS)));
}

TARGET static uint32_t exceeds(const polynomial *a, int32_t bound) {
    V most = SET1(0);
    for (size_t i = 0; i < DEGREE; i += WIDTH) most = MAXIMUM(most, ABSOLUTE(LOAD(a->c + i)));
    return GREATER(most, SET1(bound - 1)) != 0;
}

TARGET static uint32_t add_exceeds(polynomial *a, const polynomial *y, int32_t bound) {
    V most = SET1(0);
    for (size_t i = 0; i < DEGREE; i += WIDTH) {
        const V sum = reduced_near_zero(ADD(LOAD(a->c + i), LOAD(y->c + i)));
        STORE(a->c + i, sum);
        most = MAXIMUM(most, ABSOLUTE(sum));
    }
    return GREATER(most, SET1(bound - 1)) != 0;
}

TARGET static uint32_t subtract_exceeds(polynomial *w, const polynomial *a, int32_t bound) {
    V most = SET1(0);
    for (size_t i = 0; i < DEGREE; i += WIDTH) {
        const V difference = reduced_near_zero(SUB(LOAD(w->c + i), LOAD(a->c + i)));
        STORE(w->c + i, difference);
        most = MAXIMUM(most, ABSOLUTE(difference));
    }
    return GREATER(most, SET1(bound - 1)) != 0;
}

// MARK: rounding

INLINE V canonical(V a) { return ADD(a, AND(SHIFT_RIGHT(a, 31), SET1(MODULUS))); }

/// The low part of a that belongs to this high part.
INLINE V low_of(V a, V high, V step) {
    const V low = SUB(a, MULTIPLY_LOW(high, step));
    return SUB(low, AND(SHIFT_RIGHT(SUB(SET1((MODULUS - 1) / 2), low), 31), SET1(MODULUS)));
}

// The formulas are those of high_part in arithmetic.h.

INLINE V high_of_32(V a) {
    const V scaled = SHIFT_RIGHT(ADD(a, SET1(127)), 7);
    return AND(SHIFT_RIGHT(ADD(MULTIPLY_LOW(scaled, SET1(1025)), SET1(1 << 21)), 22), SET1(15));
}

INLINE V high_of_88(V a) {
    const V scaled = SHIFT_RIGHT(ADD(a, SET1(127)), 7);
    const V high = SHIFT_RIGHT(ADD(MULTIPLY_LOW(scaled, SET1(11275)), SET1(1 << 23)), 24);
    return AND(high, SHIFT_RIGHT(SUB(high, SET1(44)), 31));
}

TARGET static void decompose(polynomial *high, polynomial *low, const polynomial *a, int32_t gamma2) {
    const V step = SET1(2 * gamma2);
    if (gamma2 == (MODULUS - 1) / 32) {
        for (size_t i = 0; i < DEGREE; i += WIDTH) {
            const V value = canonical(LOAD(a->c + i)), top = high_of_32(value);
            STORE(high->c + i, top);
            STORE(low->c + i, low_of(value, top, step));
        }
        return;
    }
    for (size_t i = 0; i < DEGREE; i += WIDTH) {
        const V value = canonical(LOAD(a->c + i)), top = high_of_88(value);
        STORE(high->c + i, top);
        STORE(low->c + i, low_of(value, top, step));
    }
}

TARGET static void power2round(polynomial *t1, polynomial *t0, const polynomial *t) {
    for (size_t i = 0; i < DEGREE; i += WIDTH) {
        const V value = canonical(LOAD(t->c + i));
        const V top = SHIFT_RIGHT(ADD(value, SET1((1 << (DROPPED_BITS - 1)) - 1)), DROPPED_BITS);
        STORE(t1->c + i, top);
        STORE(t0->c + i, SUB(value, SHIFT_LEFT(top, DROPPED_BITS)));
    }
}

TARGET static uint32_t make_hint(coefficient_set *hint, const polynomial *low, const polynomial *high, int32_t gamma2) {
    const V above = SET1(gamma2), below = SET1(-gamma2), zero = SET1(0);
    uint32_t count = 0;
    for (size_t word = 0; word < 4; word++) {
        uint64_t bits = 0;
        for (size_t i = 0; i < 64; i += WIDTH) {
            const V a = LOAD(low->c + 64 * word + i), top = LOAD(high->c + 64 * word + i);
            const uint32_t outside = GREATER(a, above) | GREATER(below, a);
            bits |= (uint64_t)(outside | (EQUAL(a, below) & ~EQUAL(top, zero))) << i;
        }
        hint->words[word] = bits;
        // Without the instruction, which not every processor of this level has: sums of pairs, of fours, of bytes.
        bits -= (bits >> 1) & 0x5555555555555555;
        bits = (bits & 0x3333333333333333) + ((bits >> 2) & 0x3333333333333333);
        count += (uint32_t)((((bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101) >> 56);
    }
    return count;
}

#endif
