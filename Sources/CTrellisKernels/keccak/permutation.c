// Keccak-f[1600] on 64-bit words, and the choice among the permutations for one, four and eight states.
#include "permutation.h"
#include "round.h"
#include "tk_cpu.h"
#include "tk_keccak.h"

const uint64_t tk_keccak_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
    0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
    0x000000000000800a, 0x800000008000000a, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

typedef uint64_t Lane;
#define XOR(a, b) ((a) ^ (b))
#define XOR5(a, b, c, d, e) ((a) ^ (b) ^ (c) ^ (d) ^ (e))
#define ROTATE(a, n) (((a) << (n)) | ((a) >> (64 - (n))))
#define CHI(a, b, c) ((a) ^ (~(b) & (c)))
#define CHI_IOTA(a, b, c, constant) (CHI(a, b, c) ^ (constant))
#define LOAD(a, i) a[i] = state[i];
#define STORE(a, i) state[i] = a[i];

static inline __attribute__((always_inline)) void permute(uint64_t state[25]) {
    Lane a[25], e[25];
    KECCAK_STATE(LOAD, a)
    for (int round = 0; round < 24; round += 2) {
        KECCAK_ROUND(a, e, tk_keccak_constants[round])
        KECCAK_ROUND(e, a, tk_keccak_constants[round + 1])
    }
    KECCAK_STATE(STORE, a)
}

void tk_keccak_f1600_portable(uint64_t state[25]) { permute(state); }

#if defined(__x86_64__)
__attribute__((target("bmi,bmi2"))) void tk_keccak_f1600_bmi2(uint64_t state[25]) { permute(state); }

void tk_keccak_f1600(uint64_t state[25]) {
    const int level = tk_cpu_level();
    if (level >= TK_CPU_AVX512) return tk_keccak_f1600_avx512(state);
    if (level >= TK_CPU_AVX2) return tk_keccak_f1600_bmi2(state);
    tk_keccak_f1600_portable(state);
}
#else
void tk_keccak_f1600(uint64_t state[25]) { tk_keccak_f1600_portable(state); }
#endif

static void permute_each(uint64_t *states, int count) {
    for (int k = 0; k < count; k++) {
        uint64_t state[25];
        for (int i = 0; i < 25; i++) state[i] = states[i * count + k];
        tk_keccak_f1600_portable(state);
        for (int i = 0; i < 25; i++) states[i * count + k] = state[i];
    }
}

void tk_keccak_f1600_x4(uint64_t states[25][4]) {
#if defined(__x86_64__)
    const int level = tk_cpu_level();
    if (level >= TK_CPU_AVX512) return tk_keccak_f1600_x4_avx512(states[0]);
    if (level >= TK_CPU_AVX2) return tk_keccak_f1600_x4_avx2(states[0]);
#endif
    permute_each(states[0], 4);
}

void tk_keccak_f1600_x8(uint64_t states[25][8]) {
#if defined(__x86_64__)
    const int level = tk_cpu_level();
    if (level >= TK_CPU_AVX512) return tk_keccak_f1600_x8_avx512(states[0]);
    if (level >= TK_CPU_AVX2) return tk_keccak_f1600_x8_avx2(states[0]);
#endif
    permute_each(states[0], 8);
}
