// Sponges side by side: messages of the same length, a lane of each next to that of its neighbour.
#include "bytes.h"
#include "tk_cpu.h"
#include "tk_keccak.h"
#include "tk_taint.h"
#include "transpose.h"

// MARK: blocks in and out

void tk_keccak_xor_in(uint64_t *lanes, size_t ways, const uint8_t *const *messages, size_t offset, size_t words) {
    size_t first = 0;
#if defined(__x86_64__)
    if (tk_cpu_level() >= TK_CPU_AVX2) {
        first = words & ~(size_t)3;
        tk_keccak_xor_in_avx2(lanes, ways, messages, offset, first);
    }
#endif
    for (size_t i = first; i < words; i++)
        for (size_t k = 0; k < ways; k++) lanes[i * ways + k] ^= load64(messages[k] + offset + 8 * i);
}

/// The rest of the messages, less than a block, and the padding.
static void xor_in_last(uint64_t *lanes, size_t ways, const uint8_t *const *messages, size_t offset, size_t length, size_t rate,
                        uint8_t suffix) {
    const size_t words = (length - offset) / 8, rest = (length - offset) % 8;
    tk_keccak_xor_in(lanes, ways, messages, offset, words);
    for (size_t k = 0; k < ways; k++) {
        const uint8_t *bytes = messages[k] + offset + 8 * words;
        uint64_t word = (uint64_t)suffix << (8 * rest);
        for (size_t i = 0; i < rest; i++) word |= (uint64_t)bytes[i] << (8 * i);
        lanes[words * ways + k] ^= word;
        lanes[(rate / 8 - 1) * ways + k] ^= (uint64_t)1 << 63;
    }
}

static void copy_out(const uint64_t *lanes, size_t ways, uint8_t *const *outs, size_t offset, size_t count) {
    size_t first = 0;
#if defined(__x86_64__)
    if (tk_cpu_level() >= TK_CPU_AVX2) {
        first = count / 8 & ~(size_t)3;
        tk_keccak_copy_out_avx2(lanes, ways, outs, offset, first);
    }
#endif
    for (size_t k = 0; k < ways; k++) {
        uint8_t *out = outs[k] + offset;
        for (size_t i = first; i < count / 8; i++) store64(out + 8 * i, lanes[i * ways + k]);
        if (count % 8 != 0) memcpy(out + count - count % 8, &lanes[count / 8 * ways + k], count % 8);
    }
}

// MARK: four and eight

void tk_sponge_x4_absorb(tk_sponge_x4 *sponge, size_t rate, uint8_t suffix, const uint8_t *const messages[4], size_t length) {
    memset(sponge->lanes, 0, sizeof sponge->lanes);
    sponge->rate = (uint32_t)rate;
    size_t offset = 0;
    for (; length - offset >= rate; offset += rate) {
        tk_keccak_xor_in(sponge->lanes[0], 4, messages, offset, rate / 8);
        tk_keccak_f1600_x4(sponge->lanes);
    }
    xor_in_last(sponge->lanes[0], 4, messages, offset, length, rate, suffix);
}

void tk_sponge_x8_absorb(tk_sponge_x8 *sponge, size_t rate, uint8_t suffix, const uint8_t *const messages[8], size_t length) {
    memset(sponge->lanes, 0, sizeof sponge->lanes);
    sponge->rate = (uint32_t)rate;
    size_t offset = 0;
    for (; length - offset >= rate; offset += rate) {
        tk_keccak_xor_in(sponge->lanes[0], 8, messages, offset, rate / 8);
        tk_keccak_f1600_x8(sponge->lanes);
    }
    xor_in_last(sponge->lanes[0], 8, messages, offset, length, rate, suffix);
}

// The permutation comes before each block that is squeezed, so none is done for output that nobody asks for.

void tk_sponge_x4_squeeze(tk_sponge_x4 *sponge, uint8_t *const outs[4], size_t blocks) {
    for (size_t block = 0; block < blocks; block++) {
        tk_keccak_f1600_x4(sponge->lanes);
        copy_out(sponge->lanes[0], 4, outs, block * sponge->rate, sponge->rate);
    }
}

void tk_sponge_x8_squeeze(tk_sponge_x8 *sponge, uint8_t *const outs[8], size_t blocks) {
    for (size_t block = 0; block < blocks; block++) {
        tk_keccak_f1600_x8(sponge->lanes);
        copy_out(sponge->lanes[0], 8, outs, block * sponge->rate, sponge->rate);
    }
}

// MARK: any number of messages

static void hash_x4(uint8_t *const *outs, size_t outLength, const uint8_t *const *messages, size_t length, size_t rate, uint8_t suffix) {
    tk_sponge_x4 sponge;
    tk_sponge_x4_absorb(&sponge, rate, suffix, messages, length);
    for (size_t done = 0; done < outLength; done += rate) {
        tk_keccak_f1600_x4(sponge.lanes);
        copy_out(sponge.lanes[0], 4, outs, done, outLength - done < rate ? outLength - done : rate);
    }
    tk_zero(&sponge, sizeof sponge);
}

static void hash_x8(uint8_t *const *outs, size_t outLength, const uint8_t *const *messages, size_t length, size_t rate, uint8_t suffix) {
    tk_sponge_x8 sponge;
    tk_sponge_x8_absorb(&sponge, rate, suffix, messages, length);
    for (size_t done = 0; done < outLength; done += rate) {
        tk_keccak_f1600_x8(sponge.lanes);
        copy_out(sponge.lanes[0], 8, outs, done, outLength - done < rate ? outLength - done : rate);
    }
    tk_zero(&sponge, sizeof sponge);
}

void tk_sha3_256_x(size_t count, uint8_t (*digests)[32], const uint8_t *const *messages, size_t length) {
    size_t done = 0;
    for (uint8_t *outs[8]; count - done >= 4;) {
        const size_t ways = count - done >= 8 ? 8 : 4;
        for (size_t k = 0; k < ways; k++) outs[k] = digests[done + k];
        (ways == 8 ? hash_x8 : hash_x4)(outs, 32, messages + done, length, TK_SHA3_256_RATE, TK_SHA3_SUFFIX);
        done += ways;
    }
    for (; done < count; done++) tk_sha3_256(digests[done], messages[done], length);
}

void tk_shake256_x(size_t count, uint8_t *const *outs, size_t outLength, const uint8_t *const *messages, size_t length) {
    size_t done = 0;
    while (count - done >= 4) {
        const size_t ways = count - done >= 8 ? 8 : 4;
        (ways == 8 ? hash_x8 : hash_x4)(outs + done, outLength, messages + done, length, TK_SHAKE256_RATE, TK_SHAKE_SUFFIX);
        done += ways;
    }
    for (; done < count; done++) tk_shake256(outs[done], outLength, messages[done], length);
}
