// The lanes: each holds the state of one task, and takes the next when it is done.
#include "tasks.h"
#include "tk_cpu.h"
#include "tk_keccak.h"
#include "tk_taint.h"

enum {
    WAYS = 4,
    STATE_WORDS = 25,
    /// The output of one task, and the few bytes behind it that sampling may read.
    OUTPUT_ROOM = UNIFORM_BLOCKS * UNIFORM_BLOCK_BYTES + 8,
};

typedef struct {
    const task *task;
    /// Bytes of the message that are in the state.
    size_t absorbed;
    /// Whether the padding is in the state, so that blocks come out.
    int squeezing;
    /// Blocks of output that wait to be sampled from.
    int blocks;
    /// Coefficients there are.
    int filled;
    uint8_t output[OUTPUT_ROOM];
} lane;

typedef struct {
    /// States side by side, 1 or 4: word i of lane k is words[i * ways + k].
    uint64_t words[STATE_WORDS * WAYS];
    lane lanes[WAYS];
    /// A block of which one part ends and the other begins.
    uint8_t room[UNIFORM_BLOCK_BYTES];
    int level;
} __attribute__((aligned(32))) engine;

#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t load_word(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    return word;
}

INLINE void begin(engine *e, int ways, int k, const task *next) {
    lane *l = &e->lanes[k];
    l->task = next;
    l->absorbed = 0;
    l->squeezing = l->blocks = l->filled = 0;
    for (int i = 0; i < STATE_WORDS; i++) e->words[i * ways + k] = 0;
}

/// The next `count` bytes of the message, which are there: in place if they stand in one part, else put together in `room`.
static const uint8_t *next_bytes(const lane *l, size_t count, uint8_t *room) {
    const task *t = l->task;
    if (l->absorbed >= t->first_length) return t->second + (l->absorbed - t->first_length);
    const size_t before = t->first_length - l->absorbed;
    if (count <= before) return t->first + l->absorbed;
    memcpy(room, t->first + l->absorbed, before);
    memcpy(room + before, t->second, count - before);
    return room;
}

INLINE void absorb(engine *e, int ways, int k) {
    lane *l = &e->lanes[k];
    const size_t rate = l->task->rate, left = (size_t)l->task->first_length + l->task->second_length - l->absorbed;
    const size_t count = left < rate ? left : rate, whole = count / 8;
    const uint8_t *bytes = count != 0 ? next_bytes(l, count, e->room) : e->room;
    uint64_t *words = e->words + k;
    for (size_t i = 0; i < whole; i++) words[i * (size_t)ways] ^= load_word(bytes + 8 * i);
    l->absorbed += count;
    if (count < rate) {
        uint8_t last[8] = {0};
        if (count % 8 != 0) memcpy(last, bytes + 8 * whole, count % 8);
        last[count % 8] = l->task->suffix;
        words[whole * (size_t)ways] ^= load_word(last);
        words[(rate / 8 - 1) * (size_t)ways] ^= 1ull << 63;
        l->squeezing = 1;
        tk_zero(last, sizeof last);
    }
}

/// A block, or what is wanted of it, to the lane's output.
INLINE void squeeze(engine *e, int ways, int k) {
    lane *l = &e->lanes[k];
    const size_t words = (l->task->uniform ? UNIFORM_BLOCK_BYTES : l->task->out_length) / 8u;
    uint8_t *to = l->output + UNIFORM_BLOCK_BYTES * l->blocks++;
    for (size_t i = 0; i < words; i++) memcpy(to + 8 * i, &e->words[i * (size_t)ways + (size_t)k], 8);
}

/// Whether the task is finished with what has been squeezed.
INLINE int settle(lane *l, const arithmetic *use) {
    if (!l->task->uniform) {
        memcpy(l->task->out, l->output, l->task->out_length);
        return 1;
    }
    // The first blocks are sampled from together.
    if (l->filled == 0 && l->blocks < UNIFORM_BLOCKS) return 0;
    l->filled = use->uniform(l->task->uniform, l->filled, l->output, l->blocks);
    l->blocks = 0;
    return l->filled == N;
}

/// One state of four alone.
static void permute_one(uint64_t *words) {
    uint64_t state[STATE_WORDS];
    for (int i = 0; i < STATE_WORDS; i++) state[i] = words[i * WAYS];
    tk_keccak_f1600(state);
    for (int i = 0; i < STATE_WORDS; i++) words[i * WAYS] = state[i];
    tk_zero(state, sizeof state);
}

INLINE void permute(engine *e, int ways, int active, int last_active) {
    if (ways == 1) return tk_keccak_f1600(e->words);
    // With AVX-512, four states take no longer than one does in general registers.
    if (active == 1 && e->level < TK_CPU_AVX512) return permute_one(e->words + last_active);
    tk_keccak_f1600_x4((uint64_t(*)[WAYS])(void *)e->words);
}

INLINE void run(engine *e, int ways, const arithmetic *use, const task *tasks, int count) {
    for (int k = 0; k < ways; k++) e->lanes[k].task = NULL;
    for (int next = 0;;) {
        int active = 0, last_active = 0;
        for (int k = 0; k < ways; k++) {
            lane *l = &e->lanes[k];
            if (!l->task) {
                if (next == count) continue;
                begin(e, ways, k, &tasks[next++]);
            }
            if (!l->squeezing) absorb(e, ways, k);
            active++;
            last_active = k;
        }
        if (active == 0) break;
        permute(e, ways, active, last_active);
        for (int k = 0; k < ways; k++)
            if (e->lanes[k].task && e->lanes[k].squeezing) squeeze(e, ways, k);
        for (int k = 0; k < ways; k++)
            if (e->lanes[k].task && e->lanes[k].squeezing && settle(&e->lanes[k], use)) e->lanes[k].task = NULL;
    }
}

void tk_mlkem_run(const arithmetic *use, const task *tasks, int count) {
    engine e;
    // Lanes that nothing uses are permuted too.
    memset(e.words, 0, sizeof e.words);
    e.level = tk_cpu_level();
    if (e.level == TK_CPU_PORTABLE) {
        run(&e, 1, use, tasks, count);
    } else {
        run(&e, WAYS, use, tasks, count);
    }
    tk_zero(&e, sizeof e);
}
