// Whether a module behaves alike as one, in instances that are made anew, and split into code and
// what it begins with, in instances that are put back:
//
//   split_agrees FILE…
//
// Calls what the module exports in both, in lives of several calls each, with functions of its own
// for what the module imports, and compares results, errors with their backtraces, calls of the
// host, and memories. Prints a JSON object per file: {"file", "outcome", "reset", "calls",
// "errors", "late", "detail"}. `outcome`: "agrees"; "differs"; "unlinked", which imports more than
// functions of numbers; "refused", which no engine takes. `late` calls were ended after a while, so
// that there is nothing to compare. The exit code is 1 when any differs.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/assert.h"
#include "engine/instance.h"
#include "engine/module_info.h"
#include "engine/ticker.h"

namespace {

using namespace weft::engine;

constexpr std::size_t kExportsMax = 60;
constexpr std::size_t kParamsMax = 6;
constexpr int kLives = 3;  // each with other arguments
// Slices of about a millisecond.
constexpr int kSlicesMax = 20;
// Memories are compared after so many calls, small ones after each.
constexpr int kCallsPerComparison = 8;
constexpr std::size_t kSmallMemoryBytes = 1 << 20;
constexpr std::chrono::microseconds kTick{1'000};
constexpr std::uint64_t kMemoryBytesMax = 256ULL << 20;
// EBADF of WASI: whoever is told so does not try again.
constexpr std::int32_t kBadDescriptor = 8;

// What the guest asked the host for.
struct Trace final : HostState {
  std::uint64_t hash = 0;
  void add(std::uint64_t number) { hash = (hash ^ number) * 0x100000001b3; }
};

// --- functions for what modules import ---

enum class Answer : std::uint8_t { kNothing, kZero, kBadDescriptor, kStop };

template <std::size_t kParams, Answer kAnswer>
void stub(HostCall& call) {
  auto& trace = call.state<Trace>();
  trace.add(kParams);
  for (std::size_t i = 0; i < kParams; ++i)
    trace.add(static_cast<std::uint32_t>(call.i32(i)));
  if (kAnswer == Answer::kZero) call.return_i32(0);
  if (kAnswer == Answer::kBadDescriptor) call.return_i32(kBadDescriptor);
  if (kAnswer == Answer::kStop)
    call.stop(weft::Error(weft::ErrorCode::kUnsupported, "nothing to answer with"));
}

template <Answer kAnswer, std::size_t... kParams>
constexpr auto stubs_of(std::index_sequence<kParams...>) {
  return std::array<HostFunction, sizeof...(kParams)>{stub<kParams, kAnswer>...};
}

template <Answer kAnswer>
HostFunction stub_of(std::size_t params) {
  static constexpr auto kStubs = stubs_of<kAnswer>(std::make_index_sequence<24>());
  return kStubs.at(std::min(params, kStubs.size() - 1));
}

HostFunction stub_for(const ImportInfo& import) {
  const std::size_t params = import.function.params.size();
  const auto& results = import.function.results;
  if (results.empty()) return stub_of<Answer::kNothing>(params);
  if (results != std::vector{ValueType::kI32}) return stub_of<Answer::kStop>(params);
  return import.module.starts_with("wasi") ? stub_of<Answer::kBadDescriptor>(params)
                                           : stub_of<Answer::kZero>(params);
}

bool can_be_stub(const ImportInfo& import) {
  return import.kind == ItemKind::kFunction && import.function.results.size() <= 1 &&
         std::ranges::all_of(import.function.params, is_numeric) &&
         std::ranges::all_of(import.function.results, is_numeric);
}

// --- one way to run a module ---

std::string text_of(const weft::Error& error) {
  std::string text = fmt::format("{}: {}", info(error.code()).name, error.message());
  for (const weft::BacktraceFrame& frame : error.backtrace())
    text += fmt::format(" {}+{}", frame.function, frame.module_offset);
  return text;
}

std::string text_of(std::span<const Value> values) {
  std::string text;
  for (const Value& value : values) {
    V128 bits{};
    std::visit([&bits](const auto& number) { std::memcpy(&bits, &number, sizeof(number)); }, value);
    text += fmt::format(" {}:{:02x}", name_of(type_of(value)), fmt::join(bits.bytes, ""));
  }
  return text;
}

struct Outcome {
  std::string text;
  bool has_failed = false;
  bool is_late = false;
};

class Side {
 public:
  explicit Side(bool is_split)
      : engine_(Engine::create({.resets_instances = is_split, .checks_resets = is_split}).value()),
        ticker_(*engine_, kTick) {}

  // What the engine says against the module.
  std::optional<std::string> load(const std::string& module, const ModuleInfo& info) {
    auto code = engine_->compile(module);
    if (!code) return text_of(code.error());
    HostTable table(*engine_);
    for (const ImportInfo& import : info.imports) {
      const auto is_same = [&import](const HostTable::Definition& definition) {
        return definition.module == import.module && definition.name == import.name;
      };
      if (std::ranges::none_of(table.definitions(), is_same))
        table.define(import.module, import.name, import.function, stub_for(import));
    }
    auto program = table.link(*std::move(code));
    if (!program) return text_of(program.error());
    program_ = *std::move(program);
    return std::nullopt;
  }

  bool can_reset() const { return program_->code().can_reset(); }

  // The next life: after a success in an instance that was put back, where that is possible.
  Outcome begin() {
    trace_ = {};
    if (instance_ != nullptr && instance_->reset()) {
      instance_->set_state(&trace_);
    } else {
      instance_ = Instance::create(program_, {.memory_bytes = kMemoryBytesMax}, &trace_).value();
    }
    instance_->begin_instantiation();
    return finish();
  }

  Outcome call(const ExportInfo& item, std::span<const Value> arguments) {
    const auto begun = instance_->begin_call(item.name, arguments);
    if (!begun) return {.text = text_of(begun.error()), .has_failed = true};
    return finish();
  }

  GuestMemory memory() { return instance_->memory(); }

 private:
  Outcome finish() {
    Outcome outcome;
    int slices = 0;
    while (true) {
      const Ticker::Slice slice(ticker_);
      if (instance_->poll() == Progress::kDone) break;
      if (++slices <= kSlicesMax) continue;
      outcome.is_late = true;
      instance_->interrupt(weft::Error(weft::ErrorCode::kDeadlineExceeded, "late"));
      break;
    }
    const auto results = instance_->take();
    outcome.has_failed = !results || outcome.is_late;
    outcome.text = results ? text_of(*results) : text_of(results.error());
    outcome.text += fmt::format(" host:{:x}", trace_.hash);
    if (outcome.has_failed) instance_.reset();
    return outcome;
  }

  std::unique_ptr<Engine> engine_;
  Ticker ticker_;
  std::shared_ptr<const Program> program_;
  Trace trace_;  // Outlives the instance.
  std::unique_ptr<Instance> instance_;
};

// --- both ---

struct Report {
  std::string_view outcome = "agrees";
  bool reset = false;
  int calls = 0;
  int errors = 0;
  int late = 0;
  std::string detail;
};

Value value_of(ValueType type, std::int32_t number) {
  switch (type) {
    case ValueType::kI32:
      return number;
    case ValueType::kI64:
      return std::int64_t{number};
    case ValueType::kF32:
      return static_cast<float>(number) / 2;
    case ValueType::kF64:
      return static_cast<double>(number) / 2;
    default: {
      V128 lanes{};
      lanes.bytes.fill(static_cast<std::uint8_t>(number));
      return lanes;
    }
  }
}

std::vector<Value> arguments_of(const FunctionType& type, int life) {
  constexpr std::array kFirst = {0, 1, 1'040};
  std::vector<Value> arguments;
  for (std::size_t i = 0; i < type.params.size(); ++i) {
    const int number =
        life == 0 ? 0 : kFirst.at(static_cast<std::size_t>(life)) * (static_cast<int>(i) + 1);
    arguments.push_back(value_of(type.params[i], number));
  }
  return arguments;
}

bool is_called(const ExportInfo& item) {
  return is_callable(item) && item.function.params.size() <= kParamsMax;
}

class Comparison {
 public:
  Comparison(std::string module, const ModuleInfo& info) : module_(std::move(module)), info_(info) {
    for (const ExportInfo& item : info.exports) {
      if (is_called(item) && exports_.size() < kExportsMax) exports_.push_back(&item);
    }
  }

  Report run() {
    const auto whole = whole_.load(module_, info_);
    const auto split = split_.load(module_, info_);
    if (whole != split) {
      differ(fmt::format("compiling: {} — {}", whole.value_or(""), split.value_or("")));
    } else if (whole) {
      report_.outcome = "refused";
      report_.detail = *whole;
    } else {
      report_.reset = split_.can_reset();
      for (int life = 0; life < kLives && agrees(); ++life)
        live(life);
    }
    return std::move(report_);
  }

 private:
  bool agrees() const { return report_.outcome == "agrees"; }

  void differ(std::string detail) {
    report_.outcome = "differs";
    report_.detail = std::move(detail);
  }

  // Whether both may go on.
  bool compare(std::string_view what, const Outcome& whole, const Outcome& split) {
    if (whole.is_late || split.is_late) {
      ++report_.late;
      return false;
    }
    if (whole.text != split.text)
      differ(fmt::format("{}: {} — {}", what, whole.text, split.text));
    else if (whole.has_failed)
      ++report_.errors;
    return agrees() && !whole.has_failed;
  }

  bool begin() { return compare("beginning", whole_.begin(), split_.begin()); }

  void compare_memories(std::string_view after) {
    const GuestMemory whole = whole_.memory();
    const GuestMemory split = split_.memory();
    const auto bytes_of = [](const GuestMemory& memory) {
      return memory.bytes(GuestAddress(0), memory.size_bytes()).value();
    };
    if (!std::ranges::equal(bytes_of(whole), bytes_of(split)))
      differ(fmt::format("the memory after {}", after));
  }

  void live(int life) {
    bool is_alive = begin();
    compare_memories_if(is_alive, "beginning");
    for (std::size_t i = 0; i < exports_.size() && agrees(); ++i) {
      if (!is_alive && !begin()) return;
      const ExportInfo& item = *exports_[i];
      const auto arguments = arguments_of(item.function, life);
      ++report_.calls;
      is_alive = compare(item.name, whole_.call(item, arguments), split_.call(item, arguments));
      const bool is_due = i + 1 == exports_.size() || i % kCallsPerComparison == 0;
      compare_memories_if(is_alive && (is_due || is_small()), item.name);
    }
  }

  bool is_small() { return whole_.memory().size_bytes() <= kSmallMemoryBytes; }

  void compare_memories_if(bool condition, std::string_view after) {
    if (condition && agrees()) compare_memories(after);
  }

  std::string module_;
  const ModuleInfo& info_;
  std::vector<const ExportInfo*> exports_;
  Side whole_{false};
  Side split_{true};
  Report report_;
};

Report compare(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)),
                          std::istreambuf_iterator<char>());
  const auto module = to_binary(bytes, file);
  if (!module) return {.outcome = "refused", .detail = text_of(module.error())};
  const auto info = inspect(*module);
  if (!info) return {.outcome = "refused", .detail = text_of(info.error())};
  const auto obstacle = std::ranges::find_if_not(info->imports, can_be_stub);
  if (obstacle != info->imports.end()) {
    return {.outcome = "unlinked",
            .detail = fmt::format("{}.{}: {}", obstacle->module, obstacle->name, obstacle->type)};
  }
  return Comparison(*module, *info).run();
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char byte : text) {
    const bool is_plain = byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\';
    out += is_plain ? byte : '?';
  }
  return out + '"';
}

}  // namespace

int main(int count, char** words) {
  bool is_good = true;
  for (const char* const file : std::span(words, static_cast<std::size_t>(count)).subspan(1)) {
    const Report report = compare(file);
    is_good &= report.outcome != "differs";
    fmt::print(
        R"({{"file":{},"outcome":"{}","reset":{},"calls":{},"errors":{},"late":{},"detail":{}}})"
        "\n",
        quoted(file), report.outcome, report.reset, report.calls, report.errors, report.late,
        quoted(report.detail));
  }
  return is_good ? 0 : 1;
}
