// The choice among the versions of the arithmetic.
#include "arithmetic.h"

const mldsa_arithmetic *mldsa_arithmetic_now(void) { return &mldsa_arithmetic_portable; }
