// LM-OTS (RFC 8554 §4): one-time keys, their chains walked many at once.
#include "chains.h"
#include "lms.h"
#include "tk_keccak.h"
#include "tk_sha2.h"
#include "tk_taint.h"

#include <string.h>

/// The place of the randomizer among the values derived from the seed: beyond all chains.
enum { RANDOMIZER_CHAIN = 0xfffd, SECRET_STEP = 0xff };

int tk_lms_begin(struct lms *lms, uint32_t type, uint32_t ots_type, const uint8_t *identifier, const uint8_t *seed) {
    if (type < 5 || type > 24 || ots_type < 1 || ots_type > 16) return 1;
    // SHA-256 with 32 bytes, with 24; SHAKE256 with 32, with 24: five heights or four widths each.
    const uint32_t family = (type - 5) / 5, ots_family = (ots_type - 1) / 4;
    if (family != ots_family) return 1;
    lms->type = type;
    lms->ots_type = ots_type;
    lms->n = family % 2 == 0 ? 32 : 24;
    lms->height = 5 * ((type - 5) % 5 + 1);
    lms->w = 1u << (ots_type - 1) % 4;
    // The checksum is at most (2^w - 1) 8n/w, and is as many digits (§4.4, Appendix B).
    const unsigned digits = 8 * lms->n / lms->w;
    unsigned bits = 0, check = 0;
    while (((1u << lms->w) - 1) * digits >> bits > 0) bits++;
    while (check * lms->w < bits) check++;
    lms->chains = digits + check;
    lms->shift = 16 - check * lms->w;
    tk_hash_begin(&lms->hash, family < 2 ? TK_HASH_SHA256 : TK_HASH_SHAKE256);
    lms->identifier = identifier;
    lms->seed = seed;
    return 0;
}

void tk_lms_head(const struct lms *lms, uint8_t *frame, uint32_t number, unsigned use) {
    memcpy(frame, lms->identifier, TK_LMS_IDENTIFIER_BYTES);
    put32(frame + 16, number);
    frame[20] = (uint8_t)(use >> 8);
    frame[21] = (uint8_t)use;
}

/// The hash of a head, a randomizer and a message.
static void digest_message(
    const struct lms *lms, uint8_t digest[LMS_N_MAX], uint32_t index, const uint8_t *randomizer, const uint8_t *message,
    size_t message_size) {
    uint8_t head[LMS_HEAD + LMS_N_MAX];
    tk_lms_head(lms, head, index, LMS_MESSAGE);
    memcpy(head + LMS_HEAD, randomizer, lms->n);
    if (lms->hash.function == TK_HASH_SHA256) {
        uint8_t whole[TK_SHA256_BYTES];
        struct tk_sha256 hash;
        tk_sha256_begin(&hash);
        tk_sha256_update(&hash, head, LMS_HEAD + lms->n);
        tk_sha256_update(&hash, message, message_size);
        tk_sha256_end(&hash, whole);
        memcpy(digest, whole, lms->n);
    } else {
        tk_sponge sponge;
        tk_sponge_init(&sponge, TK_SHAKE256_RATE, TK_SHAKE_SUFFIX);
        tk_sponge_absorb(&sponge, head, LMS_HEAD + lms->n);
        tk_sponge_absorb(&sponge, message, message_size);
        tk_sponge_finish(&sponge);
        tk_sponge_squeeze(&sponge, digest, lms->n);
    }
}

void tk_lms_digits(
    const struct lms *lms, uint32_t index, const uint8_t *randomizer, const uint8_t *message, size_t message_size,
    uint8_t digits[LMS_CHAINS_MAX]) {
    uint8_t digest[LMS_N_MAX + 2];
    digest_message(lms, digest, index, randomizer, message, message_size);
    const unsigned largest = (1u << lms->w) - 1, per_byte = 8 / lms->w;
    unsigned sum = 0;
    for (unsigned i = 0; i < lms->chains; i++) {
        if (i == lms->n * per_byte) {
            sum <<= lms->shift;
            digest[lms->n] = (uint8_t)(sum >> 8);
            digest[lms->n + 1] = (uint8_t)sum;
        }
        digits[i] = (digest[i / per_byte] >> (8 - lms->w * (i % per_byte + 1))) & largest;
        sum += largest - digits[i];
    }
}

// Chains, whose values lie in their frames

static void begin_chain(const struct lms *lms, uint8_t *frame, uint32_t index, uint32_t chain, const uint8_t *value) {
    tk_lms_head(lms, frame, index, chain);
    memcpy(frame + LMS_CHAIN_HEAD, value, lms->n);
    tk_hash_pad(&lms->hash, frame, LMS_CHAIN_HEAD + lms->n);
}

/// One step, or for SECRET_STEP the derivation from the seed (Appendix A), of `count` chains.
static void step_chains(const struct lms *lms, uint8_t *frames, unsigned step, unsigned count) {
    for (unsigned i = 0; i < count; i++) frames[i * LMS_FRAME + LMS_HEAD] = (uint8_t)step;
    tk_hash_frames(&lms->hash, frames, LMS_FRAME, 1, frames + LMS_CHAIN_HEAD, LMS_FRAME, lms->n, count);
}

void tk_lms_randomizer(const struct lms *lms, uint32_t index, uint8_t *randomizer) {
    uint8_t frame[LMS_FRAME];
    begin_chain(lms, frame, index, RANDOMIZER_CHAIN, lms->seed);
    step_chains(lms, frame, SECRET_STEP, 1);
    memcpy(randomizer, frame + LMS_CHAIN_HEAD, lms->n);
    TK_PUBLIC(randomizer, lms->n);
    tk_zero(frame, sizeof frame);
}

/// The chain ends of at most LMS_KEYS keys, side by side whichever key they are of, into the frames of the keys.
static void chain_ends(const struct lms *lms, uint32_t first, unsigned count, uint8_t keys[LMS_KEYS][LMS_KEY_FRAME]) {
    uint8_t frames[LMS_LANES][LMS_FRAME];
    const unsigned total = count * lms->chains, last = (1u << lms->w) - 1;
    for (unsigned begun = 0; begun < total; begun += LMS_LANES) {
        const unsigned taken = total - begun < LMS_LANES ? total - begun : LMS_LANES;
        for (unsigned i = 0; i < taken; i++) {
            begin_chain(lms, frames[i], first + (begun + i) / lms->chains, (begun + i) % lms->chains, lms->seed);
        }
        step_chains(lms, frames[0], SECRET_STEP, taken);
        for (unsigned step = 0; step < last; step++) step_chains(lms, frames[0], step, taken);
        for (unsigned i = 0; i < taken; i++) {
            uint8_t *ends = keys[(begun + i) / lms->chains] + LMS_HEAD;
            memcpy(ends + (size_t)((begun + i) % lms->chains) * lms->n, frames[i] + LMS_CHAIN_HEAD, lms->n);
        }
    }
    tk_zero(frames, sizeof frames);
}

void tk_lms_keys(const struct lms *lms, uint32_t first, unsigned count, uint8_t *keys) {
    uint8_t frames[LMS_KEYS][LMS_KEY_FRAME];
    while (count > 0) {
        const unsigned taken = count < LMS_KEYS ? count : LMS_KEYS;
        unsigned blocks = 0;
        chain_ends(lms, first, taken, frames);
        for (unsigned i = 0; i < taken; i++) {
            tk_lms_head(lms, frames[i], first + i, LMS_KEY);
            blocks = tk_hash_pad(&lms->hash, frames[i], LMS_HEAD + lms->chains * lms->n);
        }
        tk_hash_frames(&lms->hash, frames[0], LMS_KEY_FRAME, blocks, keys, lms->n, lms->n, taken);
        first += taken, count -= taken, keys += taken * lms->n;
    }
}

void tk_lms_values(const struct lms *lms, uint32_t index, const uint8_t *digits, uint8_t *values) {
    uint8_t frames[LMS_CHAINS_MAX][LMS_FRAME];
    uint32_t order[LMS_CHAINS_MAX];
    uint16_t active[LMS_WIDTH_MAX];
    const unsigned width = 1u << lms->w;
    tk_chains_by_end(order, active, digits, lms->chains, width);
    for (unsigned i = 0; i < lms->chains; i++) begin_chain(lms, frames[i], index, order[i], lms->seed);
    step_chains(lms, frames[0], SECRET_STEP, lms->chains);
    for (unsigned step = 0; step + 1 < width; step++) step_chains(lms, frames[0], step, active[step]);
    for (unsigned i = 0; i < lms->chains; i++) memcpy(values + order[i] * lms->n, frames[i] + LMS_CHAIN_HEAD, lms->n);
    tk_zero(frames, sizeof frames);
}

void tk_lms_recover(const struct lms *lms, uint32_t index, const uint8_t *digits, const uint8_t *values, uint8_t *key) {
    uint8_t frames[LMS_CHAINS_MAX][LMS_FRAME], ends[LMS_KEY_FRAME];
    uint32_t order[LMS_CHAINS_MAX];
    uint16_t active[LMS_WIDTH_MAX];
    const unsigned width = 1u << lms->w;
    tk_chains_by_start(order, active, digits, lms->chains, width);
    for (unsigned i = 0; i < lms->chains; i++) begin_chain(lms, frames[i], index, order[i], values + order[i] * lms->n);
    for (unsigned step = 0; step + 1 < width; step++) step_chains(lms, frames[0], step, active[step]);
    for (unsigned i = 0; i < lms->chains; i++) memcpy(ends + LMS_HEAD + order[i] * lms->n, frames[i] + LMS_CHAIN_HEAD, lms->n);
    tk_lms_head(lms, ends, index, LMS_KEY);
    const unsigned blocks = tk_hash_pad(&lms->hash, ends, LMS_HEAD + lms->chains * lms->n);
    tk_hash_frames(&lms->hash, ends, 0, blocks, key, 0, lms->n, 1);
}
