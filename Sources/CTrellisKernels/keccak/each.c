// Many messages of any lengths, eight side by side: a lane that has finished its message takes the next.
#include "bytes.h"
#include "tk_keccak.h"
#include "tk_taint.h"
#include "transpose.h"

enum { WAYS = 8, RATE_MOST = TK_SHAKE256_RATE };

/// One lane of eight, and the message that is in it.
typedef struct {
    const tk_message *message;
    uint8_t *out;
    /// Bytes absorbed so far.
    size_t position;
    /// Whether the padded last block is absorbed.
    int last;
    /// A block that does not lie whole in one part of the message.
    uint8_t block[RATE_MOST];
} lane;

typedef struct {
    tk_sponge_x8 sponge;
    lane lanes[WAYS];
    size_t active;
    size_t rate, outLength;
    uint8_t suffix;
} __attribute__((aligned(64))) machine;

/// Up to `count` bytes of the message from `position` on; returns how many there were.
static size_t gather(uint8_t *bytes, const tk_message *m, size_t position, size_t count) {
    size_t got = 0;
    if (position < m->headLength) {
        got = m->headLength - position < count ? m->headLength - position : count;
        memcpy(bytes, m->head + position, got);
    }
    if (got == count) return got;
    const size_t at = position + got - m->headLength, left = m->bodyLength - at, more = left < count - got ? left : count - got;
    if (more != 0) memcpy(bytes + got, m->body + at, more);
    return got + more;
}

/// The lane's next block, whole and padded where the message ends.
static const uint8_t *next_block(lane *l, size_t rate, uint8_t suffix) {
    const tk_message *m = l->message;
    const size_t position = l->position;
    l->position += rate;
    if (position >= m->headLength && m->bodyLength - (position - m->headLength) >= rate) return m->body + (position - m->headLength);
    const size_t got = gather(l->block, m, position, rate);
    if (got == rate) return l->block;
    memset(l->block + got, 0, rate - got);
    l->block[got] = suffix;
    l->block[rate - 1] |= 0x80;
    l->last = 1;
    return l->block;
}

static void take(machine *m, size_t k, const tk_message *message, uint8_t *out) {
    lane *l = &m->lanes[k];
    l->message = message;
    l->out = out;
    l->position = 0;
    l->last = 0;
    for (size_t i = 0; i < 25; i++) m->sponge.lanes[i][k] = 0;
}

/// Absorbs one block in each lane; lanes without a message run along.
static void step(machine *m) {
    static const uint8_t nothing[RATE_MOST] = {0};
    const uint8_t *blocks[WAYS];
    for (size_t k = 0; k < WAYS; k++) blocks[k] = m->lanes[k].message == NULL ? nothing : next_block(&m->lanes[k], m->rate, m->suffix);
    tk_keccak_xor_in((uint64_t *)m->sponge.lanes, WAYS, blocks, 0, m->rate / 8);
    tk_keccak_f1600_x8(m->sponge.lanes);
}

static void give(const machine *m, size_t k) {
    uint8_t words[RATE_MOST];
    for (size_t i = 0; i < (m->outLength + 7) / 8; i++) store64(words + 8 * i, m->sponge.lanes[i][k]);
    memcpy(m->lanes[k].out, words, m->outLength);
}

/// What is left when one or two long messages outlast the others: alone they are faster.
static void finish_alone(machine *m, size_t k) {
    lane *l = &m->lanes[k];
    uint64_t state[25];
    for (size_t i = 0; i < 25; i++) state[i] = m->sponge.lanes[i][k];
    while (!l->last) {
        const uint8_t *block = next_block(l, m->rate, m->suffix);
        for (size_t i = 0; i < m->rate / 8; i++) state[i] ^= load64(block + 8 * i);
        tk_keccak_f1600(state);
    }
    memcpy(l->out, state, m->outLength);
}

static void hash_each(size_t count, uint8_t *const *outs, uint8_t (*digests)[32], size_t outLength, const tk_message *messages, size_t rate,
                      uint8_t suffix) {
    machine m;
    m.rate = rate, m.outLength = outLength, m.suffix = suffix, m.active = 0;
    size_t taken = 0;
    for (size_t k = 0; k < WAYS; k++) {
        m.lanes[k].message = NULL;
        take(&m, k, NULL, NULL);
        if (taken == count) continue;
        take(&m, k, messages + taken, outs != NULL ? outs[taken] : digests[taken]);
        taken++, m.active++;
    }
    while (m.active > 2) {
        step(&m);
        for (size_t k = 0; k < WAYS; k++) {
            if (m.lanes[k].message == NULL || !m.lanes[k].last) continue;
            give(&m, k);
            m.lanes[k].message = NULL;
            m.active--;
            if (taken == count) continue;
            take(&m, k, messages + taken, outs != NULL ? outs[taken] : digests[taken]);
            taken++, m.active++;
        }
    }
    for (size_t k = 0; k < WAYS; k++)
        if (m.lanes[k].message != NULL) finish_alone(&m, k);
    tk_zero(&m, sizeof m);
}

void tk_sha3_256_each(size_t count, uint8_t (*digests)[32], const tk_message *messages) {
    hash_each(count, NULL, digests, 32, messages, TK_SHA3_256_RATE, TK_SHA3_SUFFIX);
}

void tk_shake256_each(size_t count, uint8_t *const *outs, size_t outLength, const tk_message *messages) {
    hash_each(count, outs, NULL, outLength < TK_SHAKE256_RATE ? outLength : TK_SHAKE256_RATE, messages, TK_SHAKE256_RATE, TK_SHAKE_SUFFIX);
}
