// Preloaded into a process, it counts the calls that allocate memory, of all its threads and of the
// processes that it starts.
//
// ALLOCCOUNT_FILE names a file of 16 bytes: two integers of this machine, the calls that allocate and those
// that free. It is mapped, so that another program can read it at any time.
//
// The C library's own names behind malloc are called, so nothing has to be looked up before the first
// allocation; another C library than glibc does not have them, and the benchmark then says that the figure
// is not available.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

typedef struct {
  _Atomic uint64_t allocated, freed;
} counts;

static counts unread;
static counts *counted = &unread;

__attribute__((constructor)) static void map_counts(void) {
  const char *path = getenv("ALLOCCOUNT_FILE");
  int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *mapped = mmap(NULL, sizeof(counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped != MAP_FAILED) counted = mapped;
  close(file);
}

static void count_allocation(void) {
  atomic_fetch_add_explicit(&counted->allocated, 1, memory_order_relaxed);
}

void *malloc(size_t size) {
  count_allocation();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count_allocation();
  return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
  count_allocation();
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  count_allocation();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) || !alignment || (alignment & (alignment - 1))) return EINVAL;
  void *made = memalign(alignment, size);
  if (!made) return ENOMEM;
  *block = made;
  return 0;
}

void free(void *block) {
  if (block) atomic_fetch_add_explicit(&counted->freed, 1, memory_order_relaxed);
  __libc_free(block);
}
