// WOTS+ (FIPS 205 §5): chains of F, w = 16, walked for many chains at once.
#include "chains.h"
#include "slhdsa.h"
#include "tk_taint.h"

#include <string.h>

enum { W = 16, DIGIT_BITS = 4, CHECKSUM_DIGITS = 3 };

/// The digits of a message of n bytes and of their checksum (Algorithm 7, lines 1 to 7).
static void digits_of(const struct slh *slh, const uint8_t *message, uint8_t digits[SLH_LENGTH_MAX]) {
    const unsigned count = 2 * slh->set.n;
    unsigned sum = 0;
    for (unsigned i = 0; i < count; i++) {
        digits[i] = (message[i / 2] >> (i % 2 == 0 ? DIGIT_BITS : 0)) & (W - 1);
        sum += W - 1 - digits[i];
    }
    for (unsigned i = 0; i < CHECKSUM_DIGITS; i++) {
        digits[count + i] = (sum >> (DIGIT_BITS * (CHECKSUM_DIGITS - 1 - i))) & (W - 1);
    }
}

/// One step of F, from `step` to the next, of `count` chains whose values lie in their frames.
static void step_chains(const struct slh *slh, uint8_t *frames, unsigned blocks, unsigned step, unsigned count) {
    for (unsigned i = 0; i < count; i++) slh_word3(slh, frames + i * SLH_FRAME, step);
    tk_hash_frames(&slh->narrow, frames, SLH_FRAME, blocks, frames + slh->offset, SLH_FRAME, slh->set.n, count);
}

/// Puts the beginnings of secret chains into frames: PRF of the key at `place`, chain `chain` (Algorithm 6, lines 4 to 6).
/// The input of PRF has the size of an input of F, so that the padding holds for the steps too.
static unsigned begin_secret(const struct slh *slh, uint8_t *frame, const struct slh_place *place, uint32_t chain) {
    tk_slh_address(slh, frame, place, SLH_WOTS_PRF, place->leaf);
    slh_word2(slh, frame, chain);
    memcpy(frame + slh->offset, slh->secret_seed, slh->set.n);
    return tk_hash_pad(&slh->narrow, frame, slh->offset + slh->set.n);
}

static void end_secret(const struct slh *slh, uint8_t *frames, const struct slh_place *places, const uint32_t *chains, unsigned count) {
    tk_hash_frames(&slh->narrow, frames, SLH_FRAME, 1, frames + slh->offset, SLH_FRAME, slh->set.n, count);
    for (unsigned i = 0; i < count; i++) {
        tk_slh_address(slh, frames + i * SLH_FRAME, &places[i], SLH_WOTS_HASH, places[i].leaf);
        slh_word2(slh, frames + i * SLH_FRAME, chains[i]);
    }
}

/// The ends of the chains of at most SLH_LANES keys, side by side whichever key they are of, into frames of T.
static void chain_ends(
    const struct slh *slh, unsigned layer, uint64_t tree, uint32_t first, unsigned count, uint8_t ends[SLH_LANES][SLH_KEY_FRAME]) {
    uint8_t frames[SLH_LANES][SLH_FRAME];
    struct slh_place places[SLH_LANES];
    uint32_t chains[SLH_LANES];
    const unsigned total = count * slh->length;
    for (unsigned begun = 0; begun < total; begun += SLH_LANES) {
        const unsigned taken = total - begun < SLH_LANES ? total - begun : SLH_LANES;
        for (unsigned i = 0; i < taken; i++) {
            places[i] = (struct slh_place){layer, tree, first + (begun + i) / slh->length};
            chains[i] = (begun + i) % slh->length;
            begin_secret(slh, frames[i], &places[i], chains[i]);
        }
        end_secret(slh, frames[0], places, chains, taken);
        for (unsigned step = 0; step < W - 1; step++) step_chains(slh, frames[0], 1, step, taken);
        for (unsigned i = 0; i < taken; i++) {
            uint8_t *end = ends[places[i].leaf - first] + slh->offset + (size_t)chains[i] * slh->set.n;
            memcpy(end, frames[i] + slh->offset, slh->set.n);
        }
    }
    tk_zero(frames, sizeof frames);
}

void tk_slh_wots_keys(const struct slh *slh, unsigned layer, uint64_t tree, uint32_t first, unsigned count, uint8_t *keys) {
    uint8_t ends[SLH_LANES][SLH_KEY_FRAME];
    while (count > 0) {
        const unsigned taken = count < SLH_LANES ? count : SLH_LANES;
        unsigned blocks = 0;
        chain_ends(slh, layer, tree, first, taken, ends);
        for (unsigned i = 0; i < taken; i++) {
            const struct slh_place place = {layer, tree, first + i};
            tk_slh_address(slh, ends[i], &place, SLH_WOTS_PK, place.leaf);
            blocks = tk_hash_pad(&slh->wide, ends[i], slh->offset + slh->length * slh->set.n);
        }
        tk_hash_frames(&slh->wide, ends[0], SLH_KEY_FRAME, blocks, keys, slh->set.n, slh->set.n, taken);
        first += taken, count -= taken, keys += taken * slh->set.n;
    }
}

void tk_slh_wots_sign(const struct slh *slh, const struct slh_place *place, const uint8_t *message, uint8_t *signature) {
    uint8_t frames[SLH_LENGTH_MAX][SLH_FRAME], digits[SLH_LENGTH_MAX];
    struct slh_place places[SLH_LENGTH_MAX];
    uint32_t chains[SLH_LENGTH_MAX];
    uint16_t active[W];
    digits_of(slh, message, digits);
    // The longest chains first, so that those still growing are the first so many.
    tk_chains_by_end(chains, active, digits, slh->length, W);
    for (unsigned i = 0; i < slh->length; i++) {
        places[i] = *place;
        begin_secret(slh, frames[i], place, chains[i]);
    }
    end_secret(slh, frames[0], places, chains, slh->length);
    for (unsigned step = 0; step < W - 1; step++) step_chains(slh, frames[0], 1, step, active[step]);
    for (unsigned i = 0; i < slh->length; i++) memcpy(signature + chains[i] * slh->set.n, frames[i] + slh->offset, slh->set.n);
    tk_zero(frames, sizeof frames);
}

void tk_slh_wots_recover(
    const struct slh *slh, const struct slh_place *place, const uint8_t *message, const uint8_t *signature, uint8_t *key) {
    uint8_t frames[SLH_LENGTH_MAX][SLH_FRAME], digits[SLH_LENGTH_MAX], ends[SLH_KEY_FRAME];
    uint32_t chains[SLH_LENGTH_MAX];
    uint16_t active[W];
    const size_t n = slh->set.n;
    digits_of(slh, message, digits);
    tk_chains_by_start(chains, active, digits, slh->length, W);
    for (unsigned i = 0; i < slh->length; i++) {
        tk_slh_address(slh, frames[i], place, SLH_WOTS_HASH, place->leaf);
        slh_word2(slh, frames[i], chains[i]);
        memcpy(frames[i] + slh->offset, signature + chains[i] * n, n);
        tk_hash_pad(&slh->narrow, frames[i], slh->offset + n);
    }
    for (unsigned step = 0; step < W - 1; step++) step_chains(slh, frames[0], 1, step, active[step]);
    for (unsigned i = 0; i < slh->length; i++) memcpy(ends + slh->offset + chains[i] * n, frames[i] + slh->offset, n);
    tk_slh_address(slh, ends, place, SLH_WOTS_PK, place->leaf);
    tk_slh_compress(slh, ends, slh->length * n, key);
}
