// Preloaded into a process, it makes each of its syncs to the disk take longer, as a busy or dying disk does.
//
// SLOWSYNC_FILE names a file of eight bytes: how much longer in nanoseconds, an integer of this machine. It is mapped, so
// that a change is seen at once.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const int64_t no_delay = 0;
static const volatile int64_t *delay = &no_delay;
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

__attribute__((constructor)) static void map_delay(void) {
  real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  const char *path = getenv("SLOWSYNC_FILE");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *mapped = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  if (mapped != MAP_FAILED) delay = mapped;
  close(file);
}

static void wait_for_disk(void) {
  int64_t left = *delay;
  if (left <= 0) return;
  struct timespec time = {left / 1000000000, left % 1000000000};
  nanosleep(&time, NULL);
}

int fsync(int file) {
  wait_for_disk();
  return real_fsync(file);
}

int fdatasync(int file) {
  wait_for_disk();
  return real_fdatasync(file);
}
