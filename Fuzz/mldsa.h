// A key pair and a signature of each parameter set of ML-DSA, made once, for the targets to change.
#ifndef FUZZ_MLDSA_H
#define FUZZ_MLDSA_H

#include "fuzz.h"

typedef struct {
    int set;
    uint8_t public_key[TK_MLDSA_87_PUBLIC_KEY_SIZE];
    uint8_t private_key[TK_MLDSA_87_PRIVATE_KEY_SIZE];
    uint8_t signature[TK_MLDSA_87_SIGNATURE_SIZE];
} signed_message;

static const uint8_t the_context[] = "context", the_message[] = "message", no_random[32];

static inline const signed_message *signed_with(uint8_t choice) {
    static const int sets[] = {TK_MLDSA_44, TK_MLDSA_65, TK_MLDSA_87};
    static signed_message made[3];
    signed_message *m = &made[choice % 3];
    if (m->set != 0) return m;
    const uint8_t seed[32] = {3};
    m->set = sets[choice % 3];
    EXPECT(tk_mldsa_generate(m->set, seed, m->public_key, m->private_key) == 0);
    EXPECT(tk_mldsa_sign_from_seed(m->set, seed, the_context, sizeof the_context, the_message, sizeof the_message, no_random, m->signature) == 0);
    return m;
}

#endif
