// Reads numbers of nanoseconds, one a line, and prints their histogram as the client does:
// `benchmarks/check` compares it with exact figures.
#include <stdio.h>

#include "histogram.h"

int main(void) {
  static histogram h;
  unsigned long long value;
  while (scanf("%llu", &value) == 1) histogram_record(&h, value);
  printf("{");
  histogram_print(&h, "samples", stdout);
  printf("}\n");
}
