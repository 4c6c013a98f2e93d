// Plain loops, which the compiler turns into vector instructions.
#include "encoder.h"

#include <math.h>
#include <string.h>

#include "clones.h"

#define INLINE static inline __attribute__((always_inline))

// Sums may be taken in any order; without this no reduction is vectorised.
#define FAST_SUMS _Pragma("clang fp reassociate(on) contract(fast)")

// e^x for x ≤ 0 with a relative error of about 1e-7: x = n ln 2 + r, |r| ≤ ln 2 / 2, e^r by its Taylor series. ln 2 is
// split in two, so that r is exact (Cody and Waite 1980).
INLINE float exp_nonpositive(float x) {
#pragma clang fp contract(fast)
  x = x < -87.0f ? -87.0f : x;
  // Adding 1.5 · 2^23 rounds to an integer, which then stands in the low bits.
  float shifted = x * 1.44269504088896341f + 12582912.0f;
  float n = shifted - 12582912.0f;
  float r = x - n * 0.693145751953125f;
  r = r - n * 1.428606820309417232e-6f;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  int32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  // The low bits of 1.5 · 2^23 are zero, so `bits << 23` is n in the place of the exponent.
  int32_t power = (int32_t)((uint32_t)bits << 23) + 0x3F800000;
  float scale;
  memcpy(&scale, &power, sizeof scale);
  return p * scale;
}

// x Φ(x), with erf by Abramowitz and Stegun, formula 7.1.26 (absolute error at most 1.5e-7).
INLINE float gelu(float x) {
#pragma clang fp contract(fast)
  float z = fabsf(x) * 0.70710678118654752f;
  float t = 1.0f / (1.0f + 0.3275911f * z);
  float p = 1.061405429f;
  p = p * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  // Half of 1 − erf(|x|/√2).
  float tail = 0.5f * p * t * exp_nonpositive(-z * z);
  return x * (x < 0 ? tail : 1.0f - tail);
}

INLINE void normalize_row(float *x, size_t width, const float *gain, const float *bias, float epsilon) {
  FAST_SUMS
  float sum = 0;
  for (size_t i = 0; i < width; i++) sum += x[i];
  float mean = sum / (float)width;
  float squares = 0;
  for (size_t i = 0; i < width; i++) squares += (x[i] - mean) * (x[i] - mean);
  float scale = 1.0f / sqrtf(squares / (float)width + epsilon);
  for (size_t i = 0; i < width; i++) x[i] = (x[i] - mean) * scale * gain[i] + bias[i];
}

RILL_CLONES void rill_embed_tokens(
    const float *table, const int32_t *ids, const float *positions, const int32_t *row_positions, size_t rows,
    size_t width, float *out) {
  for (size_t row = 0; row < rows; row++) {
    const float *token = table + (size_t)ids[row] * width;
    const float *position = positions + (size_t)row_positions[row] * width;
    float *to = out + row * width;
    for (size_t i = 0; i < width; i++) to[i] = token[i] + position[i];
  }
}

RILL_CLONES void rill_layer_norm(
    float *x, size_t rows, size_t width, const float *gain, const float *bias, float epsilon) {
  for (size_t row = 0; row < rows; row++) normalize_row(x + row * width, width, gain, bias, epsilon);
}

RILL_CLONES void rill_add_layer_norm(
    float *x, const float *y, size_t rows, size_t width, const float *gain, const float *bias, float epsilon) {
  for (size_t row = 0; row < rows; row++) {
    float *to = x + row * width;
    const float *from = y + row * width;
    for (size_t i = 0; i < width; i++) to[i] += from[i];
    normalize_row(to, width, gain, bias, epsilon);
  }
}

RILL_CLONES void rill_gelu(float *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = gelu(x[i]);
}

// A plain loop over one variable stays scalar, because of what C says about numbers that are none.
INLINE float largest_of(const float *x, size_t count) {
  enum { LANES = 32 };
  float lanes[LANES];
  for (size_t i = 0; i < LANES; i++) lanes[i] = x[0];
  size_t first = 0;
  for (; first + LANES <= count; first += LANES) {
    for (size_t i = 0; i < LANES; i++) lanes[i] = x[first + i] > lanes[i] ? x[first + i] : lanes[i];
  }
  float largest = x[0];
  for (; first < count; first++) largest = x[first] > largest ? x[first] : largest;
  for (size_t i = 0; i < LANES; i++) largest = lanes[i] > largest ? lanes[i] : largest;
  return largest;
}

RILL_CLONES void rill_softmax(float *x, size_t rows, size_t width) {
  FAST_SUMS
  for (size_t row = 0; row < rows; row++) {
    float *to = x + row * width;
    float largest = largest_of(to, width);
    float sum = 0;
    for (size_t i = 0; i < width; i++) {
      to[i] = exp_nonpositive(to[i] - largest);
      sum += to[i];
    }
    float scale = 1.0f / sum;
    for (size_t i = 0; i < width; i++) to[i] *= scale;
  }
}

RILL_CLONES void rill_sum_rows(const float *x, size_t rows, size_t width, float *out) {
  for (size_t row = 0; row < rows; row++) {
    for (size_t i = 0; i < width; i++) out[i] += x[row * width + i];
  }
}

RILL_CLONES void rill_normalize(float *x, size_t width) {
  FAST_SUMS
  float squares = 0;
  for (size_t i = 0; i < width; i++) squares += x[i] * x[i];
  if (!(squares > 0)) return;
  float scale = 1.0f / sqrtf(squares);
  for (size_t i = 0; i < width; i++) x[i] *= scale;
}

// IEEE 754 binary16. Subnormal numbers are scaled by arithmetic, so that no table is needed.
void rill_widen_half(const void *in, size_t count, float *out) {
  const unsigned char *bytes = in;
  for (size_t i = 0; i < count; i++) {
    uint32_t half = (uint32_t)bytes[2 * i] | (uint32_t)bytes[2 * i + 1] << 8;
    uint32_t sign = (half & 0x8000) << 16;
    uint32_t exponent = (half >> 10) & 0x1F, mantissa = half & 0x3FF;
    float value;
    if (exponent == 0) {
      value = (float)mantissa * 5.9604644775390625e-8f;
      uint32_t bits;
      memcpy(&bits, &value, sizeof bits);
      bits |= sign;
      memcpy(&value, &bits, sizeof value);
    } else {
      uint32_t bits = sign | (exponent == 31 ? 0x7F800000u : (exponent + 112) << 23) | mantissa << 13;
      memcpy(&value, &bits, sizeof value);
    }
    out[i] = value;
  }
}

void rill_widen_bfloat(const void *in, size_t count, float *out) {
  const unsigned char *bytes = in;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = (uint32_t)bytes[2 * i] << 16 | (uint32_t)bytes[2 * i + 1] << 24;
    memcpy(out + i, &bits, sizeof bits);
  }
}
