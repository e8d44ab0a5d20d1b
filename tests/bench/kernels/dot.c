// Products of float vectors, four lanes at a time.
#include <wasm_simd128.h>

#include "kernel.h"

enum { kFloats = 1 << 14 };
static float left[kFloats];
static float right[kFloats];

EXPORT_RUN int32_t run(int32_t n) {
  for (int i = 0; i < kFloats; ++i) {
    left[i] = (float)(i % 17) * 0.25F;
    right[i] = (float)(i % 13) * 0.5F;
  }
  int64_t total = 0;
  for (int32_t round = 0; round < n * 100; ++round) {
    v128_t sum = wasm_f32x4_splat((float)round);
    for (int i = 0; i < kFloats; i += 4)
      sum =
          wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_v128_load(left + i), wasm_v128_load(right + i)));
    total += (int64_t)(wasm_f32x4_extract_lane(sum, 0) + wasm_f32x4_extract_lane(sum, 3));
  }
  return (int32_t)total;
}
