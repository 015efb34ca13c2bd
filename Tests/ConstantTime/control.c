// A comparison that stops at the first difference: valgrind has to report it, or it would report nothing at all.
#include "harness.h"

int main(void) {
    uint8_t a[32], b[32];
    fill(a, sizeof a, 1);
    fill(b, sizeof b, 2);
    TK_SECRET(a, sizeof a);
    int same = 0;
    while (same < 32 && a[same] == b[same]) same++;
    printf("%d\n", same);
    return 0;
}
