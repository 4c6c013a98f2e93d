// What Swift's view of the C library leaves out about processes.
#pragma once
#include <spawn.h>
#include <sys/types.h>

/// Makes the program inherit no descriptor from `lowest` on. Returns 0, or an error number.
int rill_spawn_close_from(posix_spawn_file_actions_t *actions, int lowest);

/// Limits what a running program may use: bytes of address space, no core dumps, and no files to write unless it may.
/// Returns 0, or -1 where the system cannot do that.
int rill_limit_process(pid_t process, unsigned long long address_space, int may_write_files);

/// Gives whole pages of freed memory back to the system. Returns whether there were any; 0 where the C library cannot.
int rill_trim_memory(void);
