// WOTS+ of XMSS (RFC 8391 §3) and the L-trees over its public keys (§4.1.5), many chains and nodes at once.
#include "chains.h"
#include "tk_taint.h"
#include "xmss.h"

#include <string.h>

enum { DIGIT_BITS = 4, CHECKSUM_DIGITS = 3, CHECKSUM_SHIFT = 4 };

/// The digits of n bytes and of their checksum (Algorithm 5), which is shifted to whole bytes: its digits are the three high ones of 16 bits.
static void digits_of(const struct xmss *xmss, const uint8_t *message, uint8_t digits[XMSS_CHAINS_MAX]) {
    const unsigned count = 2 * xmss->n;
    unsigned sum = 0;
    for (unsigned i = 0; i < count; i++) {
        digits[i] = (message[i / 2] >> (i % 2 == 0 ? DIGIT_BITS : 0)) & (XMSS_W - 1);
        sum += XMSS_W - 1 - digits[i];
    }
    sum <<= CHECKSUM_SHIFT;
    for (unsigned i = 0; i < CHECKSUM_DIGITS; i++) digits[count + i] = (sum >> (12 - DIGIT_BITS * i)) & (XMSS_W - 1);
}

/// One step of `count` chains, whose addresses stand at their chains; in parts of XMSS_LANES.
static void step_chains(const struct xmss *xmss, uint8_t addresses[][XMSS_ADDRESS], uint8_t *values, unsigned step, unsigned count) {
    while (count > 0) {
        const unsigned taken = count < XMSS_LANES ? count : XMSS_LANES;
        for (unsigned i = 0; i < taken; i++) addresses[i][27] = (uint8_t)step;
        tk_xmss_masked(xmss, addresses, 1, values, xmss->n, values, taken);
        addresses += taken, values += taken * xmss->n, count -= taken;
    }
}

/// The chain ends of at most XMSS_KEYS keys, side by side whichever key they are of.
static void chain_ends(
    const struct xmss *xmss, const struct xmss_place *tree, uint32_t first, unsigned count,
    uint8_t ends[XMSS_KEYS][XMSS_CHAINS_MAX * XMSS_N_MAX]) {
    uint8_t addresses[XMSS_LANES][XMSS_ADDRESS], values[XMSS_LANES * XMSS_N_MAX];
    const unsigned total = count * xmss->chains;
    for (unsigned begun = 0; begun < total; begun += XMSS_LANES) {
        const unsigned taken = total - begun < XMSS_LANES ? total - begun : XMSS_LANES;
        for (unsigned i = 0; i < taken; i++) {
            const uint32_t leaf = first + (begun + i) / xmss->chains;
            tk_xmss_address(addresses[i], tree, XMSS_OTS, leaf, (begun + i) % xmss->chains, 0);
        }
        tk_xmss_secrets(xmss, addresses, values, taken);
        for (unsigned step = 0; step < XMSS_W - 1; step++) step_chains(xmss, addresses, values, step, taken);
        for (unsigned i = 0; i < taken; i++) {
            uint8_t *end = ends[(begun + i) / xmss->chains] + (begun + i) % xmss->chains * xmss->n;
            memcpy(end, values + i * xmss->n, xmss->n);
        }
    }
    tk_zero(values, sizeof values);
}

/// The roots of the L-trees of `count` keys, at most XMSS_KEYS (Algorithm 8). A node without a sibling moves up as it is.
static void ltree_roots(
    const struct xmss *xmss, const struct xmss_place *tree, uint32_t first, unsigned count,
    uint8_t ends[XMSS_KEYS][XMSS_CHAINS_MAX * XMSS_N_MAX], uint8_t *roots) {
    uint8_t addresses[XMSS_LANES][XMSS_ADDRESS], pairs[XMSS_LANES * 2 * XMSS_N_MAX], nodes[XMSS_LANES * XMSS_N_MAX];
    const size_t n = xmss->n;
    unsigned length = xmss->chains;
    for (uint32_t height = 0; length > 1; height++) {
        const unsigned half = length / 2, total = count * half;
        for (unsigned begun = 0; begun < total; begun += XMSS_LANES) {
            const unsigned taken = total - begun < XMSS_LANES ? total - begun : XMSS_LANES;
            for (unsigned i = 0; i < taken; i++) {
                const unsigned key = (begun + i) / half, node = (begun + i) % half;
                tk_xmss_address(addresses[i], tree, XMSS_LTREE, first + key, height, node);
                memcpy(pairs + i * 2 * n, ends[key] + node * 2 * n, 2 * n);
            }
            tk_xmss_masked(xmss, addresses, 2, pairs, 2 * n, nodes, taken);
            // A parent's place is never one of a child that is still to be read.
            for (unsigned i = 0; i < taken; i++) memcpy(ends[(begun + i) / half] + (begun + i) % half * n, nodes + i * n, n);
        }
        if (length % 2 == 1) {
            for (unsigned key = 0; key < count; key++) memcpy(ends[key] + half * n, ends[key] + (length - 1) * n, n);
        }
        length = (length + 1) / 2;
    }
    for (unsigned key = 0; key < count; key++) memcpy(roots + key * n, ends[key], n);
}

void tk_xmss_leaves(const struct xmss *xmss, const struct xmss_place *tree, uint32_t first, unsigned count, uint8_t *leaves) {
    uint8_t ends[XMSS_KEYS][XMSS_CHAINS_MAX * XMSS_N_MAX];
    while (count > 0) {
        const unsigned taken = count < XMSS_KEYS ? count : XMSS_KEYS;
        chain_ends(xmss, tree, first, taken, ends);
        ltree_roots(xmss, tree, first, taken, ends, leaves);
        first += taken, count -= taken, leaves += taken * xmss->n;
    }
}

void tk_xmss_wots_sign(const struct xmss *xmss, const struct xmss_place *place, const uint8_t *message, uint8_t *signature) {
    uint8_t addresses[XMSS_CHAINS_MAX][XMSS_ADDRESS], values[XMSS_CHAINS_MAX * XMSS_N_MAX], digits[XMSS_CHAINS_MAX];
    uint32_t order[XMSS_CHAINS_MAX];
    uint16_t active[XMSS_W];
    const size_t n = xmss->n;
    digits_of(xmss, message, digits);
    tk_chains_by_end(order, active, digits, xmss->chains, XMSS_W);
    for (unsigned i = 0; i < xmss->chains; i++) tk_xmss_address(addresses[i], place, XMSS_OTS, place->leaf, order[i], 0);
    for (unsigned i = 0; i < xmss->chains; i += XMSS_LANES) {
        tk_xmss_secrets(xmss, addresses + i, values + i * n, xmss->chains - i < XMSS_LANES ? xmss->chains - i : XMSS_LANES);
    }
    for (unsigned step = 0; step < XMSS_W - 1; step++) step_chains(xmss, addresses, values, step, active[step]);
    for (unsigned i = 0; i < xmss->chains; i++) memcpy(signature + order[i] * n, values + i * n, n);
    tk_zero(values, sizeof values);
}

void tk_xmss_wots_recover(
    const struct xmss *xmss, const struct xmss_place *place, const uint8_t *message, const uint8_t *signature, uint8_t *leaf) {
    uint8_t addresses[XMSS_CHAINS_MAX][XMSS_ADDRESS], values[XMSS_CHAINS_MAX * XMSS_N_MAX], digits[XMSS_CHAINS_MAX];
    uint8_t ends[XMSS_KEYS][XMSS_CHAINS_MAX * XMSS_N_MAX];
    uint32_t order[XMSS_CHAINS_MAX];
    uint16_t active[XMSS_W];
    const size_t n = xmss->n;
    digits_of(xmss, message, digits);
    tk_chains_by_start(order, active, digits, xmss->chains, XMSS_W);
    for (unsigned i = 0; i < xmss->chains; i++) {
        tk_xmss_address(addresses[i], place, XMSS_OTS, place->leaf, order[i], 0);
        memcpy(values + i * n, signature + order[i] * n, n);
    }
    for (unsigned step = 0; step < XMSS_W - 1; step++) step_chains(xmss, addresses, values, step, active[step]);
    for (unsigned i = 0; i < xmss->chains; i++) memcpy(ends[0] + order[i] * n, values + i * n, n);
    ltree_roots(xmss, place, place->leaf, 1, ends, leaf);
}
