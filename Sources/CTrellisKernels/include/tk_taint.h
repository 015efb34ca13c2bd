// Secrets in memory: marking them for the constant-time test, and erasing them.
#ifndef TK_TAINT_H
#define TK_TAINT_H

#include <stddef.h>
#include <string.h>

// The constant-time test (Scripts/constant-time) builds the kernels with TK_TAINT and runs them under valgrind: a secret byte counts as
// undefined, so a branch or an address that depends on it is reported. TK_PUBLIC declares a value that the standard lets the world know.
#if defined(TK_TAINT)
#include <valgrind/memcheck.h>
#define TK_SECRET(pointer, count) ((void)VALGRIND_MAKE_MEM_UNDEFINED((pointer), (count)))
#define TK_PUBLIC(pointer, count) ((void)VALGRIND_MAKE_MEM_DEFINED((pointer), (count)))
#else
#define TK_SECRET(pointer, count) ((void)(pointer), (void)(count))
#define TK_PUBLIC(pointer, count) ((void)(pointer), (void)(count))
#endif

/// Overwrites `count` bytes with zeros, also where the compiler sees that nobody reads them again.
static inline void tk_zero(void *bytes, size_t count) {
    memset(bytes, 0, count);
    __asm__ volatile("" : : "r"(bytes) : "memory");
}

#endif
