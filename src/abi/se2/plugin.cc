#include "abi/se2/plugin.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"

namespace weft::abi::se2 {
namespace {

using engine::HostCall;

constexpr std::string_view kModule = "env";
// Swift has these functions under other names, with two parameters more that mean nothing.
constexpr std::string_view kOfSwift = "_swift";

// All that any version of SE2 has.
constexpr std::array<std::string_view, 16> kNames = {
    "return_result",   "return_error",     "get_ffi_result",    "add_ffi_var",
    "fetch_url",       "graphql_query",    "cache_set",         "cache_get",
    "log_msg",         "get_static_file",  "request_get_field", "request_set_field",
    "resp_set_header", "get_secret_value", "db_exec",           "return_abort"};

std::string_view without_swift(std::string_view name) {
  if (name.ends_with(kOfSwift)) name.remove_suffix(kOfSwift.size());
  return name;
}

engine::FunctionType type_with(std::size_t params, std::size_t results) {
  return {.params = std::vector(params, engine::ValueType::kI32),
          .results = std::vector(results, engine::ValueType::kI32)};
}

bool has_memory(const engine::ModuleInfo& module) {
  const auto* const item = module.find_export(kMemory);
  return item != nullptr && item->kind == engine::ItemKind::kMemory;
}

// What was passed as {address, size}, or nothing; then the guest has been stopped.
std::optional<std::string_view> bytes_at(HostCall& call, std::size_t index, std::string_view name) {
  const engine::GuestAddress address = call.address(index);
  const auto size = static_cast<std::uint32_t>(call.i32(index + 1));
  const auto bytes = call.memory().bytes(address, size);
  if (!bytes) {
    call.stop(Error(ErrorCode::kGuestError,
                    fmt::format("{} was passed {} bytes at {}, which lie outside of the memory",
                                name, size, static_cast<std::uint64_t>(address))));
    return std::nullopt;
  }
  return std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

// Lines and their indentation become words; the log has them as they are.
std::string one_line(std::string_view text) {
  std::string line;
  bool is_at_begin = true;
  for (const char letter : text) {
    const bool ends_line = letter == '\n' || letter == '\r';
    if (ends_line && !is_at_begin) line += ' ';
    is_at_begin = ends_line || (is_at_begin && letter == ' ');
    if (!is_at_begin) line += letter;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string_view level_name(std::int32_t level) {
  switch (level) {
    case 1:
      return "error";
    case 2:
      return "warning";
    case 4:
      return "debug";
    default:
      return "info";
  }
}

}  // namespace

// What the host functions do with a Plugin.
class Answers {
 public:
  // Nothing where nobody made one: then the guest has been stopped.
  static std::optional<Answers> of(HostCall& call, std::string_view name) {
    auto* const plugin = call.state_beside<Plugin>();
    if (plugin != nullptr) return Answers(call, *plugin, name);
    call.stop(
        Error(ErrorCode::kUnsupported,
              fmt::format("{} of SE2 was called, and nobody calls this module as a plugin", name)));
    return std::nullopt;
  }

  // (address, size, ident)
  void result() {
    if (!is_for_this_call(2)) return;
    const auto bytes = bytes_at(call_, 0, name_);
    if (!bytes) return;
    if (bytes->size() > plugin_.result_bytes_max_) return too_large(bytes->size());
    if (plugin_.result_) return note("another result: the first one counts");
    plugin_.result_.emplace(*bytes);
  }

  // (code, address, size, ident)
  void error() {
    if (!is_for_this_call(3)) return;
    const auto bytes = bytes_at(call_, 1, name_);
    if (!bytes) return;
    if (plugin_.error_code_) return note("another error: the first one counts");
    plugin_.error_code_ = call_.i32(0);
    plugin_.error_text_ = bytes->substr(0, kMessageBytesMax);
  }

  // (address, size, level, ident)
  void message() {
    if (const auto bytes = bytes_at(call_, 0, name_)) write(level_name(call_.i32(2)), *bytes);
  }

 private:
  Answers(HostCall& call, Plugin& plugin, std::string_view name)
      : call_(call), plugin_(plugin), name_(name) {}

  bool is_for_this_call(std::size_t index) {
    const std::int32_t ident = call_.i32(index);
    if (plugin_.ident_ == ident) return true;
    if (plugin_.ident_) {
      note(fmt::format("an answer for call {}, and this is call {}: it does not count", ident,
                       *plugin_.ident_));
    } else {
      note("an answer while nobody calls it: it does not count");
    }
    return false;
  }

  void too_large(std::uint64_t size) {
    call_.stop(Error(ErrorCode::kGuestLimit, fmt::format("the result has {} bytes, and may have {}",
                                                         size, plugin_.result_bytes_max_))
                   .with_limit("output_bytes", plugin_.result_bytes_max_));
  }

  void note(std::string_view text) {
    write("weft", fmt::format("{}: the plugin gives {}", name_, text));
  }

  // A full log ends the guest.
  void write(std::string_view level, std::string_view text) {
    if (plugin_.log_ == nullptr) return;
    for (const std::string_view part :
         {level, std::string_view(": "), text, std::string_view("\n")}) {
      const std::span bytes(reinterpret_cast<const std::uint8_t*>(part.data()), part.size());
      if (auto written = plugin_.log_->write(bytes); !written)
        return call_.stop(std::move(written.error()));
    }
  }

  HostCall& call_;
  Plugin& plugin_;
  std::string_view name_;
};

namespace {

void return_result(HostCall& call) {
  if (auto answers = Answers::of(call, "return_result")) answers->result();
}
void return_error(HostCall& call) {
  if (auto answers = Answers::of(call, "return_error")) answers->error();
}
void log_msg(HostCall& call) {
  if (auto answers = Answers::of(call, "log_msg")) answers->message();
}

struct Entry {
  std::string_view name;
  std::size_t params;
  engine::HostFunction function;
};

constexpr std::array kFunctions = {
    Entry{"return_result", 3, return_result},
    Entry{"return_error", 4, return_error},
    Entry{"log_msg", 4, log_msg},
};

}  // namespace

std::optional<std::string> lack_of(const engine::ModuleInfo& module) {
  if (!has_memory(module)) return fmt::format("it exports no memory named {}", kMemory);
  for (const auto& [name, type] :
       {std::pair(kAllocate, type_with(1, 1)), std::pair(kDeallocate, type_with(2, 0)),
        std::pair(kRun, type_with(3, 0))}) {
    const auto* const item = module.find_export(name);
    if (item == nullptr || item->kind != engine::ItemKind::kFunction)
      return fmt::format("it exports no function {} {}", name, engine::to_string(type));
    if (item->function != type) {
      return fmt::format("its export {} has another type than {}", name, engine::to_string(type));
    }
  }
  return std::nullopt;
}

bool knows(std::string_view module, std::string_view name) {
  return module == kModule && std::ranges::find(kNames, without_swift(name)) != kNames.end();
}

std::optional<engine::FunctionType> type_of_function(std::string_view module,
                                                     std::string_view name) {
  if (module != kModule) return std::nullopt;
  const auto* const found = std::ranges::find(kFunctions, without_swift(name), &Entry::name);
  if (found == kFunctions.end()) return std::nullopt;
  return type_with(found->params + (name.ends_with(kOfSwift) ? 2 : 0), 0);
}

bool has_function(std::string_view module, std::string_view name,
                  const engine::FunctionType& type) {
  return type_of_function(module, name) == type;
}

void Plugin::begin(std::int32_t ident) {
  ident_ = ident;
  result_.reset();
  error_code_.reset();
  error_text_.clear();
}

Result<std::string> Plugin::take_answer() {
  ident_.reset();
  if (auto failure = error()) return fail(*std::move(failure));
  return std::exchange(result_, std::nullopt).value_or(std::string());
}

std::optional<Error> Plugin::error() const {
  if (!error_code_) return std::nullopt;
  const std::string text = shown(one_line(error_text_), kMessageBytesMax);
  return Error(ErrorCode::kGuestError,
               fmt::format("{} (code {})", text.empty() ? "the plugin returned an error" : text,
                           *error_code_));
}

void define_functions(engine::HostTable& table) {
  for (const Entry& entry : kFunctions) {
    table.define(kModule, entry.name, type_with(entry.params, 0), entry.function);
    table.define(kModule, fmt::format("{}{}", entry.name, kOfSwift), type_with(entry.params + 2, 0),
                 entry.function);
  }
}

}  // namespace weft::abi::se2
