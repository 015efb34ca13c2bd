// The orders of chains: a counting sort by digit. Digits are of a message that is, or will be, public with its signature.
#include "chains.h"

#include <string.h>

/// Orders chains by digit, ascending; `below[digit]` becomes the number of digits at most `digit`.
static void order_by_digit(uint32_t *order, unsigned below[256], const uint8_t *digits, unsigned count, unsigned width) {
    unsigned next[256] = {0};
    memset(below, 0, 256 * sizeof *below);
    for (unsigned i = 0; i < count; i++) below[digits[i]]++;
    for (unsigned digit = 1; digit < width; digit++) {
        next[digit] = below[digit - 1];
        below[digit] += below[digit - 1];
    }
    for (unsigned i = 0; i < count; i++) order[next[digits[i]]++] = i;
}

void tk_chains_by_start(uint32_t *order, uint16_t *active, const uint8_t *digits, unsigned count, unsigned width) {
    unsigned below[256];
    order_by_digit(order, below, digits, count, width);
    for (unsigned step = 0; step + 1 < width; step++) active[step] = (uint16_t)below[step];
}

void tk_chains_by_end(uint32_t *order, uint16_t *active, const uint8_t *digits, unsigned count, unsigned width) {
    unsigned below[256];
    order_by_digit(order, below, digits, count, width);
    for (unsigned step = 0; step + 1 < width; step++) active[step] = (uint16_t)(count - below[step]);
    for (unsigned i = 0; i < count / 2; i++) {
        const uint32_t swapped = order[i];
        order[i] = order[count - 1 - i];
        order[count - 1 - i] = swapped;
    }
}
