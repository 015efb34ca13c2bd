// ML-KEM itself: the mechanism of FIPS 203 §6 and §7 on K-PKE, on key objects and on keys as bytes.
#include "scheme.h"
#include "tk_keccak.h"
#include "tk_taint.h"

size_t tk_mlkem_public_key_bytes(int set) { return is_rank(set) ? 384u * (size_t)set + 32 : 0; }

size_t tk_mlkem_private_key_bytes(int set) { return is_rank(set) ? 768u * (size_t)set + 96 : 0; }

size_t tk_mlkem_ciphertext_bytes(int set) { return is_rank(set) ? 32u * (size_t)(bits_u(set) * set + bits_v(set)) : 0; }

size_t tk_mlkem_public_object_bytes(int set) {
    return is_rank(set) ? sizeof(object) + (size_t)(set * set + set) * sizeof(polynomial) : 0;
}

size_t tk_mlkem_private_object_bytes(int set) {
    return is_rank(set) ? tk_mlkem_public_object_bytes(set) + (size_t)set * sizeof(polynomial) : 0;
}

// MARK: keys

/// Overwrites what is secret in a private object.
static void erase(object *key) {
    tk_zero(key->z, sizeof key->z);
    tk_zero(key->polynomials + key->rank * (key->rank + 1), (size_t)key->rank * sizeof(polynomial));
}

static int is_aligned(const void *key) { return (uintptr_t)key % TK_MLKEM_ALIGNMENT == 0; }

/// Reads t and rho of a public key, and whether it passes the modulus check: 0 if so.
static int read_public_key(object *key, int set, const uint8_t *public_key) {
    const arithmetic *use = tk_mlkem_arithmetic();
    int bad = 0;
    key->rank = set;
    for (int i = 0; i < set; i++) bad |= use->decode(&key->polynomials[i], public_key + ENCODED_BYTES * i);
    memcpy(key->rho, public_key + ENCODED_BYTES * set, 32);
    return bad;
}

int tk_mlkem_public_expand(int set, tk_mlkem_public *key, const uint8_t *public_key) {
    if (!is_rank(set) || !is_aligned(key) || read_public_key(key, set, public_key) != 0) return -1;
    task tasks[TASKS_MOST];
    tasks[0] = tk_mlkem_hash_task(public_key, tk_mlkem_public_key_bytes(set), NULL, 0, TK_SHA3_SUFFIX, key->hash);
    tk_mlkem_run(tk_mlkem_arithmetic(), tasks, 1 + tk_mlkem_matrix_tasks(tasks + 1, key));
    return 0;
}

void tk_mlkem_object_public_key(const tk_mlkem_public *key, uint8_t *public_key) {
    const arithmetic *use = tk_mlkem_arithmetic();
    for (int i = 0; i < key->rank; i++) use->encode(public_key + ENCODED_BYTES * i, &t_of(key)[i]);
    memcpy(public_key + ENCODED_BYTES * key->rank, key->rho, 32);
}

/// Expands a private key. With `ciphertext`, also derives the secret of its rejection, J(z, c), beside the other hashes.
static int expand_private(int set, object *key, const uint8_t *private_key, const uint8_t *ciphertext, uint8_t rejected[32]) {
    if (!is_rank(set) || !is_aligned(key)) return -1;
    const arithmetic *use = tk_mlkem_arithmetic();
    const size_t public_length = tk_mlkem_public_key_bytes(set);
    const uint8_t *public_key = private_key + ENCODED_BYTES * set, *hash = public_key + public_length;
    TK_PUBLIC(public_key, public_length + 32);
    if (read_public_key(key, set, public_key) != 0) return -1;
    memcpy(key->z, hash + 32, 32);
    polynomial *s = key->polynomials + set * (set + 1);
    for (int i = 0; i < set; i++) (void)use->decode(&s[i], private_key + ENCODED_BYTES * i);

    task tasks[TASKS_MOST];
    int count = 0;
    tasks[count++] = tk_mlkem_hash_task(public_key, public_length, NULL, 0, TK_SHA3_SUFFIX, key->hash);
    if (ciphertext)
        tasks[count++] = tk_mlkem_hash_task(key->z, 32, ciphertext, tk_mlkem_ciphertext_bytes(set), TK_SHAKE_SUFFIX, rejected);
    count += tk_mlkem_matrix_tasks(tasks + count, key);
    tk_mlkem_run(use, tasks, count);
    return memcmp(key->hash, hash, 32) == 0 ? 0 : -1;
}

int tk_mlkem_private_expand(int set, tk_mlkem_private *key, const uint8_t *private_key) {
    return expand_private(set, key, private_key, NULL, NULL);
}

/// A private object whose public key is written as well; key->hash is set if `hashed`.
static int generate(int set, object *key, uint8_t *public_key, const uint8_t seed[64], int hashed) {
    if (!is_rank(set) || !is_aligned(key)) return -1;
    key->rank = set;
    memcpy(key->z, seed + 32, 32);
    tk_mlkem_pke_generate(key, seed);
    tk_mlkem_object_public_key(key, public_key);
    if (hashed) tk_sha3_256(key->hash, public_key, tk_mlkem_public_key_bytes(set));
    return 0;
}

int tk_mlkem_private_from_seed(int set, tk_mlkem_private *key, const uint8_t seed[64]) {
    uint8_t public_key[TK_MLKEM_1024_PUBLIC_KEY_BYTES];
    return generate(set, key, public_key, seed, 1);
}

int tk_mlkem_generate(int set, uint8_t *public_key, uint8_t *private_key, const uint8_t seed[64]) {
    object_room room;
    object *key = &room.key;
    if (generate(set, key, public_key, seed, private_key != NULL) != 0) return -1;
    if (private_key) {
        const arithmetic *use = tk_mlkem_arithmetic();
        const size_t public_length = tk_mlkem_public_key_bytes(set);
        for (int i = 0; i < set; i++) use->encode(private_key + ENCODED_BYTES * i, &s_of(key)[i]);
        uint8_t *rest = private_key + ENCODED_BYTES * set;
        memcpy(rest, public_key, public_length);
        memcpy(rest + public_length, key->hash, 32);
        memcpy(rest + public_length + 32, key->z, 32);
    }
    erase(key);
    return 0;
}

int tk_mlkem_check_public_key(int set, const uint8_t *public_key) {
    if (!is_rank(set)) return -1;
    polynomial p;
    int bad = 0;
    for (int i = 0; i < set; i++) bad |= tk_mlkem_arithmetic()->decode(&p, public_key + ENCODED_BYTES * i);
    return bad == 0 ? 0 : -1;
}

int tk_mlkem_check_private_key(int set, const uint8_t *private_key) {
    if (!is_rank(set)) return -1;
    const size_t public_length = tk_mlkem_public_key_bytes(set);
    const uint8_t *public_key = private_key + ENCODED_BYTES * set;
    uint8_t hash[32];
    TK_PUBLIC(public_key, public_length + 32);
    if (tk_mlkem_check_public_key(set, public_key) != 0) return -1;
    tk_sha3_256(hash, public_key, public_length);
    return memcmp(hash, public_key + public_length, 32) == 0 ? 0 : -1;
}

// MARK: encapsulation

/// (K, r) = G(m, H(ek)).
static void derive(uint8_t secret_and_randomness[64], const uint8_t message[32], const object *key) {
    uint8_t input[64];
    memcpy(input, message, 32);
    memcpy(input + 32, key->hash, 32);
    tk_sha3_512(secret_and_randomness, input, sizeof input);
    tk_zero(input, sizeof input);
}

void tk_mlkem_public_encapsulate(const tk_mlkem_public *key, uint8_t *ciphertext, uint8_t secret[32], const uint8_t message[32]) {
    uint8_t derived[64];
    derive(derived, message, key);
    tk_mlkem_pke_encrypt(key, ciphertext, message, derived + 32, NULL);
    TK_PUBLIC(ciphertext, tk_mlkem_ciphertext_bytes(key->rank));
    memcpy(secret, derived, 32);
    tk_zero(derived, sizeof derived);
}

int tk_mlkem_encapsulate(int set, uint8_t *ciphertext, uint8_t secret[32], const uint8_t *public_key, const uint8_t message[32]) {
    object_room room;
    if (tk_mlkem_public_expand(set, &room.key, public_key) != 0) return -1;
    tk_mlkem_public_encapsulate(&room.key, ciphertext, secret, message);
    return 0;
}

// MARK: decapsulation

/// All ones if the `count` bytes differ, zero if not, in a time that depends on `count` alone.
static uint8_t difference(const uint8_t *a, const uint8_t *b, size_t count) {
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) found |= (uint32_t)(a[i] ^ b[i]);
    // The compiler must not know that this is one of two values, lest it branches on it.
    __asm__("" : "+r"(found));
    return (uint8_t)((0 - found) >> 24);
}

/// Algorithm 18 from line 5 on. `rejected` is J(z, c), or will be when the task `beside` is finished.
static void finish(const object *key, uint8_t secret[32], const uint8_t *ciphertext, const uint8_t rejected[32], const task *beside) {
    uint8_t message[32], derived[64], again[CIPHERTEXT_MOST];
    tk_mlkem_pke_decrypt(key, message, ciphertext);
    derive(derived, message, key);
    tk_mlkem_pke_encrypt(key, again, message, derived + 32, beside);
    const uint8_t mask = difference(ciphertext, again, tk_mlkem_ciphertext_bytes(key->rank));
    for (int i = 0; i < 32; i++) secret[i] = (uint8_t)(derived[i] ^ (mask & (derived[i] ^ rejected[i])));
    tk_zero(message, sizeof message);
    tk_zero(derived, sizeof derived);
    tk_zero(again, sizeof again);
}

void tk_mlkem_private_decapsulate(const tk_mlkem_private *key, uint8_t secret[32], const uint8_t *ciphertext) {
    uint8_t rejected[32];
    const task hash = tk_mlkem_hash_task(key->z, 32, ciphertext, tk_mlkem_ciphertext_bytes(key->rank), TK_SHAKE_SUFFIX, rejected);
    finish(key, secret, ciphertext, rejected, &hash);
    tk_zero(rejected, sizeof rejected);
}

int tk_mlkem_decapsulate(int set, uint8_t secret[32], const uint8_t *ciphertext, const uint8_t *private_key) {
    if (!is_rank(set)) return -1;
    object_room room;
    uint8_t rejected[32];
    const int refused = expand_private(set, &room.key, private_key, ciphertext, rejected);
    if (refused == 0) finish(&room.key, secret, ciphertext, rejected, NULL);
    erase(&room.key);
    tk_zero(rejected, sizeof rejected);
    return refused;
}

int tk_mlkem_decapsulate_with_seed(int set, uint8_t secret[32], const uint8_t *ciphertext, const uint8_t seed[64]) {
    object_room room;
    if (tk_mlkem_private_from_seed(set, &room.key, seed) != 0) return -1;
    tk_mlkem_private_decapsulate(&room.key, secret, ciphertext);
    erase(&room.key);
    return 0;
}
