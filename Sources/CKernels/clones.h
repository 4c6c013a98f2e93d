// One version of a function for each generation of x86 processors; the loader takes the newest that this machine has. The
// compiler's plain code for ARM uses NEON, which every such processor has.
#pragma once

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
// The loader chooses before a sanitizer has begun its work, and the choice itself would be watched by it: a crash.
#define RILL_IS_SANITIZED 1
#endif
#endif

#if defined(__x86_64__) && defined(__linux__) && !defined(RILL_IS_SANITIZED)
#define RILL_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define RILL_CLONES
#endif
