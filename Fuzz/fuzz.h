// What the fuzz targets share. An input is a recipe, not the thing itself: a few bytes choose a parameter set and what is changed, the rest
// are edits to a valid key, ciphertext or signature. So the fuzzer gets past the first checks, and its inputs stay small.
#ifndef FUZZ_H
#define FUZZ_H

#include <stdlib.h>

#include "CTrellisKernels.h"

/// A finding if `condition` does not hold.
#define EXPECT(condition) ((condition) ? (void)0 : __builtin_trap())

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/// What is left of an input; zeros follow its end.
typedef struct {
    const uint8_t *bytes;
    size_t left;
} recipe;

static inline uint8_t next_byte(recipe *r) {
    if (r->left == 0) return 0;
    r->left--;
    return *r->bytes++;
}

/// Changes `bytes` as the recipe says: each edit is a place (two bytes), what to do there, and a value. `edits` bounds their number.
static inline void edit(recipe *r, uint8_t *bytes, size_t count, int edits) {
    for (; edits > 0 && r->left > 0 && count > 0; edits--) {
        const size_t place = (next_byte(r) | (size_t)next_byte(r) << 8) % count;
        const uint8_t how = next_byte(r), value = next_byte(r);
        switch (how % 4) {
        case 0: bytes[place] ^= (uint8_t)(1u << value % 8); break;
        case 1: bytes[place] = value; break;
        case 2: bytes[place] = (uint8_t)(bytes[place] + value); break;
        default: // A run of one value, to the end of what is edited at most.
            for (size_t i = place; i < count && i <= place + how / 4; i++) bytes[i] = value;
        }
    }
}

/// The bytes in memory of exactly their size, so that the address sanitizer sees a read behind them. Freed by the caller.
static inline uint8_t *copied(const uint8_t *bytes, size_t count) {
    uint8_t *copy = malloc(count == 0 ? 1 : count);
    EXPECT(copy != NULL);
    if (count > 0) memcpy(copy, bytes, count);
    return copy;
}

/// Aligned for the kernels' key objects. Freed by the caller.
static inline void *object_memory(size_t count) {
    void *memory = aligned_alloc(64, (count + 63) / 64 * 64);
    EXPECT(memory != NULL);
    return memory;
}

/// Uses the given level; false if this processor does not have it.
static inline int at_level(int level) {
    tk_cpu_limit(level);
    return tk_cpu_level() == level;
}

#define EACH_LEVEL(level) (int level = TK_CPU_PORTABLE; level <= TK_CPU_AVX512 && at_level(level); level++)

#endif
