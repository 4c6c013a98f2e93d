#ifndef RILL_SCAN_H
#define RILL_SCAN_H

#include <stddef.h>
#include <stdint.h>

// Searches through vectors: dot products of one query with many rows, and the 8-bit codes that stand for rows.

/// Writes the dot product of `query` with each of `count` rows of `dimension` floats to `scores`.
void rill_scan_f32(
    const float *query, const float *rows, size_t count, size_t dimension, float *scores);

/// Like `rill_scan_f32` for rows of codes: `scores[i]` is the integer product times `scales[i]` times `query_scale`.
///
/// `query` comes from `rill_quantize_query`, whose scale keeps the sums within 32 bits.
void rill_scan_i8(
    const int16_t *query, const int8_t *rows, size_t count, size_t dimension, const float *scales,
    float query_scale, float *scores);

/// Writes a code of 8 bits for each component, the largest magnitude being 127.
///
/// Returns what a code must be multiplied with; `error` is the Euclidean length of what is lost.
float rill_quantize_row(const float *row, size_t dimension, int8_t *codes, float *error);

/// Writes a code of up to 16 bits for each component of a query. Returns what a code must be multiplied with; `error` as
/// in `rill_quantize_row`.
float rill_quantize_query(const float *query, size_t dimension, int16_t *codes, float *error);

/// A number that tells, but for a chance of 2^-64, whether the bytes of a vector are the ones that it was made of.
uint64_t rill_fingerprint(const void *bytes, size_t count);

#endif
