// Finds tpm2-tss, once in the life of the process.
#include "tss.h"

#ifdef TT_HAS_TSS
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

enum { TT_ESYS, TT_TCTI, TT_RC, TT_MU, TT_LIBRARIES };

static const char *const names[TT_LIBRARIES] = {"libtss2-esys.so.0", "libtss2-tctildr.so.0", "libtss2-rc.so.0", "libtss2-mu.so.0"};
static struct tt_functions functions;
static char failure[256];
static int is_found;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void find(void) {
    void *libraries[TT_LIBRARIES];
    for (int index = 0; index < TT_LIBRARIES; index++) {
        libraries[index] = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
        if (!libraries[index]) {
            snprintf(failure, sizeof failure, "%s is not installed", names[index]);
            return;
        }
    }
#define TT_FIND(library, name)                                                              \
    functions.name = (__typeof__(name) *)dlsym(libraries[library], #name);                  \
    if (!functions.name) {                                                                  \
        snprintf(failure, sizeof failure, "%s has no function " #name, names[library]);     \
        return;                                                                             \
    }
    TT_FUNCTIONS(TT_FIND)
#undef TT_FIND
    is_found = 1;
}

const struct tt_functions *tt_tss(const char **reason) {
    pthread_once(&once, find);
    *reason = failure;
    return is_found ? &functions : NULL;
}
#else
typedef int tt_no_tss;
#endif
