#include "matrix.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

// A question has a dozen rows, so that its time is that of fetching the weights: they are asked for so many bytes ahead.
// Asking beyond the end of the memory does no harm.
enum { AHEAD = 4096, CACHE_LINE = 64 };

#if defined(__x86_64__)

// 32 registers of 16 numbers.
#define VECTOR 64
#define COLUMNS 2
#define ROWS 14
#define TARGET __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,fma"), min_vector_width(512)))
#define NAME(x) avx512_##x
#include "matrix_tile.h"

// 16 registers of 8 numbers.
#define VECTOR 32
#define COLUMNS 2
#define ROWS 6
#define TARGET __attribute__((target("avx2,fma"), min_vector_width(256)))
#define NAME(x) avx2_##x
#include "matrix_tile.h"

// Every 64-bit processor: 16 registers of 4 numbers.
#define VECTOR 16
#define COLUMNS 2
#define ROWS 6
#define TARGET
#define NAME(x) plain_##x
#include "matrix_tile.h"

#else

// ARM: 32 registers of 4 numbers.
#define VECTOR 16
#define COLUMNS 4
#define ROWS 6
#define TARGET
#define NAME(x) plain_##x
#include "matrix_tile.h"

#endif

enum generation { plain, avx2, avx512 };

static enum generation newest(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq")) {
    return avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2;
#endif
  return plain;
}

size_t rill_matrix_panel(void) {
  switch (newest()) {
#if defined(__x86_64__)
  case avx512: return avx512_panel;
  case avx2: return avx2_panel;
#endif
  default: return plain_panel;
  }
}

size_t rill_matrix_packed_count(size_t columns, size_t inner) {
  const size_t panel = rill_matrix_panel();
  return (columns + panel - 1) / panel * panel * inner;
}

void rill_matrix_pack_transposed(size_t columns, size_t inner, const float *b, size_t b_stride, float *packed) {
  const size_t panel = rill_matrix_panel();
  for (size_t first = 0; first < columns; first += panel) {
    float *to = packed + first * inner;
    const size_t width = columns - first < panel ? columns - first : panel;
    for (size_t step = 0; step < inner; step++) {
      for (size_t i = 0; i < width; i++) to[step * panel + i] = b[(first + i) * b_stride + step];
      for (size_t i = width; i < panel; i++) to[step * panel + i] = 0;
    }
  }
}

void rill_matrix_pack(size_t columns, size_t inner, const float *b, size_t b_stride, float *packed) {
  const size_t panel = rill_matrix_panel();
  for (size_t first = 0; first < columns; first += panel) {
    float *to = packed + first * inner;
    const size_t width = columns - first < panel ? columns - first : panel;
    for (size_t step = 0; step < inner; step++) {
      memcpy(to + step * panel, b + step * b_stride + first, width * sizeof(float));
      for (size_t i = width; i < panel; i++) to[step * panel + i] = 0;
    }
  }
}

void rill_matrix_multiply(
    size_t rows, size_t columns, size_t inner, const float *a, size_t a_stride, const float *packed,
    const float *bias, float *c, size_t c_stride) {
  switch (newest()) {
#if defined(__x86_64__)
  case avx512:
    avx512_multiply(rows, columns, inner, a, a_stride, packed, bias, c, c_stride);
    return;
  case avx2:
    avx2_multiply(rows, columns, inner, a, a_stride, packed, bias, c, c_stride);
    return;
#endif
  default: plain_multiply(rows, columns, inner, a, a_stride, packed, bias, c, c_stride);
  }
}
