// The product of two matrices for one width of vectors. matrix.c includes this file once for each, with VECTOR (bytes of a
// vector), COLUMNS (vectors across a tile), ROWS (the most rows of a tile), TARGET (an attribute) and NAME(x) defined.
//
// A tile of the result stays in registers while the inner dimension runs by: each step loads a few vectors of `b` and
// multiplies them with one number of each row of `a`. There are as many sums as fit beside those into the registers.
// Source of the scheme: Goto and van de Geijn 2008, "Anatomy of High-Performance Matrix Multiplication".

typedef float NAME(vector) __attribute__((vector_size(VECTOR), aligned(4)));
enum { NAME(lanes) = VECTOR / 4, NAME(panel) = COLUMNS * VECTOR / 4 };

#define UNROLLED _Pragma("clang loop unroll(full)") for

INLINE TARGET void NAME(tile)(
    int rows, size_t inner, const float *a, size_t a_stride, const float *b, const float *bias, float *c,
    size_t c_stride) {
#pragma clang fp contract(fast)
  const NAME(vector) zero = {0};
  NAME(vector) sum[ROWS][COLUMNS];
  UNROLLED(int row = 0; row < rows; row++) {
    UNROLLED(int i = 0; i < COLUMNS; i++) {
      sum[row][i] = bias ? *(const NAME(vector) *)(bias + i * NAME(lanes)) : zero;
    }
  }
  for (size_t step = 0; step < inner; step++) {
    UNROLLED(size_t byte = 0; byte < 4 * NAME(panel); byte += CACHE_LINE) {
      __builtin_prefetch((const char *)(b + step * NAME(panel)) + AHEAD + byte);
    }
    NAME(vector) from[COLUMNS];
    UNROLLED(int i = 0; i < COLUMNS; i++) {
      from[i] = *(const NAME(vector) *)(b + step * NAME(panel) + i * NAME(lanes));
    }
    UNROLLED(int row = 0; row < rows; row++) {
      const NAME(vector) factor = a[(size_t)row * a_stride + step] - zero;
      UNROLLED(int i = 0; i < COLUMNS; i++) sum[row][i] += factor * from[i];
    }
  }
  UNROLLED(int row = 0; row < rows; row++) {
    UNROLLED(int i = 0; i < COLUMNS; i++) {
      *(NAME(vector) *)(c + (size_t)row * c_stride + i * NAME(lanes)) = sum[row][i];
    }
  }
}

// The number of rows has to be known to the compiler, or the sums would be kept in memory.
#define TILE_OF(count) \
  case count: \
    if (count <= ROWS) NAME(tile)(count <= ROWS ? count : 0, inner, a, a_stride, b, bias, c, c_stride); \
    break;

static TARGET void NAME(tile_of)(
    size_t rows, size_t inner, const float *a, size_t a_stride, const float *b, const float *bias, float *c,
    size_t c_stride) {
  switch (rows) {
    TILE_OF(1) TILE_OF(2) TILE_OF(3) TILE_OF(4) TILE_OF(5) TILE_OF(6) TILE_OF(7)
    TILE_OF(8) TILE_OF(9) TILE_OF(10) TILE_OF(11) TILE_OF(12) TILE_OF(13) TILE_OF(14)
  }
}

static TARGET void NAME(multiply)(
    size_t rows, size_t columns, size_t inner, const float *a, size_t a_stride, const float *packed,
    const float *bias, float *c, size_t c_stride) {
  float edge[ROWS * NAME(panel)], edge_bias[NAME(panel)];
  for (size_t column = 0; column < columns; column += NAME(panel)) {
    const float *b = packed + column * inner;
    const size_t width = columns - column < NAME(panel) ? columns - column : NAME(panel);
    if (width < NAME(panel) && bias) {
      for (size_t i = 0; i < NAME(panel); i++) edge_bias[i] = i < width ? bias[column + i] : 0;
    }
    for (size_t row = 0; row < rows; row += ROWS) {
      const size_t count = rows - row < ROWS ? rows - row : ROWS;
      const float *from = a + row * a_stride;
      float *to = c + row * c_stride + column;
      if (width == NAME(panel)) {
        NAME(tile_of)(count, inner, from, a_stride, b, bias ? bias + column : NULL, to, c_stride);
        continue;
      }
      NAME(tile_of)(count, inner, from, a_stride, b, bias ? edge_bias : NULL, edge, NAME(panel));
      for (size_t i = 0; i < count; i++) memcpy(to + i * c_stride, edge + i * NAME(panel), width * sizeof(float));
    }
  }
}

#undef UNROLLED
#undef TILE_OF
#undef VECTOR
#undef COLUMNS
#undef ROWS
#undef TARGET
#undef NAME
