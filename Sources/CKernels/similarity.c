#include "similarity.h"

void rill_sparse_gram(
    const int32_t *starts, const int32_t *columns, const float *values, size_t rows, float *scratch, float *out) {
  for (size_t i = 0; i < rows; i++) {
    for (int32_t k = starts[i]; k < starts[i + 1]; k++) scratch[columns[k]] = values[k];
    for (size_t j = i; j < rows; j++) {
      float sum = 0;
      for (int32_t k = starts[j]; k < starts[j + 1]; k++) sum += values[k] * scratch[columns[k]];
      out[i * rows + j] = sum;
      out[j * rows + i] = sum;
    }
    for (int32_t k = starts[i]; k < starts[i + 1]; k++) scratch[columns[k]] = 0;
  }
}
