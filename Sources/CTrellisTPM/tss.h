// The functions of tpm2-tss that are called, found at run time. Only where its headers are.
#ifndef CTRELLIS_TPM_TSS_H
#define CTRELLIS_TPM_TSS_H

#if defined(__has_include)
#if __has_include(<tss2/tss2_esys.h>) && __has_include(<tss2/tss2_mu.h>) && __has_include(<tss2/tss2_rc.h>) \
    && __has_include(<tss2/tss2_tctildr.h>)
#define TT_HAS_TSS 1
#endif
#endif

#ifdef TT_HAS_TSS
#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#define TT_FUNCTIONS(X)                                                                                            \
    X(TT_ESYS, Esys_Initialize) X(TT_ESYS, Esys_Finalize) X(TT_ESYS, Esys_Free) X(TT_ESYS, Esys_PCR_Extend)        \
    X(TT_ESYS, Esys_PCR_Read) X(TT_ESYS, Esys_ReadClock) X(TT_ESYS, Esys_CreatePrimary) X(TT_ESYS, Esys_Quote)     \
    X(TT_ESYS, Esys_FlushContext) X(TT_ESYS, Esys_TR_FromTPMPublic) X(TT_ESYS, Esys_TR_Close)                      \
    X(TT_ESYS, Esys_NV_DefineSpace) X(TT_ESYS, Esys_NV_Increment) X(TT_ESYS, Esys_NV_Read)                         \
    X(TT_TCTI, Tss2_TctiLdr_Initialize) X(TT_TCTI, Tss2_TctiLdr_Finalize)                                          \
    X(TT_RC, Tss2_RC_Decode) X(TT_MU, Tss2_MU_TPMT_SIGNATURE_Marshal)

/// The functions under their own names.
struct tt_functions {
#define TT_FIELD(library, name) __typeof__(name) *name;
    TT_FUNCTIONS(TT_FIELD)
#undef TT_FIELD
};

/// The libraries' functions; null where one of them is missing, and why then.
const struct tt_functions *tt_tss(const char **reason);
#endif

#endif
