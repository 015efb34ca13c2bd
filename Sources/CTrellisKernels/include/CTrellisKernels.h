// The arithmetic that consensus spends its time on, in C: Keccak, SHA-2, and the lattice and hash-based schemes that stand on them.
// Only TrellisCrypto may import this. Nothing here allocates, does I/O, keeps state between calls or draws randomness: the caller
// gives buffers of the stated sizes, and random bytes. Functions that can refuse their input return 0 for success.
#ifndef CTRELLISKERNELS_H
#define CTRELLISKERNELS_H

#include "tk_cpu.h"
#include "tk_keccak.h"
#include "tk_mldsa.h"
#include "tk_mlkem.h"
#include "tk_lms.h"
#include "tk_sha2.h"
#include "tk_slhdsa.h"
#include "tk_taint.h"
#include "tk_xmss.h"

#endif
