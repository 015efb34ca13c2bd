// Bytes of several messages to and from lanes that stand side by side: a transposition of words.
#ifndef TK_KECCAK_TRANSPOSE_H
#define TK_KECCAK_TRANSPOSE_H

#include <stddef.h>
#include <stdint.h>

/// XORs `words` words of each of `ways` (4 or 8) messages, from `offset` bytes on, into the lanes.
void tk_keccak_xor_in(uint64_t *lanes, size_t ways, const uint8_t *const *messages, size_t offset, size_t words);

#if defined(__x86_64__)
// For `ways` 4 or 8 and `words` a multiple of 4, counted from the state's first lane.

/// XORs the first `words` words of each message, from `offset` on, into the lanes.
void tk_keccak_xor_in_avx2(uint64_t *lanes, size_t ways, const uint8_t *const *messages, size_t offset, size_t words);
/// Copies the first `words` lanes of each state to its output, from `offset` on.
void tk_keccak_copy_out_avx2(const uint64_t *lanes, size_t ways, uint8_t *const *outs, size_t offset, size_t words);
#endif

#endif
