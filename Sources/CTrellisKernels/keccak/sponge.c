// The sponge of FIPS 202 §4 on one message, and SHA3 and SHAKE by it.
#include "bytes.h"
#include "tk_keccak.h"
#include "tk_taint.h"

/// The most bytes a block may have.
enum { RATE_MOST = 192 };

static void absorb_block(uint64_t state[25], const uint8_t *bytes, size_t rate) {
    for (size_t i = 0; i < rate / 8; i++) state[i] ^= load64(bytes + 8 * i);
    tk_keccak_f1600(state);
}

void tk_sponge_init(tk_sponge *sponge, size_t rate, uint8_t suffix) {
    memset(sponge->state, 0, sizeof sponge->state);
    sponge->rate = (uint32_t)rate;
    sponge->position = 0;
    sponge->suffix = suffix;
}

static void absorb_bytes(tk_sponge *sponge, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const size_t at = sponge->position + i;
        sponge->state[at / 8] ^= (uint64_t)bytes[i] << (8 * (at % 8));
    }
    sponge->position += (uint32_t)count;
}

void tk_sponge_absorb(tk_sponge *sponge, const uint8_t *bytes, size_t count) {
    if (sponge->position != 0) {
        const size_t room = sponge->rate - sponge->position, first = count < room ? count : room;
        absorb_bytes(sponge, bytes, first);
        bytes += first;
        count -= first;
        if (sponge->position < sponge->rate) return;
        tk_keccak_f1600(sponge->state);
        sponge->position = 0;
    }
    for (; count >= sponge->rate; bytes += sponge->rate, count -= sponge->rate) absorb_block(sponge->state, bytes, sponge->rate);
    const size_t lanes = count / 8;
    for (size_t i = 0; i < lanes; i++) sponge->state[i] ^= load64(bytes + 8 * i);
    sponge->position = (uint32_t)(8 * lanes);
    absorb_bytes(sponge, bytes + 8 * lanes, count % 8);
}

void tk_sponge_finish(tk_sponge *sponge) {
    const uint32_t at = sponge->position, last = sponge->rate - 1;
    sponge->state[at / 8] ^= (uint64_t)sponge->suffix << (8 * (at % 8));
    sponge->state[last / 8] ^= (uint64_t)0x80 << (8 * (last % 8));
    tk_keccak_f1600(sponge->state);
    sponge->position = 0;
}

void tk_sponge_squeeze(tk_sponge *sponge, uint8_t *out, size_t count) {
    while (count > 0) {
        if (sponge->position == sponge->rate) {
            tk_keccak_f1600(sponge->state);
            sponge->position = 0;
        }
        const size_t room = sponge->rate - sponge->position, now = count < room ? count : room;
        memcpy(out, (const uint8_t *)sponge->state + sponge->position, now);
        sponge->position += (uint32_t)now;
        out += now;
        count -= now;
    }
}

static void hash(uint8_t *out, size_t outLength, const uint8_t *message, size_t length, size_t rate, uint8_t suffix) {
    uint64_t state[25] = {0};
    uint8_t block[RATE_MOST];
    for (; length >= rate; message += rate, length -= rate) absorb_block(state, message, rate);
    padded_block(block, rate, message, length, suffix);
    absorb_block(state, block, rate);
    for (; outLength > rate; out += rate, outLength -= rate) {
        memcpy(out, state, rate);
        tk_keccak_f1600(state);
    }
    if (outLength != 0) memcpy(out, state, outLength);
    tk_zero(state, sizeof state);
    tk_zero(block, sizeof block);
}

void tk_sha3_256(uint8_t digest[32], const uint8_t *message, size_t length) {
    hash(digest, 32, message, length, TK_SHA3_256_RATE, TK_SHA3_SUFFIX);
}

void tk_sha3_384(uint8_t digest[48], const uint8_t *message, size_t length) {
    hash(digest, 48, message, length, TK_SHA3_384_RATE, TK_SHA3_SUFFIX);
}

void tk_sha3_512(uint8_t digest[64], const uint8_t *message, size_t length) {
    hash(digest, 64, message, length, TK_SHA3_512_RATE, TK_SHA3_SUFFIX);
}

void tk_shake128(uint8_t *out, size_t outLength, const uint8_t *message, size_t length) {
    hash(out, outLength, message, length, TK_SHAKE128_RATE, TK_SHAKE_SUFFIX);
}

void tk_shake256(uint8_t *out, size_t outLength, const uint8_t *message, size_t length) {
    hash(out, outLength, message, length, TK_SHAKE256_RATE, TK_SHAKE_SUFFIX);
}
