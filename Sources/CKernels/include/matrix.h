// Products of matrices of 32-bit numbers, computed on the calling thread with the widest vectors that the processor has.
// All matrices are stored row by row; a stride is the distance between two rows, in numbers.
#pragma once
#include <stddef.h>

/// How many columns of the right-hand matrix are stored together.
size_t rill_matrix_panel(void);

/// How many numbers a packed matrix of `inner` rows and `columns` columns takes.
size_t rill_matrix_packed_count(size_t columns, size_t inner);

/// Rearranges the right-hand matrix of a product for `rill_matrix_multiply`: panel after panel, each row by row, the last
/// one filled up with zeros. A packed matrix serves only the machine that packed it.
void rill_matrix_pack(size_t columns, size_t inner, const float *b, size_t b_stride, float *packed);

/// The same for a matrix that is stored transposed, as `columns` rows of `inner` numbers: the way in which the weights of
/// linear layers are stored.
void rill_matrix_pack_transposed(size_t columns, size_t inner, const float *b, size_t b_stride, float *packed);

/// `c = a · b + bias`, with `a` of `rows` rows and `inner` columns. `bias` has `columns` numbers, or is NULL.
void rill_matrix_multiply(
    size_t rows, size_t columns, size_t inner, const float *a, size_t a_stride, const float *packed,
    const float *bias, float *c, size_t c_stride);
