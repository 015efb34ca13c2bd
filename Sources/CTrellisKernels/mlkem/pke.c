// K-PKE: key generation, encryption and decryption of FIPS 203 §5.
#include "scheme.h"
#include "tk_cpu.h"
#include "tk_keccak.h"
#include "tk_taint.h"

const arithmetic *tk_mlkem_arithmetic(void) {
#if defined(__x86_64__)
    if (tk_cpu_level() >= TK_CPU_AVX2) return &tk_mlkem_avx2;
#endif
    return &tk_mlkem_portable;
}

// MARK: tasks

/// What follows rho in the seed of the matrix's entry in row i, column j, FIPS 203 algorithm 13: j, then i.
static const uint8_t places[RANK_MOST][RANK_MOST][2] = {
    {{0, 0}, {1, 0}, {2, 0}, {3, 0}},
    {{0, 1}, {1, 1}, {2, 1}, {3, 1}},
    {{0, 2}, {1, 2}, {2, 2}, {3, 2}},
    {{0, 3}, {1, 3}, {2, 3}, {3, 3}},
};

/// The numbers that follow the seed of each noise polynomial.
static const uint8_t counters[2 * RANK_MOST + 1] = {0, 1, 2, 3, 4, 5, 6, 7, 8};

task tk_mlkem_hash_task(const uint8_t *first, size_t first_length, const uint8_t *second, size_t second_length, int suffix, uint8_t *out) {
    return (task){
        .first = first,
        .second = second,
        .first_length = (uint16_t)first_length,
        .second_length = (uint16_t)second_length,
        .rate = TK_SHAKE256_RATE,
        .suffix = (uint8_t)suffix,
        .out_length = 32,
        .out = out,
    };
}

int tk_mlkem_matrix_tasks(task *tasks, object *key) {
    polynomial *matrix = key->polynomials + key->rank;
    int count = 0;
    for (int i = 0; i < key->rank; i++)
        for (int j = 0; j < key->rank; j++, count++)
            tasks[count] = (task){
                .first = key->rho,
                .second = places[i][j],
                .first_length = 32,
                .second_length = 2,
                .rate = TK_SHAKE128_RATE,
                .suffix = TK_SHAKE_SUFFIX,
                .uniform = &matrix[count],
            };
    return count;
}

/// The tasks of `count` PRF calls, FIPS 203 §4.1, numbered from 0.
static int noise_tasks(task *tasks, const uint8_t seed[32], uint8_t (*outs)[NOISE_BYTES], int count) {
    for (int i = 0; i < count; i++) {
        tasks[i] = tk_mlkem_hash_task(seed, 32, &counters[i], 1, TK_SHAKE_SUFFIX, outs[i]);
        tasks[i].out_length = NOISE_BYTES;
    }
    return count;
}

// MARK: the scheme

void tk_mlkem_pke_generate(object *key, const uint8_t d[32]) {
    const arithmetic *use = tk_mlkem_arithmetic();
    const int rank = key->rank;
    uint8_t input[33], seeds[64], noise[2 * RANK_MOST][NOISE_BYTES];
    task tasks[TASKS_MOST];
    memcpy(input, d, 32);
    input[32] = (uint8_t)rank;
    tk_sha3_512(seeds, input, sizeof input);
    memcpy(key->rho, seeds, 32);
    TK_PUBLIC(key->rho, 32);
    int count = tk_mlkem_matrix_tasks(tasks, key);
    count += noise_tasks(tasks + count, seeds + 32, noise, 2 * rank);
    tk_mlkem_run(use, tasks, count);

    polynomial *t = key->polynomials, *s = t + rank * (rank + 1), e;
    factor factors[RANK_MOST];
    for (int i = 0; i < rank; i++) {
        use->noise(&s[i], noise[i]);
        use->transform(&s[i]);
        use->prepare(&factors[i], &s[i]);
        use->reduce(&s[i]);
    }
    for (int i = 0; i < rank; i++) {
        use->noise(&e, noise[rank + i]);
        use->transform(&e);
        use->product(&t[i], matrix_of(key) + i * rank, 1, factors, rank);
        use->add(&t[i], &e);
        use->reduce(&t[i]);
    }
    TK_PUBLIC(t, (size_t)rank * sizeof t[0]);
    tk_zero(input, sizeof input);
    tk_zero(seeds, sizeof seeds);
    tk_zero(noise, sizeof noise);
    tk_zero(factors, sizeof factors);
    tk_zero(&e, sizeof e);
}

void tk_mlkem_pke_encrypt(const object *key, uint8_t *ciphertext, const uint8_t message[32], const uint8_t randomness[32],
                          const task *beside) {
    const arithmetic *use = tk_mlkem_arithmetic();
    const int rank = key->rank, du = bits_u(rank), dv = bits_v(rank);
    uint8_t noise[2 * RANK_MOST + 1][NOISE_BYTES];
    task tasks[2 * RANK_MOST + 2];
    int count = 0;
    if (beside) tasks[count++] = *beside;
    count += noise_tasks(tasks + count, randomness, noise, 2 * rank + 1);
    tk_mlkem_run(use, tasks, count);

    factor factors[RANK_MOST];
    polynomial p, sum;
    for (int i = 0; i < rank; i++) {
        use->noise(&p, noise[i]);
        use->transform(&p);
        use->prepare(&factors[i], &p);
    }
    for (int i = 0; i < rank; i++) {
        // The matrix is used transposed here: column i.
        use->product(&sum, matrix_of(key) + i, (size_t)rank, factors, rank);
        use->inverse(&sum);
        use->noise(&p, noise[rank + i]);
        use->add(&sum, &p);
        use->compress(ciphertext + 32 * du * i, &sum, du);
    }
    use->product(&sum, t_of(key), 1, factors, rank);
    use->inverse(&sum);
    use->noise(&p, noise[2 * rank]);
    use->add(&sum, &p);
    use->decompress(&p, message, 1);
    use->add(&sum, &p);
    use->compress(ciphertext + 32 * du * rank, &sum, dv);
    tk_zero(noise, sizeof noise);
    tk_zero(factors, sizeof factors);
    tk_zero(&p, sizeof p);
    tk_zero(&sum, sizeof sum);
}

void tk_mlkem_pke_decrypt(const object *key, uint8_t message[32], const uint8_t *ciphertext) {
    const arithmetic *use = tk_mlkem_arithmetic();
    const int rank = key->rank, du = bits_u(rank), dv = bits_v(rank);
    factor factors[RANK_MOST];
    polynomial p, product;
    for (int i = 0; i < rank; i++) {
        use->decompress(&p, ciphertext + 32 * du * i, du);
        use->transform(&p);
        use->prepare(&factors[i], &p);
    }
    use->product(&product, s_of(key), 1, factors, rank);
    use->inverse(&product);
    use->decompress(&p, ciphertext + 32 * du * rank, dv);
    use->subtract(&p, &product);
    use->compress(message, &p, 1);
    tk_zero(&p, sizeof p);
    tk_zero(&product, sizeof product);
}
