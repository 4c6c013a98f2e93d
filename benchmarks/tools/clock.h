// The one clock of the benchmark. CLOCK_MONOTONIC is the same for every process of a machine, so a time that
// the upstream writes into a token can be subtracted from the time at which the client reads it.
#pragma once
#include <stdint.h>
#include <time.h>

/// Nanoseconds since the machine started.
static inline uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}
