// A kernel exports run(n): n units of work, and a number in which all of that work shows.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define EXPORT_RUN __attribute__((export_name("run")))

// The next of a series of numbers that look random and are the same everywhere.
static inline uint32_t next_random(uint64_t* state) {
  *state = *state * 6364136223846793005U + 1442695040888963407U;
  return (uint32_t)(*state >> 33U);
}
