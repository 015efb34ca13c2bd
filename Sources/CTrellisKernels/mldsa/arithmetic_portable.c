// The transform, multiplication, sampling and rounding in plain C; secrets meet no branch and no index.
#include "arithmetic.h"
#include "tk_taint.h"

static void ntt(polynomial *a) {
    size_t k = 0;
    for (size_t length = 128; length > 0; length /= 2) {
        for (size_t start = 0; start < DEGREE; start += 2 * length) {
            const int64_t zeta = mldsa_zetas[++k];
            int32_t *low = a->c + start, *high = low + length;
            for (size_t j = 0; j < length; j++) {
                const int32_t t = montgomery_reduce(zeta * high[j]);
                high[j] = low[j] - t;
                low[j] += t;
            }
        }
    }
}

static void inverse_ntt(polynomial *a) {
    size_t k = DEGREE;
    for (size_t length = 1; length < DEGREE / 2; length *= 2) {
        for (size_t start = 0; start < DEGREE; start += 2 * length) {
            const int64_t zeta = -mldsa_zetas[--k];
            int32_t *low = a->c + start, *high = low + length;
            for (size_t j = 0; j < length; j++) {
                const int32_t t = low[j];
                low[j] = t + high[j];
                high[j] = montgomery_reduce(zeta * (t - high[j]));
            }
        }
    }
    // The last layer's factor holds that of the whole.
    for (size_t j = 0; j < DEGREE / 2; j++) {
        const int32_t low = a->c[j], high = a->c[j + DEGREE / 2];
        a->c[j] = montgomery_reduce((int64_t)INVERSE_NTT_FACTOR * (low + high));
        a->c[j + DEGREE / 2] = montgomery_reduce((int64_t)INVERSE_NTT_LAST * (low - high));
    }
}

static void multiply_sum(polynomial *out, const polynomial *a, const polynomial *b, size_t count) {
    for (size_t i = 0; i < DEGREE; i++) {
        int64_t sum = 0;
        for (size_t j = 0; j < count; j++) sum += (int64_t)a[j].c[i] * b[j].c[i];
        out->c[i] = montgomery_reduce(sum);
    }
}

static size_t reject_uniform(polynomial *out, size_t have, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count && have < DEGREE; i += 3) {
        const int32_t value = bytes[i] | bytes[i + 1] << 8 | (bytes[i + 2] & 0x7f) << 16;
        if (value < MODULUS) out->c[have++] = value;
    }
    return have;
}

/// Which half bytes are refused tells nothing of the values of the others: the place of each is public, its value is not.
static size_t reject_eta(polynomial *out, size_t have, const uint8_t *bytes, size_t count, int32_t eta) {
    const int32_t limit = eta == 2 ? 15 : 9;
    for (size_t i = 0; i < 2 * count && have < DEGREE; i++) {
        const int32_t half = (bytes[i / 2] >> (4 * (i % 2))) & 15;
        uint8_t accepted = (uint8_t)((uint32_t)(half - limit) >> 31);
        TK_PUBLIC(&accepted, sizeof accepted);
        // Modulo 5 for eta = 2: 205 / 1024 is a fifth, near enough below 15.
        if (accepted) out->c[have++] = eta == 2 ? 2 - (half - ((205 * half) >> 10) * 5) : 4 - half;
    }
    return have;
}

static void decompose(polynomial *high, polynomial *low, const polynomial *a, int32_t gamma2) {
    for (size_t i = 0; i < DEGREE; i++) {
        const int32_t value = add_modulus_if_negative(a->c[i]), top = high_part(value, gamma2);
        high->c[i] = top;
        low->c[i] = low_part(value, top, gamma2);
    }
}

static void pack_high(uint8_t *bytes, const polynomial *high, int32_t gamma2) {
    if (gamma2 == (MODULUS - 1) / 32) {
        for (size_t i = 0; i < DEGREE / 2; i++) bytes[i] = (uint8_t)(high->c[2 * i] | high->c[2 * i + 1] << 4);
        return;
    }
    for (size_t i = 0; i < DEGREE / 4; i++) {
        const int32_t *c = high->c + 4 * i;
        bytes[3 * i] = (uint8_t)(c[0] | c[1] << 6);
        bytes[3 * i + 1] = (uint8_t)(c[1] >> 2 | c[2] << 4);
        bytes[3 * i + 2] = (uint8_t)(c[2] >> 4 | c[3] << 2);
    }
}

/// The sign bit says whether |a| >= bound.
static inline uint32_t beyond(int32_t a, int32_t bound) {
    const int32_t magnitude = (a ^ (a >> 31)) - (a >> 31);
    return (uint32_t)(bound - 1 - magnitude);
}

static uint32_t exceeds(const polynomial *a, int32_t bound) {
    uint32_t flags = 0;
    for (size_t i = 0; i < DEGREE; i++) flags |= beyond(a->c[i], bound);
    return flags >> 31;
}

static uint32_t add_exceeds(polynomial *a, const polynomial *y, int32_t bound) {
    for (size_t i = 0; i < DEGREE; i++) a->c[i] = reduce_near_zero(a->c[i] + y->c[i]);
    return exceeds(a, bound);
}

static uint32_t subtract_exceeds(polynomial *w, const polynomial *a, int32_t bound) {
    for (size_t i = 0; i < DEGREE; i++) w->c[i] = reduce_near_zero(w->c[i] - a->c[i]);
    return exceeds(w, bound);
}

static uint32_t make_hint(coefficient_set *hint, const polynomial *low, const polynomial *high, int32_t gamma2) {
    uint32_t count = 0;
    for (size_t word = 0; word < 4; word++) {
        uint64_t bits = 0;
        for (size_t i = 0; i < 64; i++) {
            const int32_t a = low->c[64 * word + i], top = high->c[64 * word + i];
            // Beyond gamma2 on either side; -gamma2 itself stays only with a high part of zero.
            const uint32_t above = (uint32_t)(gamma2 - a) >> 31, below = (uint32_t)(a + gamma2) >> 31;
            const uint32_t edge = a + gamma2, at_edge = ~(edge | (0 - edge)) >> 31, nonzero = (0 - (uint32_t)top) >> 31;
            const uint32_t bit = above | below | (at_edge & nonzero);
            bits |= (uint64_t)bit << i;
            count += bit;
        }
        hint->words[word] = bits;
    }
    return count;
}

static void pack_z(uint8_t *bytes, const polynomial *z, int32_t gamma1) {
    if (gamma1 == 1 << 17) {
        for (size_t i = 0; i < DEGREE; i += 4, bytes += 9) {
            uint32_t v[4];
            for (size_t j = 0; j < 4; j++) v[j] = (uint32_t)(gamma1 - z->c[i + j]);
            const uint64_t first = v[0] | (uint64_t)v[1] << 18 | (uint64_t)v[2] << 36 | (uint64_t)v[3] << 54;
            memcpy(bytes, &first, 8);
            bytes[8] = (uint8_t)(v[3] >> 10);
        }
        return;
    }
    for (size_t i = 0; i < DEGREE; i += 2, bytes += 5) {
        const uint64_t pair = (uint64_t)(uint32_t)(gamma1 - z->c[i]) | (uint64_t)(uint32_t)(gamma1 - z->c[i + 1]) << 20;
        memcpy(bytes, &pair, 5);
    }
}

static void unpack_z(polynomial *z, const uint8_t *bytes, int32_t gamma1) {
    if (gamma1 == 1 << 17) {
        for (size_t i = 0; i < DEGREE; i += 4, bytes += 9) {
            uint64_t first;
            memcpy(&first, bytes, 8);
            for (size_t j = 0; j < 3; j++) z->c[i + j] = gamma1 - (int32_t)(first >> (18 * j) & 0x3ffff);
            z->c[i + 3] = gamma1 - (int32_t)(first >> 54 | (uint64_t)bytes[8] << 10);
        }
        return;
    }
    for (size_t i = 0; i < DEGREE; i += 2, bytes += 5) {
        uint64_t pair = 0;
        memcpy(&pair, bytes, 5);
        z->c[i] = gamma1 - (int32_t)(pair & 0xfffff);
        z->c[i + 1] = gamma1 - (int32_t)(pair >> 20);
    }
}

static void unpack_t1(polynomial *t1, const uint8_t *bytes) {
    for (size_t i = 0; i < DEGREE; i += 4, bytes += 5) {
        uint64_t four = 0;
        memcpy(&four, bytes, 5);
        for (size_t j = 0; j < 4; j++) t1->c[i + j] = (int32_t)(four >> (10 * j) & 0x3ff) << DROPPED_BITS;
    }
}

static void power2round(polynomial *t1, polynomial *t0, const polynomial *t) {
    for (size_t i = 0; i < DEGREE; i++) {
        const int32_t value = add_modulus_if_negative(t->c[i]);
        const int32_t top = (value + (1 << (DROPPED_BITS - 1)) - 1) >> DROPPED_BITS;
        t1->c[i] = top;
        t0->c[i] = value - (top << DROPPED_BITS);
    }
}

const mldsa_arithmetic mldsa_arithmetic_portable = {
    ntt, inverse_ntt, multiply_sum, reject_uniform, reject_eta, decompose, pack_high, add_exceeds, subtract_exceeds, make_hint,
    pack_z, unpack_z, exceeds, unpack_t1, power2round,
};
