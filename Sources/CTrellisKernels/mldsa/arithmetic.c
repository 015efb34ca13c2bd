// The choice among the versions of the arithmetic.
#include "arithmetic.h"

#include "tk_cpu.h"
#include "versions.h"

const mldsa_arithmetic *mldsa_arithmetic_now(void) {
#if defined(__x86_64__)
    const int level = tk_cpu_level();
    if (level >= TK_CPU_AVX512) return &mldsa_arithmetic_avx512;
    if (level >= TK_CPU_AVX2) return &mldsa_arithmetic_avx2;
#endif
    return &mldsa_arithmetic_portable;
}
