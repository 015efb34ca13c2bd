// Many sponges at work at once: the messages of one operation, of any lengths and rates, dealt out over four states that are permuted
// side by side. A hash of many blocks thus costs little while the matrix is sampled in the lanes beside it.
#ifndef TK_MLKEM_TASKS_H
#define TK_MLKEM_TASKS_H

#include "polynomial.h"

/// One message and what becomes of its hash. How many blocks go in and come out must be public.
typedef struct {
    /// The message is `first`, then `second`.
    const uint8_t *first;
    const uint8_t *second;
    uint16_t first_length;
    uint16_t second_length;
    /// Bytes per block and the domain suffix, FIPS 202 §6.
    uint8_t rate;
    uint8_t suffix;
    /// Bytes of output wanted, a multiple of 8, at most `rate`; 0 for a polynomial.
    uint8_t out_length;
    uint8_t *out;
    /// Where a uniform polynomial goes, FIPS 203 algorithm 7: SHAKE128, of a public message.
    polynomial *uniform;
} task;

/// Finishes all `count` tasks. Those that come first are begun first: put the long ones there.
void tk_mlkem_run(const arithmetic *use, const task *tasks, int count);

#endif
