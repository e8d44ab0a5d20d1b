// The functions that AWS Step Functions adds to JSONata. What they refuse beyond their signatures
// has a sentence and no code, as there.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "json/jsonata/builtins.h"
#include "json/jsonata/digest.h"
#include "json/jsonata/values.h"
#include "json/parse.h"

namespace weft::json::jsonata::builtins {

namespace {

std::unexpected<std::unique_ptr<Fault>> refused(std::string message) {
  return fault({.code = {}, .message = std::move(message)});
}

}  // namespace

Made<Var> partition(Call& call) {
  const Var array = call.argument(0);
  const Var size_argument = call.argument(1);
  if (!array.defined()) return array;
  const double wanted = size_argument.defined() ? std::trunc(size_argument.number()) : 0;
  if (!(wanted >= 1)) return refused("the size of $partition's parts must be a positive integer");
  const auto size = static_cast<std::size_t>(
      std::min(wanted, static_cast<double>(std::max<std::size_t>(array.size(), 1))));
  WEFT_MADE(call.run.spend(array.size()));
  Heap& heap = call.run.heap();
  Array* parts = heap.make<Array>();
  for (std::size_t at = 0; at < array.size(); at += size) {
    Array* part = heap.make<Array>();
    for (std::size_t i = at; i < std::min(at + size, array.size()); i++) {
      part->push(heap, array.item(i));
    }
    parts->push(heap, part);
  }
  return Var(parts);
}

Made<Var> range(Call& call) {
  constexpr double kItemsMax = 1e7;
  const Var first = call.argument(0);
  const Var last = call.argument(1);
  const Var step = call.argument(2);
  if (!first.defined() || !last.defined() || !step.defined()) return Var();
  if (step.number() == 0) return refused("the step of $range must not be 0");
  const double count = std::floor((last.number() - first.number()) / step.number()) + 1;
  if (!(count <= kItemsMax)) return refused("$range gives 10000000 items at most");
  Heap& heap = call.run.heap();
  Array* result = heap.sequence();
  for (std::size_t i = 0; static_cast<double>(i) < count; i++) {
    WEFT_MADE(call.run.spend(1));
    result->push(heap, Var(first.number() + (static_cast<double>(i) * step.number())));
  }
  return Var(result);
}

Made<Var> hash(Call& call) {
  const Var text = call.argument(0);
  if (!text.defined()) return text;
  const Var algorithm = call.argument(1);
  WEFT_MADE(call.run.spend(100 + (text.text().size() / 4)));
  const auto digest =
      digest_of(text.text(), algorithm.defined() ? algorithm.text() : std::string_view("SHA-256"));
  if (digest.has_value()) return call.run.text(*digest);
  return refused("$hash knows MD5, SHA-1, SHA-256, SHA-384 and SHA-512, not " +
                 shown(call.run, algorithm));
}

// With a seed, the first number of java.util.Random with it, which is what AWS gives.
Made<Var> seeded_random(Call& call) {
  const Var seed = call.argument(0);
  if (!seed.defined()) return random(call);
  constexpr double kSeedMax = 0x1p63;
  const double number = std::trunc(seed.number());
  if (!(std::abs(number) < kSeedMax)) return refused("the seed of $random must be an integer");
  constexpr std::uint64_t kMask = (std::uint64_t{1} << 48) - 1;
  constexpr std::uint64_t kFactor = 0x5DEECE66D;
  std::uint64_t state = (static_cast<std::uint64_t>(static_cast<std::int64_t>(number)) ^ kFactor);
  const auto next = [&](unsigned bits) {
    state = ((state * kFactor) + 0xB) & kMask;
    return state >> (48 - bits);
  };
  state &= kMask;
  const std::uint64_t high = next(26) << 27;
  return Var(static_cast<double>(high + next(27)) * 0x1p-53);
}

Made<Var> uuid(Call& call) {
  std::string out;
  for (std::size_t i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    auto byte = static_cast<unsigned>(call.run.context().inputs.random() * 256) & 0xFFU;
    if (i == 6) byte = (byte & 0x0F) | 0x40;  // version 4 of RFC 9562
    if (i == 8) byte = (byte & 0x3F) | 0x80;
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return call.run.text(out);
}

Made<Var> parse(Call& call) {
  const Var text = call.argument(0);
  if (!text.defined()) return text;
  WEFT_MADE(call.run.spend(1 + (text.text().size() / 4)));
  // About the most that a document takes for its text.
  constexpr std::size_t kBytesPerByte = 40;
  Heap& heap = call.run.heap();
  if (!heap.has(text.text().size() * kBytesPerByte)) return fault("D2015");
  auto document = json::parse(text.text());
  if (!document.has_value()) {
    return refused("$parse: " + std::string(document.error().message()));
  }
  heap.charge(text.text().size() * kBytesPerByte);
  return Var::of(call.run.keep(*std::move(document)));
}

}  // namespace weft::json::jsonata::builtins
