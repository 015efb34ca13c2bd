// The lanes: each holds the state of one task, and takes the next when it is done.
#include "tasks.h"
#include "tk_cpu.h"
#include "tk_keccak.h"
#include "tk_taint.h"

enum { WAYS = 4, STATE_WORDS = 25 };

/// A block, and the few bytes behind it that sampling may read.
enum { BLOCK_ROOM = 200 };

typedef struct {
    const task *task;
    /// Bytes of the message that are in the state.
    size_t absorbed;
    /// Whether the padding is in the state, so that blocks come out.
    int squeezing;
    /// Coefficients there are.
    int filled;
    int done;
} lane;

typedef struct {
    uint64_t words[STATE_WORDS * WAYS];
    uint8_t block[BLOCK_ROOM];
    lane lanes[WAYS];
    /// States side by side, 1 or 4: word i of lane k is words[i * ways + k].
    int ways;
} __attribute__((aligned(32))) engine;

static void begin(engine *e, int k, const task *next) {
    e->lanes[k] = (lane){.task = next};
    for (int i = 0; i < STATE_WORDS; i++) e->words[i * e->ways + k] = 0;
}

/// The bytes from `start` on of the message's two parts, at most `count`; returns how many there were.
static size_t gather(const task *t, size_t start, uint8_t *to, size_t count) {
    const size_t all = (size_t)t->first_length + t->second_length;
    const size_t end = all - start < count ? all : start + count;
    size_t at = start;
    if (at < t->first_length) {
        const size_t here = (end < t->first_length ? end : t->first_length) - at;
        memcpy(to, t->first + at, here);
        at += here;
    }
    if (at < end) memcpy(to + (at - start), t->second + (at - t->first_length), end - at);
    return end - start;
}

static void absorb(engine *e, int k) {
    lane *l = &e->lanes[k];
    const size_t rate = l->task->rate, count = gather(l->task, l->absorbed, e->block, rate);
    l->absorbed += count;
    if (count < rate) {
        memset(e->block + count, 0, rate - count);
        e->block[count] = l->task->suffix;
        e->block[rate - 1] |= 0x80;
        l->squeezing = 1;
    }
    for (size_t i = 0; i < rate / 8; i++) {
        uint64_t word;
        memcpy(&word, e->block + 8 * i, 8);
        e->words[i * (size_t)e->ways + (size_t)k] ^= word;
    }
}

static void squeeze(engine *e, int k, const arithmetic *use) {
    lane *l = &e->lanes[k];
    const size_t count = l->task->uniform ? UNIFORM_BLOCK_BYTES : l->task->out_length;
    for (size_t i = 0; 8 * i < count; i++) memcpy(e->block + 8 * i, &e->words[i * (size_t)e->ways + (size_t)k], 8);
    if (l->task->uniform) {
        l->filled = use->uniform(l->task->uniform, l->filled, e->block);
        l->done = l->filled == N;
    } else {
        memcpy(l->task->out, e->block, count);
        l->done = 1;
    }
}

/// One state of four alone.
static void permute_one(engine *e, int k) {
    uint64_t state[STATE_WORDS];
    for (int i = 0; i < STATE_WORDS; i++) state[i] = e->words[i * e->ways + k];
    tk_keccak_f1600(state);
    for (int i = 0; i < STATE_WORDS; i++) e->words[i * e->ways + k] = state[i];
    tk_zero(state, sizeof state);
}

static void permute(engine *e, int active, int last_active) {
    if (e->ways == 1) return tk_keccak_f1600(e->words);
    if (active == 1) return permute_one(e, last_active);
    tk_keccak_f1600_x4((uint64_t(*)[WAYS])(void *)e->words);
}

void tk_mlkem_run(const arithmetic *use, const task *tasks, int count) {
    engine e = {.ways = tk_cpu_level() == TK_CPU_PORTABLE ? 1 : WAYS};
    for (int next = 0;;) {
        int active = 0, last_active = 0;
        for (int k = 0; k < e.ways; k++) {
            lane *l = &e.lanes[k];
            if (!l->task || l->done) {
                l->task = NULL;
                if (next == count) continue;
                begin(&e, k, &tasks[next++]);
            }
            if (!l->squeezing) absorb(&e, k);
            active++;
            last_active = k;
        }
        if (active == 0) break;
        permute(&e, active, last_active);
        for (int k = 0; k < e.ways; k++)
            if (e.lanes[k].task && e.lanes[k].squeezing) squeeze(&e, k, use);
    }
    tk_zero(&e, sizeof e);
}
