// One round of Keccak-f[1600] (FIPS 202 §3.2), for any kind of lane: the file that includes this gives the lane's operations.
#ifndef TK_KECCAK_ROUND_H
#define TK_KECCAK_ROUND_H

#include <stdint.h>

/// The constants of step iota, FIPS 202 §3.2.5.
extern const uint64_t tk_keccak_constants[24];

// KECCAK_ROUND(A, E, constant) sets E to the round of A. Both are arrays of 25 lanes indexed by constants only, so that the compiler may
// hold them in registers. Each row of five is made whole: theta's correction, rho's rotation, pi's place, then chi along the row.
// The includer defines, for its type Lane:
//   XOR(a, b), XOR5(a, b, c, d, e), ROTATE(a, constant), CHI(a, b, c) = a ^ (~b & c), and
//   CHI_IOTA(a, b, c, constant) = CHI(a, b, c) ^ constant.
#define KECCAK_ROW(E, y, i0, d0, r0, i1, d1, r1, i2, d2, r2, i3, d3, r3, i4, d4, r4, A)                                                   \
    {                                                                                                                                      \
        const Lane b0 = ROTATE(XOR(A[i0], d0), r0), b1 = ROTATE(XOR(A[i1], d1), r1), b2 = ROTATE(XOR(A[i2], d2), r2),                      \
                   b3 = ROTATE(XOR(A[i3], d3), r3), b4 = ROTATE(XOR(A[i4], d4), r4);                                                       \
        E[5 * y] = CHI(b0, b1, b2);                                                                                                        \
        E[5 * y + 1] = CHI(b1, b2, b3);                                                                                                    \
        E[5 * y + 2] = CHI(b2, b3, b4);                                                                                                    \
        E[5 * y + 3] = CHI(b3, b4, b0);                                                                                                    \
        E[5 * y + 4] = CHI(b4, b0, b1);                                                                                                    \
    }

#define KECCAK_ROUND(A, E, constant)                                                                                                       \
    {                                                                                                                                      \
        const Lane c0 = XOR5(A[0], A[5], A[10], A[15], A[20]), c1 = XOR5(A[1], A[6], A[11], A[16], A[21]),                                 \
                   c2 = XOR5(A[2], A[7], A[12], A[17], A[22]), c3 = XOR5(A[3], A[8], A[13], A[18], A[23]),                                 \
                   c4 = XOR5(A[4], A[9], A[14], A[19], A[24]);                                                                             \
        const Lane d0 = XOR(c4, ROTATE(c1, 1)), d1 = XOR(c0, ROTATE(c2, 1)), d2 = XOR(c1, ROTATE(c3, 1)), d3 = XOR(c2, ROTATE(c4, 1)),     \
                   d4 = XOR(c3, ROTATE(c0, 1));                                                                                            \
        {                                                                                                                                  \
            const Lane b0 = XOR(A[0], d0), b1 = ROTATE(XOR(A[6], d1), 44), b2 = ROTATE(XOR(A[12], d2), 43),                                \
                       b3 = ROTATE(XOR(A[18], d3), 21), b4 = ROTATE(XOR(A[24], d4), 14);                                                   \
            E[0] = CHI_IOTA(b0, b1, b2, constant);                                                                                         \
            E[1] = CHI(b1, b2, b3);                                                                                                        \
            E[2] = CHI(b2, b3, b4);                                                                                                        \
            E[3] = CHI(b3, b4, b0);                                                                                                        \
            E[4] = CHI(b4, b0, b1);                                                                                                        \
        }                                                                                                                                  \
        KECCAK_ROW(E, 1, 3, d3, 28, 9, d4, 20, 10, d0, 3, 16, d1, 45, 22, d2, 61, A)                                                       \
        KECCAK_ROW(E, 2, 1, d1, 1, 7, d2, 6, 13, d3, 25, 19, d4, 8, 20, d0, 18, A)                                                         \
        KECCAK_ROW(E, 3, 4, d4, 27, 5, d0, 36, 11, d1, 10, 17, d2, 15, 23, d3, 56, A)                                                      \
        KECCAK_ROW(E, 4, 2, d2, 62, 8, d3, 55, 14, d4, 39, 15, d0, 41, 21, d1, 2, A)                                                       \
    }

// KECCAK_STATE(OP, A) applies OP(A, i) to each of the 25 lanes.
#define KECCAK_STATE(OP, A)                                                                                                                \
    OP(A, 0) OP(A, 1) OP(A, 2) OP(A, 3) OP(A, 4) OP(A, 5) OP(A, 6) OP(A, 7) OP(A, 8) OP(A, 9) OP(A, 10) OP(A, 11) OP(A, 12)                \
    OP(A, 13) OP(A, 14) OP(A, 15) OP(A, 16) OP(A, 17) OP(A, 18) OP(A, 19) OP(A, 20) OP(A, 21) OP(A, 22) OP(A, 23) OP(A, 24)

#endif
