// What the programs of this folder share: each marks its secrets with TK_SECRET, calls the kernels, and declares with TK_PUBLIC what the
// standard lets the world know of the results. Valgrind reports each branch and each address that depends on what is left.
#ifndef HARNESS_H
#define HARNESS_H

#include <stdio.h>
#include <stdlib.h>

#include "CTrellisKernels.h"

/// Bytes that are the same in every run.
static inline void fill(uint8_t *bytes, size_t count, uint32_t seed) {
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t)(seed >> 24);
    }
}

/// Runs `test` at every level that this processor has under valgrind, which knows no AVX-512.
static inline void at_each_level(void (*test)(void)) {
    for (int level = TK_CPU_PORTABLE; level <= TK_CPU_AVX512; level++) {
        tk_cpu_limit(level);
        if (tk_cpu_level() != level) continue;
        test();
        printf("level %d done\n", level);
    }
}

static inline void require(int condition, const char *what) {
    if (condition) return;
    printf("wrong: %s\n", what);
    exit(2);
}

#endif
