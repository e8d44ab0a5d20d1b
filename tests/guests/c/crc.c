// A library that fills a table when it is initialised and answers from it: the CRC-32 of zlib.
// What it counts and what it draws show how often that happened, and that calls are apart.
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

static uint32_t* table;
static uint32_t builds;
static uint32_t calls;
static uint32_t drawn;

__attribute__((constructor)) static void begin(void) {
  builds += 100;
}

__attribute__((export_name("build"))) void build(void) {
  table = malloc(256 * sizeof *table);
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t remainder = i;
    for (int bit = 0; bit < 8; ++bit)
      remainder = (remainder & 1) != 0 ? 0xedb88320U ^ (remainder >> 1) : remainder >> 1;
    table[i] = remainder;
  }
  builds += 1;
  getentropy(&drawn, sizeof drawn);
  if (getenv("FAIL") != NULL) abort();
}

// Of the eight bytes of a number, the lowest first.
__attribute__((export_name("crc"))) uint32_t crc(uint64_t number) {
  uint32_t remainder = UINT32_MAX;
  for (int i = 0; i < 8; ++i)
    remainder = table[(remainder ^ (number >> (8 * i))) & 0xff] ^ (remainder >> 8);
  calls += 1;
  return ~remainder;
}

__attribute__((export_name("built"))) uint32_t built(void) {
  return builds;
}
__attribute__((export_name("called"))) uint32_t called(void) {
  return calls;
}
__attribute__((export_name("drawn_then"))) uint32_t drawn_then(void) {
  return drawn;
}
__attribute__((export_name("drawn_now"))) uint32_t drawn_now(void) {
  uint32_t now = 0;
  getentropy(&now, sizeof now);
  return now;
}
