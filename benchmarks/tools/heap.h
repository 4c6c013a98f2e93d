// A binary heap of deadlines. An entry is never removed from the middle: its owner carries a generation
// number, and an entry whose generation is no longer the owner's is skipped when it comes out.
#pragma once
#include <stdint.h>
#include <stdlib.h>

typedef struct {
  uint64_t at;
  uint32_t owner, generation;
} deadline;

typedef struct {
  deadline *items;
  size_t count, capacity;
} heap;

static inline void heap_push(heap *h, deadline d) {
  if (h->count == h->capacity) {
    h->capacity = h->capacity ? h->capacity * 2 : 1024;
    h->items = realloc(h->items, h->capacity * sizeof *h->items);
    if (!h->items) abort();
  }
  size_t i = h->count++;
  while (i > 0 && h->items[(i - 1) / 2].at > d.at) {
    h->items[i] = h->items[(i - 1) / 2];
    i = (i - 1) / 2;
  }
  h->items[i] = d;
}

/// Takes the earliest deadline out of a heap that is not empty.
static inline deadline heap_pop(heap *h) {
  deadline first = h->items[0], last = h->items[--h->count];
  size_t i = 0;
  for (;;) {
    size_t child = 2 * i + 1;
    if (child >= h->count) break;
    if (child + 1 < h->count && h->items[child + 1].at < h->items[child].at) child++;
    if (h->items[child].at >= last.at) break;
    h->items[i] = h->items[child];
    i = child;
  }
  if (h->count) h->items[i] = last;
  return first;
}
