#include "scan.h"

#include <math.h>
#include <string.h>

#include "clones.h"

// Sums may be added up in any order: that is what lets the compiler use wide registers.
RILL_CLONES
void rill_scan_f32(
    const float *query, const float *rows, size_t count, size_t dimension, float *scores) {
#pragma clang fp reassociate(on) contract(fast)
  for (size_t i = 0; i < count; i++) {
    const float *row = rows + i * dimension;
    float sum = 0;
    for (size_t j = 0; j < dimension; j++) sum += query[j] * row[j];
    scores[i] = sum;
  }
}

// A product of 16-bit numbers, added up in pairs to 32 bits, is one instruction (pmaddwd): the query may as well have
// 16 bits, and then nearly the whole error is the row's.
RILL_CLONES
void rill_scan_i8(
    const int16_t *query, const int8_t *rows, size_t count, size_t dimension, const float *scales,
    float query_scale, float *scores) {
  for (size_t i = 0; i < count; i++) {
    const int8_t *row = rows + i * dimension;
    int32_t sum = 0;
    for (size_t j = 0; j < dimension; j++) sum += (int32_t)query[j] * (int32_t)(int16_t)row[j];
    scores[i] = (float)sum * (scales[i] * query_scale);
  }
}

RILL_CLONES
float rill_quantize_row(const float *row, size_t dimension, int8_t *codes, float *error) {
#pragma clang fp reassociate(on) contract(fast)
  float largest = 0;
  for (size_t j = 0; j < dimension; j++) {
    float magnitude = fabsf(row[j]);
    largest = magnitude > largest ? magnitude : largest;
  }
  float scale = largest / 127.0f;
  float inverse = largest > 0 ? 127.0f / largest : 0;
  float lost = 0;
  for (size_t j = 0; j < dimension; j++) {
    float code = rintf(row[j] * inverse);
    codes[j] = (int8_t)code;
    float difference = row[j] - code * scale;
    lost += difference * difference;
  }
  *error = sqrtf(lost);
  return scale;
}

float rill_quantize_query(const float *query, size_t dimension, int16_t *codes, float *error) {
  double largest = 0, total = 0;
  for (size_t j = 0; j < dimension; j++) {
    double magnitude = fabs((double)query[j]);
    largest = magnitude > largest ? magnitude : largest;
    total += magnitude;
  }
  if (!(largest > 0)) {
    memset(codes, 0, dimension * sizeof(int16_t));
    *error = 0;
    return 0;
  }
  // No sum of products with codes of rows, whatever their signs, leaves 32 bits. Rounding adds at most a half to each code.
  double limit = (2147483647.0 / 127.0 - 0.5 * (double)dimension) / total;
  double factor = 32766.0 / largest;
  if (factor > limit) factor = limit;
  double lost = 0;
  for (size_t j = 0; j < dimension; j++) {
    double code = rint((double)query[j] * factor);
    codes[j] = (int16_t)code;
    double difference = (double)query[j] - code / factor;
    lost += difference * difference;
  }
  *error = (float)sqrt(lost);
  return (float)(1.0 / factor);
}

static inline uint64_t mix(uint64_t value) {
  value ^= value >> 32;
  value *= UINT64_C(0xd6e8feb86659fd93);
  value ^= value >> 32;
  return value;
}

// Four independent lanes, so that the multiplications overlap. Not for hostile input: it finds damage, not forgery.
uint64_t rill_fingerprint(const void *bytes, size_t count) {
  const uint8_t *next = bytes;
  uint64_t lanes[4] = {count, 1, 2, 3};
  while (count >= 32) {
    for (int lane = 0; lane < 4; lane++) {
      uint64_t word;
      memcpy(&word, next + 8 * lane, 8);
      lanes[lane] = (lanes[lane] ^ word) * UINT64_C(0x9e3779b97f4a7c15);
      lanes[lane] ^= lanes[lane] >> 29;
    }
    next += 32;
    count -= 32;
  }
  uint64_t sum = 0;
  for (int lane = 0; lane < 4; lane++) sum = mix(sum * 31 + lanes[lane]);
  while (count-- > 0) sum = mix(sum ^ *next++);
  return sum;
}
