// The matrix products of the embedding model: OpenBLAS, or Accelerate on a Mac.
#pragma once
#ifdef __APPLE__
#define ACCELERATE_NEW_LAPACK
#include <Accelerate/Accelerate.h>
#else
#include <cblas.h>
#endif

/// Makes every product run on the thread that asks for it. OpenBLAS's own threads spin while they wait for work.
static inline void rill_blas_use_calling_thread(void) {
#ifndef __APPLE__
  openblas_set_num_threads(1);
#endif
}

/// `c[rows × columns] = scale · a[rows × inner] · b`, where `b` is stored as `columns` rows of `inner` numbers: the way in
/// which a linear layer's weights are stored. The strides are the distances between rows, in numbers.
static inline void rill_multiply_transposed(
    int rows, int columns, int inner, float scale, const float *a, int a_stride, const float *b, int b_stride,
    float *c, int c_stride) {
  cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, rows, columns, inner, scale, a, a_stride, b, b_stride, 0, c, c_stride);
}

/// `c[rows × columns] = a[rows × inner] · b[inner × columns]`.
static inline void rill_multiply(
    int rows, int columns, int inner, const float *a, int a_stride, const float *b, int b_stride, float *c,
    int c_stride) {
  cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, columns, inner, 1, a, a_stride, b, b_stride, 0, c, c_stride);
}
