// A connection to a TPM and what is asked of it: TPM 2.0 Library, Part 3, over ESAPI.
#include "CTrellisTPM.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tss.h"

#ifdef TT_HAS_TSS

struct tt_tpm {
    const struct tt_functions *tss;
    TSS2_TCTI_CONTEXT *tcti;
    ESYS_CONTEXT *esys;
    char error[256];
};

#define NO_SESSIONS ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE
#define PASSWORD ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE

/// Keeps the text of what happened, and tells a TPM that refuses from one that does not answer.
static tt_result outcome(tt_tpm *tpm, const char *operation, TSS2_RC code) {
    if (code == TSS2_RC_SUCCESS) return TT_OK;
    snprintf(tpm->error, sizeof tpm->error, "%s: %s", operation, tpm->tss->Tss2_RC_Decode(code));
    UINT32 layer = code & TSS2_RC_LAYER_MASK;
    if (layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER) {
        // TPM_RC_INITIALIZE: nobody started it; what it was before is gone.
        if ((code & ~TSS2_RC_LAYER_MASK) == TPM2_RC_INITIALIZE) return TT_LOST;
        // TPM_RC_HANDLE, whichever handle it is about.
        return (code & 0xBF) == (TPM2_RC_HANDLE & 0xBF) ? TT_MISSING : TT_REFUSED;
    }
    return TT_LOST;
}

tt_result tt_open(const char *name, tt_tpm **opened) {
    tt_tpm *tpm = calloc(1, sizeof *tpm);
    *opened = tpm;
    if (!tpm) return TT_UNAVAILABLE;
    const char *reason = "";
    tpm->tss = tt_tss(&reason);
    if (!tpm->tss) {
        snprintf(tpm->error, sizeof tpm->error, "%s", reason);
        return TT_UNAVAILABLE;
    }
    TSS2_RC code = tpm->tss->Tss2_TctiLdr_Initialize(name, &tpm->tcti);
    if (code != TSS2_RC_SUCCESS) {
        outcome(tpm, "connecting", code);
        return TT_LOST;
    }
    code = tpm->tss->Esys_Initialize(&tpm->esys, tpm->tcti, NULL);
    if (code != TSS2_RC_SUCCESS) {
        outcome(tpm, "opening", code);
        return TT_LOST;
    }
    return TT_OK;
}

void tt_close(tt_tpm *tpm) {
    if (!tpm) return;
    if (tpm->esys) tpm->tss->Esys_Finalize(&tpm->esys);
    if (tpm->tcti) tpm->tss->Tss2_TctiLdr_Finalize(&tpm->tcti);
    free(tpm);
}

const char *tt_error(const tt_tpm *tpm) { return tpm ? tpm->error : "no memory"; }

/// Says of a failed opening what it was.
static tt_result closed(tt_tpm *tpm) {
    if (tpm && !tpm->error[0]) snprintf(tpm->error, sizeof tpm->error, "not connected");
    return TT_LOST;
}

tt_result tt_extend(tt_tpm *tpm, uint32_t pcr, const uint8_t digest[TT_DIGEST]) {
    if (!tpm || !tpm->esys) return closed(tpm);
    TPML_DIGEST_VALUES values = {.count = 1};
    values.digests[0].hashAlg = TPM2_ALG_SHA256;
    memcpy(values.digests[0].digest.sha256, digest, TT_DIGEST);
    return outcome(tpm, "extending", tpm->tss->Esys_PCR_Extend(tpm->esys, ESYS_TR_PCR0 + pcr, PASSWORD, &values));
}

static TPML_PCR_SELECTION selection(uint32_t pcr) {
    TPML_PCR_SELECTION selection = {.count = 1};
    selection.pcrSelections[0].hash = TPM2_ALG_SHA256;
    selection.pcrSelections[0].sizeofSelect = 3;
    if (pcr < 24) selection.pcrSelections[0].pcrSelect[pcr / 8] = (BYTE)(1u << pcr % 8);
    return selection;
}

tt_result tt_read(tt_tpm *tpm, uint32_t pcr, uint8_t value[TT_DIGEST]) {
    if (!tpm || !tpm->esys) return closed(tpm);
    TPML_PCR_SELECTION wanted = selection(pcr), *found = NULL;
    TPML_DIGEST *values = NULL;
    UINT32 updates = 0;
    tt_result result = outcome(
        tpm, "reading a register", tpm->tss->Esys_PCR_Read(tpm->esys, NO_SESSIONS, &wanted, &updates, &found, &values));
    if (result == TT_OK) {
        if (values->count == 1 && values->digests[0].size == TT_DIGEST) {
            memcpy(value, values->digests[0].buffer, TT_DIGEST);
        } else {
            snprintf(tpm->error, sizeof tpm->error, "the TPM has no SHA-256 bank");
            result = TT_REFUSED;
        }
    }
    tpm->tss->Esys_Free(found);
    tpm->tss->Esys_Free(values);
    return result;
}

tt_result tt_counts(tt_tpm *tpm, uint32_t *resets, uint32_t *restarts) {
    if (!tpm || !tpm->esys) return closed(tpm);
    TPMS_TIME_INFO *time = NULL;
    tt_result result = outcome(tpm, "reading the clock", tpm->tss->Esys_ReadClock(tpm->esys, NO_SESSIONS, &time));
    if (result == TT_OK) {
        *resets = time->clockInfo.resetCount;
        *restarts = time->clockInfo.restartCount;
    }
    tpm->tss->Esys_Free(time);
    return result;
}

/// The template of an attestation key: fixed to its TPM, restricted to what the TPM itself says.
static TPM2B_PUBLIC template(TPM2_ECC_CURVE curve, TPM2_ALG_ID hash) {
    TPM2B_PUBLIC public = {0};
    public.publicArea.type = TPM2_ALG_ECC;
    public.publicArea.nameAlg = TPM2_ALG_SHA256;
    public.publicArea.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN
        | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_NODA;
    TPMS_ECC_PARMS *parameters = &public.publicArea.parameters.eccDetail;
    parameters->symmetric.algorithm = TPM2_ALG_NULL;
    parameters->scheme.scheme = TPM2_ALG_ECDSA;
    parameters->scheme.details.ecdsa.hashAlg = hash;
    parameters->curveID = curve;
    parameters->kdf.scheme = TPM2_ALG_NULL;
    return public;
}

/// Makes the key on P-384, or on P-256 where the TPM has no other.
static TSS2_RC create_key(tt_tpm *tpm, ESYS_TR *key, TPM2B_PUBLIC **public) {
    TPM2B_SENSITIVE_CREATE sensitive = {0};
    TPM2B_DATA outside = {0};
    TPML_PCR_SELECTION none = {0};
    TPM2B_PUBLIC strong = template(TPM2_ECC_NIST_P384, TPM2_ALG_SHA384), common = template(TPM2_ECC_NIST_P256, TPM2_ALG_SHA256);
    TSS2_RC code = tpm->tss->Esys_CreatePrimary(
        tpm->esys, ESYS_TR_RH_ENDORSEMENT, PASSWORD, &sensitive, &strong, &outside, &none, key, public, NULL, NULL, NULL);
    // The TPM's word for a curve or a hash that it has not.
    TSS2_RC base = code & 0xBF;
    if ((code & TSS2_RC_LAYER_MASK) == 0 && (base == (TPM2_RC_CURVE & 0xBF) || base == (TPM2_RC_HASH & 0xBF) || base == (TPM2_RC_SCHEME & 0xBF)
                                             || base == (TPM2_RC_VALUE & 0xBF))) {
        code = tpm->tss->Esys_CreatePrimary(
            tpm->esys, ESYS_TR_RH_ENDORSEMENT, PASSWORD, &sensitive, &common, &outside, &none, key, public, NULL, NULL, NULL);
    }
    return code;
}

/// Copies a coordinate with its leading zeros.
static int coordinate(uint8_t *out, size_t size, const TPM2B_ECC_PARAMETER *part) {
    if (part->size > size) return 0;
    memset(out, 0, size);
    memcpy(out + (size - part->size), part->buffer, part->size);
    return 1;
}

static tt_result take_quote(
    tt_tpm *tpm, const TPM2B_PUBLIC *public, const TPM2B_ATTEST *attest, const TPMT_SIGNATURE *signature, tt_quote *quote) {
    const TPMS_ECC_POINT *point = &public->publicArea.unique.ecc;
    quote->coordinate_size = public->publicArea.parameters.eccDetail.curveID == TPM2_ECC_NIST_P384 ? 48 : 32;
    size_t offset = 0;
    if (attest->size > sizeof quote->attest || !coordinate(quote->x, quote->coordinate_size, &point->x)
        || !coordinate(quote->y, quote->coordinate_size, &point->y)
        || tpm->tss->Tss2_MU_TPMT_SIGNATURE_Marshal(signature, quote->signature, sizeof quote->signature, &offset) != TSS2_RC_SUCCESS) {
        snprintf(tpm->error, sizeof tpm->error, "quoting: the TPM's answer has another form than was asked for");
        return TT_REFUSED;
    }
    memcpy(quote->attest, attest->attestationData, attest->size);
    quote->attest_size = attest->size;
    quote->signature_size = offset;
    return TT_OK;
}

tt_result tt_make_quote(tt_tpm *tpm, uint32_t pcr, const uint8_t *nonce, size_t nonce_size, tt_quote *quote) {
    if (!tpm || !tpm->esys) return closed(tpm);
    TPM2B_DATA data = {0};
    if (nonce_size > TT_NONCE_MAX || nonce_size > sizeof data.buffer) {
        snprintf(tpm->error, sizeof tpm->error, "quoting: the nonce is too long");
        return TT_REFUSED;
    }
    data.size = (UINT16)nonce_size;
    memcpy(data.buffer, nonce, nonce_size);
    ESYS_TR key = ESYS_TR_NONE;
    TPM2B_PUBLIC *public = NULL;
    tt_result result = outcome(tpm, "making the attestation key", create_key(tpm, &key, &public));
    if (result != TT_OK) return result;
    TPMT_SIG_SCHEME scheme = {.scheme = TPM2_ALG_NULL};
    TPML_PCR_SELECTION selected = selection(pcr);
    TPM2B_ATTEST *attest = NULL;
    TPMT_SIGNATURE *signature = NULL;
    result = outcome(tpm, "quoting", tpm->tss->Esys_Quote(tpm->esys, key, PASSWORD, &data, &scheme, &selected, &attest, &signature));
    if (result == TT_OK) result = take_quote(tpm, public, attest, signature, quote);
    tt_result flushed = outcome(tpm, "flushing the attestation key", tpm->tss->Esys_FlushContext(tpm->esys, key));
    tpm->tss->Esys_Free(public);
    tpm->tss->Esys_Free(attest);
    tpm->tss->Esys_Free(signature);
    return result == TT_OK ? flushed : result;
}

tt_result tt_counter_define(tt_tpm *tpm, uint32_t index) {
    if (!tpm || !tpm->esys) return closed(tpm);
    TPM2B_AUTH empty = {0};
    TPM2B_NV_PUBLIC public = {0};
    public.nvPublic.nvIndex = index;
    public.nvPublic.nameAlg = TPM2_ALG_SHA256;
    public.nvPublic.attributes =
        TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA | ((UINT32)TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT);
    public.nvPublic.dataSize = 8;
    ESYS_TR handle = ESYS_TR_NONE;
    tt_result result = outcome(
        tpm, "defining a counter", tpm->tss->Esys_NV_DefineSpace(tpm->esys, ESYS_TR_RH_OWNER, PASSWORD, &empty, &public, &handle));
    if (result == TT_OK) tpm->tss->Esys_TR_Close(tpm->esys, &handle);
    return result;
}

/// A counter that is there.
static tt_result counter(tt_tpm *tpm, uint32_t index, ESYS_TR *handle) {
    return outcome(tpm, "looking for the counter", tpm->tss->Esys_TR_FromTPMPublic(tpm->esys, index, NO_SESSIONS, handle));
}

tt_result tt_counter_increment(tt_tpm *tpm, uint32_t index) {
    if (!tpm || !tpm->esys) return closed(tpm);
    ESYS_TR handle = ESYS_TR_NONE;
    tt_result result = counter(tpm, index, &handle);
    if (result != TT_OK) return result;
    result = outcome(tpm, "counting", tpm->tss->Esys_NV_Increment(tpm->esys, handle, handle, PASSWORD));
    tpm->tss->Esys_TR_Close(tpm->esys, &handle);
    return result;
}

tt_result tt_counter_read(tt_tpm *tpm, uint32_t index, uint64_t *value) {
    if (!tpm || !tpm->esys) return closed(tpm);
    ESYS_TR handle = ESYS_TR_NONE;
    tt_result result = counter(tpm, index, &handle);
    if (result != TT_OK) return result;
    TPM2B_MAX_NV_BUFFER *data = NULL;
    result = outcome(tpm, "reading the counter", tpm->tss->Esys_NV_Read(tpm->esys, handle, handle, PASSWORD, 8, 0, &data));
    if (result == TT_OK) {
        uint64_t read = 0;
        for (int place = 0; place < 8; place++) read = read << 8 | data->buffer[place];
        *value = read;
        if (data->size != 8) {
            snprintf(tpm->error, sizeof tpm->error, "reading the counter: it has another size");
            result = TT_REFUSED;
        }
    }
    tpm->tss->Esys_Free(data);
    tpm->tss->Esys_TR_Close(tpm->esys, &handle);
    return result;
}

#else

struct tt_tpm {
    int unused;
};

tt_result tt_open(const char *name, tt_tpm **tpm) {
    (void)name;
    *tpm = NULL;
    return TT_UNAVAILABLE;
}

void tt_close(tt_tpm *tpm) { (void)tpm; }

const char *tt_error(const tt_tpm *tpm) {
    (void)tpm;
    return "built without TPM support: the headers of tpm2-tss (libtss2-dev) were not there";
}

tt_result tt_extend(tt_tpm *tpm, uint32_t pcr, const uint8_t digest[TT_DIGEST]) {
    (void)tpm, (void)pcr, (void)digest;
    return TT_UNAVAILABLE;
}

tt_result tt_read(tt_tpm *tpm, uint32_t pcr, uint8_t value[TT_DIGEST]) {
    (void)tpm, (void)pcr, (void)value;
    return TT_UNAVAILABLE;
}

tt_result tt_counts(tt_tpm *tpm, uint32_t *resets, uint32_t *restarts) {
    (void)tpm, (void)resets, (void)restarts;
    return TT_UNAVAILABLE;
}

tt_result tt_make_quote(tt_tpm *tpm, uint32_t pcr, const uint8_t *nonce, size_t nonce_size, tt_quote *quote) {
    (void)tpm, (void)pcr, (void)nonce, (void)nonce_size, (void)quote;
    return TT_UNAVAILABLE;
}

tt_result tt_counter_define(tt_tpm *tpm, uint32_t index) {
    (void)tpm, (void)index;
    return TT_UNAVAILABLE;
}

tt_result tt_counter_increment(tt_tpm *tpm, uint32_t index) {
    (void)tpm, (void)index;
    return TT_UNAVAILABLE;
}

tt_result tt_counter_read(tt_tpm *tpm, uint32_t index, uint64_t *value) {
    (void)tpm, (void)index, (void)value;
    return TT_UNAVAILABLE;
}

#endif
