// How alike a few dozen texts are, each with each. Works on memory that its caller owns and keeps nothing.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// `out[i * rows + j]` = the product of the rows `i` and `j` of a matrix that is mostly zeros. Row `i` has the numbers
/// `values[k]` in the columns `columns[k]`, each column at most once, for `k` from `starts[i]` up to `starts[i + 1]`.
///
/// The caller has checked that every column is below the length of `scratch`, which holds zeros before and after.
void rill_sparse_gram(
    const int32_t *starts, const int32_t *columns, const float *values, size_t rows, float *scratch, float *out);
