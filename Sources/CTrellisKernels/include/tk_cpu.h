// Which instructions the kernels may use on this machine.
#ifndef TK_CPU_H
#define TK_CPU_H

/// Each level includes those before it.
enum tk_cpu_level {
    /// Plain C, on any processor.
    TK_CPU_PORTABLE = 0,
    /// x86-64 with AVX2, BMI1 and BMI2.
    TK_CPU_AVX2 = 1,
    /// x86-64 with AVX-512 F, VL, BW, DQ as well.
    TK_CPU_AVX512 = 2,
};

/// The level in force: what the processor and the operating system offer, or less if tk_cpu_limit said so.
int tk_cpu_level(void);

/// Whether the SHA-256 instructions (SHA-NI) may be used: they are there, and the level is not limited to portable.
int tk_cpu_has_sha(void);

/// Uses at most this level from now on, in the whole process: for tests and measurements that compare the paths.
void tk_cpu_limit(int level);

#endif
