// Which chains of a one-time key are walked together. Chains begin or end where the digits of the message say, so at each step only
// some are walked: they are put in an order in which those are the first so many.
#ifndef TK_HASHSIG_CHAINS_H
#define TK_HASHSIG_CHAINS_H

#include <stdint.h>

/// For signing, from the secret beginning to the digit: the chains with the longest way first. `active[step]`, for each step below
/// `width` - 1, is the number of chains that take the step. Digits are below `width`, which is at most 256.
void tk_chains_by_end(uint32_t *order, uint16_t *active, const uint8_t *digits, unsigned count, unsigned width);

/// For verifying, from the digit to the end: the chains that begin first come first.
void tk_chains_by_start(uint32_t *order, uint16_t *active, const uint8_t *digits, unsigned count, unsigned width);

#endif
