// A histogram with the buckets of HdrHistogram at three significant digits: 1,024 linear buckets in each
// power of two, so that any value, from a nanosecond to centuries, is known to 0.1 %. Recording is one
// increment, whatever the number of samples. `histogram-check.c` prints one, and `benchmarks/check`
// compares it with exact figures.
#pragma once
#include <stdint.h>
#include <stdio.h>

enum { SUB_BITS = 10, BUCKETS = (64 - SUB_BITS + 1) << SUB_BITS };

typedef struct {
  uint64_t count, sum, max;
  uint64_t bucket[BUCKETS];
} histogram;

static inline int histogram_index(uint64_t v) {
  if (v < (1u << SUB_BITS)) return (int)v;
  int exponent = 63 - __builtin_clzll(v);
  int shift = exponent - SUB_BITS;
  return ((shift + 1) << SUB_BITS) + (int)((v >> shift) & ((1u << SUB_BITS) - 1));
}

/// The middle of a bucket.
static inline uint64_t histogram_value(int index) {
  if (index < (1 << SUB_BITS)) return (uint64_t)index;
  int shift = (index >> SUB_BITS) - 1;
  uint64_t low = ((uint64_t)(index & ((1 << SUB_BITS) - 1)) | (1u << SUB_BITS)) << shift;
  return low + ((1ull << shift) >> 1);
}

static inline void histogram_record(histogram *h, uint64_t v) {
  h->count++;
  h->sum += v;
  if (v > h->max) h->max = v;
  h->bucket[histogram_index(v)]++;
}

/// The value below which the fraction `q` of the samples lies, or 0 when there are none.
static inline uint64_t histogram_quantile(const histogram *h, double q) {
  uint64_t rank = (uint64_t)(q * (double)h->count + 0.5), seen = 0;
  if (rank < 1) rank = 1;
  for (int i = 0; i < BUCKETS; i++) {
    seen += h->bucket[i];
    if (seen >= rank) {
      uint64_t v = histogram_value(i);
      return v < h->max ? v : h->max;
    }
  }
  return h->max;
}

/// Prints the histogram as a JSON object; samples are nanoseconds, the output is milliseconds.
static inline void histogram_print(const histogram *h, const char *name, FILE *out) {
  fprintf(out, "\"%s\":{\"count\":%llu,\"mean\":%.4f", name, (unsigned long long)h->count,
          h->count ? (double)h->sum / (double)h->count / 1e6 : 0.0);
  static const struct {
    const char *name;
    double q;
  } points[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};
  for (unsigned i = 0; i < sizeof points / sizeof *points; i++)
    fprintf(out, ",\"%s\":%.4f", points[i].name, (double)histogram_quantile(h, points[i].q) / 1e6);
  fprintf(out, ",\"max\":%.4f}", (double)h->max / 1e6);
}
