// Key objects of ML-KEM, and the public-key encryption K-PKE (FIPS 203 §5) that the mechanism stands on.
#ifndef TK_MLKEM_SCHEME_H
#define TK_MLKEM_SCHEME_H

#include "polynomial.h"
#include "tasks.h"
#include "tk_mlkem.h"

/// A key object. A public one ends before the secret polynomials.
struct tk_mlkem_object {
    int32_t rank;
    /// The seed of the matrix.
    uint8_t rho[32];
    /// H(ek).
    uint8_t hash[32];
    /// What a bad ciphertext's secret is derived from: private objects only.
    uint8_t z[32];
    /// t (rank), then the matrix by rows (rank * rank), then s (rank): transformed, 0 ..< q.
    polynomial polynomials[];
};
typedef struct tk_mlkem_object object;

/// Room for the largest private object, for operations that keep none.
typedef union {
    object key;
    uint8_t room[sizeof(object) + (RANK_MOST * RANK_MOST + 2 * RANK_MOST) * sizeof(polynomial)];
} object_room;

enum {
    CIPHERTEXT_MOST = TK_MLKEM_1024_CIPHERTEXT_BYTES,
    /// The hash of the public key, the rejection's secret, and the matrix.
    TASKS_MOST = 2 + RANK_MOST * RANK_MOST + 2 * RANK_MOST,
};

static inline int is_rank(int set) { return set == TK_MLKEM_768 || set == TK_MLKEM_1024; }

/// Bits per coefficient of the ciphertext's two parts, FIPS 203 §8 table 2.
static inline int bits_u(int rank) { return rank == 4 ? 11 : 10; }
static inline int bits_v(int rank) { return rank == 4 ? 5 : 4; }

static inline const polynomial *t_of(const object *key) { return key->polynomials; }
static inline const polynomial *matrix_of(const object *key) { return key->polynomials + key->rank; }
static inline const polynomial *s_of(const object *key) { return key->polynomials + key->rank * (key->rank + 1); }

const arithmetic *tk_mlkem_arithmetic(void);

/// The task of hashing one message, in two parts, to `length` bytes.
task tk_mlkem_hash_task(const uint8_t *first, size_t first_length, const uint8_t *second, size_t second_length, int suffix, uint8_t *out);
/// The tasks of sampling the matrix from key->rho; returns how many.
int tk_mlkem_matrix_tasks(task *tasks, object *key);

/// Algorithm 13: fills t, matrix, rho and s of a private object from d. The hash and z are left alone.
void tk_mlkem_pke_generate(object *key, const uint8_t d[32]);
/// Algorithm 14. `beside`, if it is not NULL, is one more task to finish: another hash costs little while the noise is made.
void tk_mlkem_pke_encrypt(const object *key, uint8_t *ciphertext, const uint8_t message[32], const uint8_t randomness[32],
                          const task *beside);
/// Algorithm 15.
void tk_mlkem_pke_decrypt(const object *key, uint8_t message[32], const uint8_t *ciphertext);

#endif
