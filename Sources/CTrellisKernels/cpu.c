// What the processor offers, asked once by CPUID and kept.
#include "tk_cpu.h"

#include <stdatomic.h>

#if defined(__x86_64__)
#include <cpuid.h>

static unsigned long long enabled_register_state(void) {
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((unsigned long long)high << 32) | low;
}

enum { DETECTED = 0x100, HAS_SHA = 0x10 };

static int detect(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return DETECTED;
    const int sse41 = (c >> 19) & 1, xsave = (c >> 27) & 1;
    unsigned b7, c7, d7;
    if (!__get_cpuid_count(7, 0, &a, &b7, &c7, &d7)) return DETECTED;
    const int sha = sse41 && ((b7 >> 29) & 1) ? HAS_SHA : 0;
    if (!xsave) return DETECTED | sha;
    const unsigned long long state = enabled_register_state();
    // AVX2 and both sets of bit manipulation.
    const unsigned bits = (1u << 3) | (1u << 5) | (1u << 8);
    const int avx2 = (state & 0x06) == 0x06 && (b7 & bits) == bits;
    if (!avx2) return DETECTED | sha | TK_CPU_PORTABLE;
    // F, DQ, BW, VL; with the state of the mask and upper registers saved by the system.
    const unsigned wanted = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);
    const int avx512 = (state & 0xe6) == 0xe6 && (b7 & wanted) == wanted;
    return DETECTED | sha | (avx512 ? TK_CPU_AVX512 : TK_CPU_AVX2);
}
#else
enum { DETECTED = 0x100, HAS_SHA = 0x10 };

static int detect(void) { return DETECTED; }
#endif

static _Atomic int detected = 0;
static _Atomic int limit = TK_CPU_AVX512;

static int features(void) {
    int found = atomic_load_explicit(&detected, memory_order_relaxed);
    if (found == 0) {
        found = detect();
        atomic_store_explicit(&detected, found, memory_order_relaxed);
    }
    return found;
}

int tk_cpu_level(void) {
    const int level = features() & 0x0f;
    const int most = atomic_load_explicit(&limit, memory_order_relaxed);
    return level < most ? level : most;
}

int tk_cpu_has_sha(void) {
    return (features() & HAS_SHA) != 0 && atomic_load_explicit(&limit, memory_order_relaxed) > TK_CPU_PORTABLE;
}

void tk_cpu_limit(int level) { atomic_store_explicit(&limit, level, memory_order_relaxed); }
