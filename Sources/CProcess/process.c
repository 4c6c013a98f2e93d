#define _GNU_SOURCE
#include "process.h"
#include <stdlib.h>
#include <sys/resource.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

int rill_spawn_close_from(posix_spawn_file_actions_t *actions, int lowest) {
#if defined(__linux__)
  return posix_spawn_file_actions_addclosefrom_np(actions, lowest);
#else
  // On macOS an attribute does the same (POSIX_SPAWN_CLOEXEC_DEFAULT).
  (void)actions;
  (void)lowest;
  return 0;
#endif
}

int rill_limit_process(pid_t process, unsigned long long address_space, int may_write_files) {
#if defined(__linux__)
  struct rlimit memory = {address_space, address_space};
  struct rlimit none = {0, 0};
  int result = prlimit(process, RLIMIT_AS, &memory, NULL);
  if (!may_write_files) result |= prlimit(process, RLIMIT_FSIZE, &none, NULL);
  result |= prlimit(process, RLIMIT_CORE, &none, NULL);
  return result;
#else
  (void)process;
  (void)address_space;
  (void)may_write_files;
  return -1;
#endif
}

int rill_trim_memory(void) {
#if defined(__GLIBC__)
  return malloc_trim(0);
#else
  return 0;
#endif
}
