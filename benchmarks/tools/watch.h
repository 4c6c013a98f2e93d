// Processor time and resident memory of the processes under test, from /proc.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_WATCHED = 4, MAX_PIDS = 16 };

typedef struct {
  char name[32];
  int pids[MAX_PIDS], count;
  uint64_t cpu_start_us, cpu_end_us, rss_before, rss_peak;
} watched;

static inline FILE *open_proc(int pid, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid ? pid : (int)getpid(), name);
  return fopen(path, "r");
}

/// Time that all processors of the machine were busy so far, in microseconds.
static inline uint64_t machine_cpu_us(void) {
  unsigned long long user = 0, nice = 0, system = 0, irq = 0, softirq = 0, steal = 0;
  FILE *f = fopen("/proc/stat", "r");
  if (!f) return 0;
  if (fscanf(f, "cpu %llu %llu %llu %*u %*u %llu %llu %llu", &user, &nice, &system, &irq, &softirq, &steal) !=
      6)
    user = 0;
  fclose(f);
  return (user + nice + system + irq + softirq + steal) * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

/// User and system time so far, in microseconds.
static inline uint64_t cpu_us(int pid) {
  if (pid < 0) return machine_cpu_us();
  char text[1024];
  FILE *f = open_proc(pid, "stat");
  if (!f) return 0;
  size_t n = fread(text, 1, sizeof text - 1, f);
  fclose(f);
  text[n] = 0;
  char *after_name = strrchr(text, ')');
  unsigned long long user = 0, system = 0;
  if (after_name)
    sscanf(after_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system);
  return (user + system) * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

/// Resident memory in bytes.
static inline uint64_t rss_bytes(int pid) {
  FILE *f = pid < 0 ? NULL : open_proc(pid, "statm");
  unsigned long long pages = 0;
  if (!f) return 0;
  if (fscanf(f, "%*u %llu", &pages) != 1) pages = 0;
  fclose(f);
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static inline uint64_t watched_cpu(const watched *w) {
  uint64_t sum = 0;
  for (int i = 0; i < w->count; i++) sum += cpu_us(w->pids[i]);
  return sum;
}

static inline uint64_t watched_rss(const watched *w) {
  uint64_t sum = 0;
  for (int i = 0; i < w->count; i++) sum += rss_bytes(w->pids[i]);
  return sum;
}

/// Reads `name:pid,pid,…`; the pid 0 is this process, -1 the whole machine.
static inline void watched_parse(watched *w, const char *text) {
  const char *colon = strchr(text, ':');
  snprintf(w->name, sizeof w->name, "%.*s", colon ? (int)(colon - text) : 0, text);
  while (colon && w->count < MAX_PIDS) {
    w->pids[w->count++] = atoi(colon + 1);
    colon = strchr(colon + 1, ',');
  }
}
