// Arithmetic on polynomials of 256 coefficients modulo q, in as many versions as there are kinds of processor. All versions give the same
// result coefficient by coefficient, and keep the transform's order of FIPS 204 §7.5, so a key expanded by one serves another.
#ifndef TK_MLDSA_ARITHMETIC_H
#define TK_MLDSA_ARITHMETIC_H

#include "parameters.h"

typedef struct {
    int32_t c[DEGREE];
} __attribute__((aligned(64))) polynomial;

/// Bit i of the 256: coefficient i.
typedef struct {
    uint64_t words[4];
} coefficient_set;

/// The bytes that reject_uniform and reject_eta may read beyond the end of what they are given.
enum { READ_BEYOND = 64 };

// "R" is 2^32, of Montgomery's multiplication. "Reduced" means between -q and q, both excluded.
typedef struct {
    /// The transform (Algorithm 41), in place. Takes reduced values, gives values below 9q in absolute value.
    void (*ntt)(polynomial *a);
    /// The inverse (Algorithm 42) times R, in place: reduced to reduced.
    void (*inverse_ntt)(polynomial *a);
    /// The sum over i < count of a[i] * b[i] / R, coefficient by coefficient: reduced. For count <= 8 and values below 9q; of at most two
    /// products both factors may exceed q.
    void (*multiply_sum)(polynomial *out, const polynomial *a, const polynomial *b, size_t count);

    /// Appends to out->c, from index `have` on, the numbers below q among the 23-bit numbers in groups of three bytes (Algorithm 14).
    /// `count` is a multiple of 24 bytes. Returns how many there are now, at most 256.
    size_t (*reject_uniform)(polynomial *out, size_t have, const uint8_t *bytes, size_t count);
    /// The same for secrets in [-eta, eta] from half bytes (Algorithm 15); `count` is a multiple of 8 bytes.
    size_t (*reject_eta)(polynomial *out, size_t have, const uint8_t *bytes, size_t count, int32_t eta);

    /// Splits each reduced coefficient into high and low part (Algorithm 36), the low one in (-gamma2, gamma2].
    void (*decompose)(polynomial *high, polynomial *low, const polynomial *a, int32_t gamma2);
    /// Packs high parts (Algorithm 28).
    void (*pack_high)(uint8_t *bytes, const polynomial *high, int32_t gamma2);
    /// Sets a to y + a, brought near zero. Returns 1 if some coefficient is `bound` or more in absolute value, else 0. `bound` is at most
    /// (q - 1) / 8; a is reduced and y small.
    uint32_t (*add_exceeds)(polynomial *a, const polynomial *y, int32_t bound);
    /// Sets w to w - a likewise.
    uint32_t (*subtract_exceeds)(polynomial *w, const polynomial *a, int32_t bound);
    /// The coefficients whose high part changes (Algorithm 39), given low - cs2 + ct0 and the high parts before; the number of them.
    uint32_t (*make_hint)(coefficient_set *hint, const polynomial *low, const polynomial *high, int32_t gamma2);

    /// Coefficients of y or z, packed as gamma1 - c (Algorithms 17 and 19), and back.
    void (*pack_z)(uint8_t *bytes, const polynomial *z, int32_t gamma1);
    void (*unpack_z)(polynomial *z, const uint8_t *bytes, int32_t gamma1);
    /// Returns 1 if some coefficient is `bound` or more in absolute value, else 0.
    uint32_t (*exceeds)(const polynomial *a, int32_t bound);
    /// The coefficients of t1 times 2^13 (Algorithm 18).
    void (*unpack_t1)(polynomial *t1, const uint8_t *bytes);
    /// Splits t into t1 and t0 in (-2^12, 2^12] (Algorithm 35). Takes reduced values.
    void (*power2round)(polynomial *t1, polynomial *t0, const polynomial *t);
} mldsa_arithmetic;

/// The version for the processor's level now in force.
const mldsa_arithmetic *mldsa_arithmetic_now(void);

extern const mldsa_arithmetic mldsa_arithmetic_portable;

extern const int32_t mldsa_zetas[DEGREE];

/// q^-1 modulo 2^32.
#define INVERSE_OF_Q 58728449
/// R^2 / 256 modulo q: undoes the transform's factor 256 and brings R in.
#define INVERSE_NTT_FACTOR 41978
/// The factor of the inverse's last layer times that.
#define INVERSE_NTT_LAST 3975713

/// a / R modulo q, between -q and q, for |a| < 2^31 * q.
static inline int32_t montgomery_reduce(int64_t a) {
    const int32_t multiple = (int32_t)((uint32_t)a * (uint32_t)INVERSE_OF_Q);
    return (int32_t)((a - (int64_t)multiple * MODULUS) >> 32);
}

/// From between -q and q to between 0 and q.
static inline int32_t add_modulus_if_negative(int32_t a) { return a + ((a >> 31) & MODULUS); }

/// The same number modulo q, with absolute value at most 6283008; for a below 2^31 - 2^22.
static inline int32_t reduce_near_zero(int32_t a) { return a - ((a + (1 << 22)) >> 23) * MODULUS; }

/// The high part of a in [0, q), as a number below 44 or 16 (Algorithm 37).
static inline int32_t high_part(int32_t a, int32_t gamma2) {
    // ceil(a / 128), then division by 2 * gamma2 / 128 by a multiplication that is exact on this range; q - 1 belongs to 0.
    const int32_t scaled = (a + 127) >> 7;
    if (gamma2 == (MODULUS - 1) / 32) return ((scaled * 1025 + (1 << 21)) >> 22) & 15;
    const int32_t high = (scaled * 11275 + (1 << 23)) >> 24;
    return high & ((high - 44) >> 31);
}

/// The low part of a that belongs to this high part.
static inline int32_t low_part(int32_t a, int32_t high, int32_t gamma2) {
    const int32_t low = a - high * 2 * gamma2;
    return low - ((((MODULUS - 1) / 2 - low) >> 31) & MODULUS);
}

#endif
