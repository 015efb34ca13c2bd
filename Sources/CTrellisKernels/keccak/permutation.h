// The permutations for each kind of processor; tk_keccak_f1600* choose among them.
#ifndef TK_KECCAK_PERMUTATION_H
#define TK_KECCAK_PERMUTATION_H

#include <stdint.h>

void tk_keccak_f1600_portable(uint64_t state[25]);

#if defined(__x86_64__)
/// With and-not and rotation into another register.
void tk_keccak_f1600_bmi2(uint64_t state[25]);
void tk_keccak_f1600_avx512(uint64_t states[25]);
/// Four states, the next lane `stride` words on.
void tk_keccak_f1600_x4_avx2(uint64_t *states);
void tk_keccak_f1600_x4_avx512(uint64_t *states);
/// Eight states as two times four.
void tk_keccak_f1600_x8_avx2(uint64_t *states);
void tk_keccak_f1600_x8_avx512(uint64_t *states);
#endif

#endif
