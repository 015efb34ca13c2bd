// The table of FIPS 204 §4 and the sizes of table 2.
#include "parameters.h"
#include "tk_mldsa.h"

static const mldsa_parameters table[3] = {
    {TK_MLDSA_44, 4, 4, 2, 39, 78, 1 << 17, (MODULUS - 1) / 88, 80, 32, 96, 576, 192, 1312, 2560, 2420},
    {TK_MLDSA_65, 6, 5, 4, 49, 196, 1 << 19, (MODULUS - 1) / 32, 55, 48, 128, 640, 128, 1952, 4032, 3309},
    {TK_MLDSA_87, 8, 7, 2, 60, 120, 1 << 19, (MODULUS - 1) / 32, 75, 64, 96, 640, 128, 2592, 4896, 4627},
};

const mldsa_parameters *mldsa_parameters_of(int set) {
    for (size_t i = 0; i < 3; i++)
        if (table[i].set == set) return &table[i];
    return NULL;
}

size_t tk_mldsa_public_key_size(int set) {
    const mldsa_parameters *p = mldsa_parameters_of(set);
    return p == NULL ? 0 : p->publicKeySize;
}

size_t tk_mldsa_private_key_size(int set) {
    const mldsa_parameters *p = mldsa_parameters_of(set);
    return p == NULL ? 0 : p->privateKeySize;
}

size_t tk_mldsa_signature_size(int set) {
    const mldsa_parameters *p = mldsa_parameters_of(set);
    return p == NULL ? 0 : p->signatureSize;
}
