// Counts what the tests' process allocates: a measure of work that is the same on every machine and every day.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Whether allocations are counted: on Linux with glibc, and not under a sanitizer, which has an allocator of its own.
bool rill_counts_allocations(void);

/// How many pieces of memory the calling thread has asked for since it began.
uint64_t rill_thread_allocations(void);
