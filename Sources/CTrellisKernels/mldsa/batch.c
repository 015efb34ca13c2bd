// Verification of many signatures: the matrix work of each is its own, and their hashes go side by side.
#include <string.h>

#include "sampling.h"
#include "tk_mldsa.h"
#include "verify.h"

/// How many are in hand together.
enum { GROUP = 16, FRAME_MOST = TK_MLDSA_TR_SIZE + 2 + TK_MLDSA_CONTEXT_MOST };

/// What is known of one signature on its way.
typedef struct {
    const tk_mldsa_check *check;
    uint8_t *valid;
    /// The first block of the challenge's stream.
    uint8_t stream[TK_SHAKE256_RATE];
    /// tr and the framing that go before the message.
    uint8_t frame[FRAME_MOST];
    uint8_t mu[TK_MLDSA_MU_SIZE];
    uint8_t packedHigh[W1_BYTES_MOST];
    uint8_t hash[CHALLENGE_HASH_MOST];
} member;

typedef struct {
    const mldsa_arithmetic *with;
    const mldsa_parameters *p;
    size_t count;
    member members[GROUP];
    /// For the keys that come as bytes, one after the other.
    mldsa_verifying_key_room room;
} group;

/// Whether the lengths are right and the key is of the set.
static int acceptable(const mldsa_parameters *p, const tk_mldsa_check *c) {
    if (c->signatureLength != p->signatureSize || (c->mu == NULL && c->contextLength > TK_MLDSA_CONTEXT_MOST)) return 0;
    if (c->verifyingKey == NULL) return c->publicKeyLength == p->publicKeySize;
    return ((const mldsa_verifying_key *)c->verifyingKey)->parameters == p;
}

static void expand_challenges(group *g) {
    tk_message messages[GROUP];
    uint8_t *outs[GROUP];
    for (size_t i = 0; i < g->count; i++) {
        messages[i] = (tk_message){g->members[i].check->signature, g->p->challengeHash, NULL, 0};
        outs[i] = g->members[i].stream;
    }
    tk_shake256_each(g->count, outs, TK_SHAKE256_RATE, messages);
}

/// The high parts that the signature leads to, and tr for those whose mu is wanted.
static void reconstruct(group *g, member *m) {
    const mldsa_parameters *p = g->p;
    const mldsa_verifying_key *key = m->check->verifyingKey;
    polynomial response[COLUMNS_MOST + 1];
    *m->valid = mldsa_open_signature(g->with, p, response, m->check->signature, m->stream) == 0;
    if (!*m->valid) return;
    if (key == NULL) {
        tk_mldsa_verifying_key(p->set, m->check->publicKey, m->check->publicKeyLength, &g->room);
        key = &g->room.key;
    }
    mldsa_reconstruct_high(g->with, key, m->packedHigh, response, m->check->signature);
    memcpy(m->frame, key->tr, sizeof key->tr);
}

static void hash_messages(group *g) {
    tk_message messages[GROUP];
    uint8_t *outs[GROUP];
    size_t count = 0;
    for (size_t i = 0; i < g->count; i++) {
        member *m = &g->members[i];
        const tk_mldsa_check *c = m->check;
        if (!*m->valid) continue;
        if (c->mu != NULL) {
            memcpy(m->mu, c->mu, sizeof m->mu);
            continue;
        }
        uint8_t *at = m->frame + TK_MLDSA_TR_SIZE;
        *at++ = 0;
        *at++ = (uint8_t)c->contextLength;
        if (c->contextLength != 0) memcpy(at, c->context, c->contextLength);
        messages[count] = (tk_message){m->frame, TK_MLDSA_TR_SIZE + 2 + c->contextLength, c->message, c->messageLength};
        outs[count++] = m->mu;
    }
    tk_shake256_each(count, outs, TK_MLDSA_MU_SIZE, messages);
}

static void compare_challenges(group *g) {
    const mldsa_parameters *p = g->p;
    tk_message messages[GROUP];
    uint8_t *outs[GROUP];
    size_t count = 0;
    for (size_t i = 0; i < g->count; i++) {
        member *m = &g->members[i];
        if (!*m->valid) continue;
        messages[count] = (tk_message){m->mu, TK_MLDSA_MU_SIZE, m->packedHigh, p->k * p->w1Bytes};
        outs[count++] = m->hash;
    }
    tk_shake256_each(count, outs, p->challengeHash, messages);
    for (size_t i = 0; i < g->count; i++) {
        member *m = &g->members[i];
        if (*m->valid) *m->valid = memcmp(m->hash, m->check->signature, p->challengeHash) == 0;
    }
}

static void decide(group *g) {
    expand_challenges(g);
    for (size_t i = 0; i < g->count; i++) reconstruct(g, &g->members[i]);
    hash_messages(g);
    compare_challenges(g);
    g->count = 0;
}

void tk_mldsa_verify_batch(int set, const tk_mldsa_check *checks, size_t count, uint8_t *valid) {
    group g;
    g.p = mldsa_parameters_of(set);
    g.with = mldsa_arithmetic_now();
    g.count = 0;
    if (count != 0) memset(valid, 0, count);
    for (size_t i = 0; g.p != NULL && i < count; i++) {
        if (!acceptable(g.p, checks + i)) continue;
        g.members[g.count].check = checks + i;
        g.members[g.count].valid = valid + i;
        if (++g.count == GROUP) decide(&g);
    }
    if (g.count != 0) decide(&g);
}
