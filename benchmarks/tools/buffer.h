// A growing byte buffer that is consumed from its front.
#pragma once
#include <stdlib.h>
#include <string.h>

typedef struct {
  char *data;
  size_t start, end, capacity;
} buffer;

static inline size_t buffer_length(const buffer *b) { return b->end - b->start; }
static inline char *buffer_bytes(const buffer *b) { return b->data + b->start; }

static inline void buffer_append(buffer *b, const void *bytes, size_t n) {
  if (b->start == b->end) b->start = b->end = 0;
  if (b->end + n > b->capacity && b->start) {
    memmove(b->data, b->data + b->start, buffer_length(b));
    b->end -= b->start;
    b->start = 0;
  }
  if (b->end + n > b->capacity) {
    b->capacity = b->capacity ? b->capacity : 512;
    while (b->end + n > b->capacity) b->capacity *= 2;
    b->data = realloc(b->data, b->capacity);
    if (!b->data) abort();
  }
  memcpy(b->data + b->end, bytes, n);
  b->end += n;
}

static inline void buffer_consume(buffer *b, size_t n) { b->start += n; }

static inline void buffer_free(buffer *b) {
  free(b->data);
  *b = (buffer){0};
}
