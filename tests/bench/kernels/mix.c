// Rounds of additions, rotations and choices over 16 words, as cryptographic hashes have them.
#include "kernel.h"

static uint32_t rotated(uint32_t word, int by) {
  return (word >> by) | (word << (32 - by));
}

EXPORT_RUN int32_t run(int32_t n) {
  uint32_t state[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  uint32_t words[64];
  for (int32_t block = 0; block < n * 1000; ++block) {
    for (uint32_t i = 0; i < 16; ++i)
      words[i] = (uint32_t)block * 2654435761U + i;
    for (int i = 16; i < 64; ++i) {
      const uint32_t one =
          rotated(words[i - 15], 7) ^ rotated(words[i - 15], 18) ^ (words[i - 15] >> 3);
      const uint32_t two =
          rotated(words[i - 2], 17) ^ rotated(words[i - 2], 19) ^ (words[i - 2] >> 10);
      words[i] = words[i - 16] + one + words[i - 7] + two;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; ++i) {
      const uint32_t first =
          h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) + words[i];
      const uint32_t second =
          (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g;
      g = f;
      f = e;
      e = d + first;
      d = c;
      c = b;
      b = a;
      a = first + second;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }
  uint32_t all = 0;
  for (int i = 0; i < 8; ++i)
    all ^= rotated(state[i], i * 3 + 1);
  return (int32_t)all;
}
