// What a transformer encoder computes besides matrix products. All matrices are dense, row by row; every function works
// on memory that its caller owns and keeps nothing.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// `out[row] = table[ids[row]] + positions[row_positions[row]]`. The caller has checked the indices.
void rill_embed_tokens(
    const float *table, const int32_t *ids, const float *positions, const int32_t *row_positions, size_t rows,
    size_t width, float *out);

/// Layer normalisation (Ba, Kiros and Hinton 2016, arXiv:1607.06450) of each row of `x` in place.
void rill_layer_norm(
    float *x, size_t rows, size_t width, const float *gain, const float *bias, float epsilon);

/// `x = layer_norm(x + y)` row by row, in place: what follows each of a layer's two halves.
void rill_add_layer_norm(
    float *x, const float *y, size_t rows, size_t width, const float *gain, const float *bias, float epsilon);

/// `x = gelu(x)` with the exact Gaussian error function, not its tanh approximation.
void rill_gelu(float *x, size_t count);

/// Softmax of each row, in place.
void rill_softmax(float *x, size_t rows, size_t width);

/// `out += x[row]` for `rows` rows.
void rill_sum_rows(const float *x, size_t rows, size_t width, float *out);

/// Makes the length of `x` 1. A vector of length 0 stays as it is.
void rill_normalize(float *x, size_t width);

/// `out[i]` = the IEEE half (`rill_widen_half`) or bfloat16 number at `in + 2 i`, which need not be aligned.
void rill_widen_half(const void *in, size_t count, float *out);
void rill_widen_bfloat(const void *in, size_t count, float *out);
