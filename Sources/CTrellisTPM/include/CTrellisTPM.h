// The few things that an audit trail asks of a TPM 2.0, over tpm2-tss. The libraries are looked for when a TPM is opened: a program that
// was built with their headers runs without them, and one built without says so. One connection is used by one thread at a time.
#ifndef CTRELLIS_TPM_H
#define CTRELLIS_TPM_H

#include <stddef.h>
#include <stdint.h>

/// What came of a call. Everything but TT_OK leaves a text with `tt_error`.
typedef enum tt_result {
    TT_OK = 0,
    /// This build, or this machine, has no tpm2-tss.
    TT_UNAVAILABLE = 1,
    /// The TPM does not answer: the connection is of no more use.
    TT_LOST = 2,
    /// The TPM answered, and refused.
    TT_REFUSED = 3,
    /// There is no such counter.
    TT_MISSING = 4,
} tt_result;

/// A connection to a TPM.
typedef struct tt_tpm tt_tpm;

enum {
    TT_DIGEST = 32,
    TT_COORDINATE_MAX = 48,
    TT_NONCE_MAX = 64,
    TT_ATTEST_MAX = 2048,
    TT_SIGNATURE_MAX = 600,
};

/// A quote: TPMS_ATTEST, TPMT_SIGNATURE, and the point of the key that signed.
typedef struct tt_quote {
    uint8_t attest[TT_ATTEST_MAX];
    size_t attest_size;
    uint8_t signature[TT_SIGNATURE_MAX];
    size_t signature_size;
    uint8_t x[TT_COORDINATE_MAX];
    uint8_t y[TT_COORDINATE_MAX];
    size_t coordinate_size;
} tt_quote;

/// Opens the TPM behind a TCTI such as "device:/dev/tpmrm0" or "swtpm:path=/run/swtpm.sock". `*tpm` is set also where this fails, unless
/// there is no memory; close it then as well.
tt_result tt_open(const char *tcti, tt_tpm **tpm);
void tt_close(tt_tpm *tpm);
/// Why the last call on `tpm` failed.
const char *tt_error(const tt_tpm *tpm);

/// Extends a register of the SHA-256 bank by a digest.
tt_result tt_extend(tt_tpm *tpm, uint32_t pcr, const uint8_t digest[TT_DIGEST]);
tt_result tt_read(tt_tpm *tpm, uint32_t pcr, uint8_t value[TT_DIGEST]);
/// How often the TPM was reset, and restarted or resumed since.
tt_result tt_counts(tt_tpm *tpm, uint32_t *resets, uint32_t *restarts);
/// Quotes a register of the SHA-256 bank under a restricted signing key made from the endorsement seed: always the same one for a TPM and
/// a curve. The key is flushed again.
tt_result tt_make_quote(tt_tpm *tpm, uint32_t pcr, const uint8_t *nonce, size_t nonce_size, tt_quote *quote);

/// Defines a counter in non-volatile memory, readable and countable with its empty authorisation.
tt_result tt_counter_define(tt_tpm *tpm, uint32_t index);
/// Adds one; the first time it begins where no counter of this TPM ever stood.
tt_result tt_counter_increment(tt_tpm *tpm, uint32_t index);
tt_result tt_counter_read(tt_tpm *tpm, uint32_t index, uint64_t *value);

#endif
