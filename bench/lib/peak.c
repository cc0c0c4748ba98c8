/* Single-thread peak: chains of independent 8-wide multiply-adds, which the compiler fuses where the machine can.
   Prints GFLOP/s, the median of several short slices. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef float vector __attribute__((vector_size(32)));
enum { CHAINS = 12, ROUNDS = 3000000, SLICES = 7 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static int compare(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return (difference > 0) - (difference < 0);
}

int main(void) {
  volatile float seed = 0.999f;
  double rates[SLICES];
  float sink = 0;
  for (int slice = 0; slice < SLICES; slice++) {
    vector chain[CHAINS];
    vector factor = {seed, seed, seed, seed, seed, seed, seed, seed};
    for (int i = 0; i < CHAINS; i++) chain[i] = factor * (float)(i + 1);
    double start = now();
    for (int round = 0; round < ROUNDS; round++) {
#pragma GCC unroll 12
      for (int i = 0; i < CHAINS; i++) chain[i] = chain[i] * factor + factor;
    }
    double seconds = now() - start;
    for (int i = 0; i < CHAINS; i++) sink += chain[i][0];
    rates[slice] = 2.0 * 8 * CHAINS * (double)ROUNDS / seconds * 1e-9;
  }
  qsort(rates, SLICES, sizeof(double), compare);
  printf("%.3f\n", rates[SLICES / 2]);
  return sink == 0.123f;
}
