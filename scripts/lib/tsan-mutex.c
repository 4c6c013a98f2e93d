// Tells Thread Sanitizer about Swift's Mutex on Linux. Loaded before everything else by scripts/sanitize.
//
// A Mutex that nobody waits for is locked and unlocked by atomic operations in the caller's own, instrumented code. One
// that is contended changes hands inside the kernel (FUTEX_LOCK_PI), on behalf of Swift's library, which is not
// instrumented: the sanitizer sees two threads in one critical section and no order between them, and reports races in
// correct programs. These three functions stand before those of the library and add exactly the missing order. Nothing is
// suppressed, so a race inside or beside a critical section is still found.
//
// The names are those of Synchronization._MutexHandle._lockSlow(_: UInt32), _tryLockSlow() and _unlockSlow(), which every
// compiled program calls. Should they ever change, the false reports come back.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

// Missing in processes that are not instrumented, such as `swift test` itself.
extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));

SWIFT void lock_slow(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT bool try_lock_slow(SELF void *mutex) __asm__(TRY_LOCK);
SWIFT void unlock_slow(SELF void *mutex) __asm__(UNLOCK);

SWIFT void lock_slow(uint32_t thread, SELF void *mutex) {
  SWIFT void (*library)(uint32_t, SELF void *) = dlsym(RTLD_NEXT, LOCK);
  library(thread, mutex);
  if (__tsan_acquire != NULL) __tsan_acquire(mutex);
}

SWIFT bool try_lock_slow(SELF void *mutex) {
  SWIFT bool (*library)(SELF void *) = dlsym(RTLD_NEXT, TRY_LOCK);
  bool is_locked = library(mutex);
  if (is_locked && __tsan_acquire != NULL) __tsan_acquire(mutex);
  return is_locked;
}

SWIFT void unlock_slow(SELF void *mutex) {
  SWIFT void (*library)(SELF void *) = dlsym(RTLD_NEXT, UNLOCK);
  if (__tsan_release != NULL) __tsan_release(mutex);
  library(mutex);
}
