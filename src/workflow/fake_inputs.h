// A clock and randomness for tests.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "json/jsonata/jsonata.h"

namespace weft::workflow {

// Gives these numbers in turn, again and again.
class FakeInputs : public json::jsonata::Inputs {
 public:
  explicit FakeInputs(std::vector<double> numbers = {0.5}) : numbers_(std::move(numbers)) {}

  double now_millis() override { return 1'700'000'000'000; }
  double random() override { return numbers_[next_++ % numbers_.size()]; }

 private:
  std::vector<double> numbers_;
  std::size_t next_ = 0;
};

}  // namespace weft::workflow
