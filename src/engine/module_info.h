// What a module says about itself, read and validated without compiling it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/types.h"

namespace weft::engine {

enum class ItemKind : std::uint8_t {
  kFunction = 0,
  kTable = 1,
  kMemory = 2,
  kGlobal = 3,
  kTag = 4
};

// "func", "table", "memory", "global", "tag".
std::string_view name_of(ItemKind kind);

struct ImportInfo {
  std::string module;
  std::string name;
  ItemKind kind = ItemKind::kFunction;
  std::string type;       // as text, for people
  FunctionType function;  // of a function

  bool operator==(const ImportInfo&) const = default;
};

// Whether the import is a memory that threads may share.
bool is_shared_memory(const ImportInfo& import);

struct ExportInfo {
  std::string name;
  ItemKind kind = ItemKind::kFunction;
  std::string type;       // as text, for people
  FunctionType function;  // of a function
  std::vector<std::string>
      param_names;  // from the name section: empty, or one for each parameter ("" where unknown)

  bool operator==(const ExportInfo&) const = default;
};

// Whether a client can call it: a function whose parameters and results are all numeric.
bool is_callable(const ExportInfo& item);

// Of a linear memory.
inline constexpr std::uint64_t kPageBytes = 65'536;
// Of a memory with 32-bit addresses, in pages.
inline constexpr std::uint64_t kMemory32PagesMax = 65'536;

struct MemoryInfo {
  std::uint64_t min_pages = 0;  // of kPageBytes
  std::optional<std::uint64_t> max_pages;
  bool shared = false;
  bool memory64 = false;

  bool operator==(const MemoryInfo&) const = default;
};

struct ModuleInfo {
  std::vector<ImportInfo> imports;
  std::vector<ExportInfo> exports;
  std::vector<MemoryInfo> memories;
  std::uint32_t functions = 0;
  std::uint64_t table_elements = 0;  // of all its tables, when it begins
  // What an instance takes of the system's memory beside memories and elements of tables, about:
  // its globals, the functions that something refers to, what the host keeps for each guest.
  std::uint64_t instance_bytes = 0;
  bool has_start = false;
  bool has_debug_info = false;
  // Without it, an instance that has returned from a call cannot be told from a new one.
  bool has_mutable_state = false;
  // Why an instance that was used cannot be put back to its beginning: "it changes a table". Absent
  // when it can.
  std::optional<std::string> obstacle;

  const ExportInfo* find_export(std::string_view name) const;
};

// What backtraces call a text that came without a file's name.
inline constexpr std::string_view kTextName = "module.wat";

// Translating a text takes about sixty times its size in memory.
inline constexpr std::uint64_t kTextBytesMax = 16ULL * 1024 * 1024;

// Whether the bytes begin as a binary module or component does.
bool is_binary_module(std::string_view bytes);
// Whether it begins as a module's text does.
bool may_be_text(std::string_view bytes);

// A binary module from bytes that are one already or WebAssembly text; it need not be valid. `file`
// names the text in backtraces. kTooLarge (text_bytes) for a text of more than kTextBytesMax;
// kInvalidArgument for bytes that are neither, and with line and column for wrong text.
Result<std::string> to_binary(std::string_view bytes, std::string_view file);

// Proposals that are accepted only where they are asked for, as by the engine's options.
struct Proposals {
  bool threads = false;
};

// Validates a binary module. kInvalidArgument with an offset when it is malformed or invalid;
// kUnsupported, naming the proposal, when it is valid with one that is not accepted, and for
// components.
Result<ModuleInfo> inspect(std::string_view module, const Proposals& accepted = {});

// An error of `inspect` for a module that to_binary made from `text`: with line and column instead
// of the offset, where they are known. They are not for bytes in a text.
Error in_text(const Error& error, std::string_view text);

}  // namespace weft::engine
