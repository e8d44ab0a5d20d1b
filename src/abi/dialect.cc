#include "abi/dialect.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "abi/command/command.h"
#include "abi/command/threads.h"
#include "abi/se2/plugin.h"
#include "abi/typed/abort.h"
#include "base/log.h"
#include "base/nearest.h"

namespace weft::abi {
namespace {

constexpr std::array<std::string_view, 8> kNames = {"typed", "command", "component", "emscripten",
                                                    "se2",   "extism",  "reactor",   "python"};

// How many missing imports an error lists; a module for another host can lack hundreds.
constexpr std::size_t kMissingShownMax = 5;
// How much of a name or type an error shows; a module can have names of 100 kB.
constexpr std::size_t kTextShownMax = 100;

constexpr std::string_view kWasiModule = "wasi_snapshot_preview1";

bool is_wasi(std::string_view module) {
  return module == kWasiModule || module == "wasi_unstable" || module.starts_with("wasix_");
}

bool is_function_without_types(const engine::ExportInfo& item) {
  return item.kind == engine::ItemKind::kFunction && item.function == engine::FunctionType{};
}

std::string describe(const engine::ImportInfo& import) {
  const std::string type = shown(import.type, kTextShownMax);
  std::string text =
      fmt::format("{}.{}", shown(import.module, kTextShownMax), shown(import.name, kTextShownMax));
  if (import.kind == engine::ItemKind::kFunction) {
    text += fmt::format(" {}", type);
  } else {
    text += fmt::format(" ({}: {})", engine::name_of(import.kind), type);
  }
  return text;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const auto meant = nearest(word, candidates);
  return meant ? fmt::format("; did you mean {}?", *meant) : std::string();
}

bool is_named_thread_spawn(const engine::ImportInfo& import) {
  return import.module == command::kThreadsModule && import.name == command::kThreadSpawn;
}

bool is_thread_spawn(const engine::ImportInfo& import) {
  return is_named_thread_spawn(import) && import.kind == engine::ItemKind::kFunction &&
         import.function == command::thread_spawn_type();
}

// What is wrong with an import of that name.
std::string other_type(const engine::ImportInfo& import, const engine::FunctionType& type) {
  return fmt::format(
      "here it {} {}",
      import.kind == engine::ItemKind::kFunction ? "has the type" : "is a function of the type",
      engine::to_string(type));
}

// Of a module all of whose imports are provided. A thread has an instance of its own, so whatever
// memory it does not share would be there again for each.
Result<> check_threads(const engine::ModuleInfo& module) {
  const auto imported = std::ranges::count_if(module.imports, engine::is_shared_memory);
  if (std::ranges::count_if(module.memories, &engine::MemoryInfo::shared) != imported) {
    return fail(ErrorCode::kUnsupported,
                "the module has a shared memory of its own: threads share one that it imports");
  }
  if (imported > 1) {
    return fail(ErrorCode::kUnsupported,
                "the module imports several shared memories: threads share one");
  }
  if (!starts_threads(module)) return {};
  if (imported != 1 || module.memories.size() != 1) {
    return fail(ErrorCode::kUnsupported,
                "the module starts threads: it must have one memory, a shared one that it imports");
  }
  // Its pipes do not tell those that wait for them of what other threads do.
  if (std::ranges::any_of(module.imports, [](const engine::ImportInfo& import) {
        return import.module.starts_with("wasix_");
      })) {
    return fail(ErrorCode::kUnsupported,
                "the module starts threads of WASI, and imports WASIX: it can have only one of "
                "them");
  }
  const engine::ExportInfo* const start = module.find_export(command::kThreadStart);
  if (start == nullptr || start->kind != engine::ItemKind::kFunction ||
      start->function != command::thread_start_type()) {
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("the module starts threads, and exports no function {} {}",
                    command::kThreadStart, engine::to_string(command::thread_start_type())));
  }
  return {};
}

// Of a function that SE2 has.
std::string problem_of_se2(const engine::ImportInfo& import) {
  if (const auto type = se2::type_of_function(import.module, import.name))
    return other_type(import, *type);
  return "this function of SE2 comes in a later version: here are return_result, return_error and "
         "log_msg";
}

// Who imports what only plugins are answered, and is none.
Result<> check_plugin(const engine::ModuleInfo& module) {
  const auto lack = se2::lack_of(module);
  if (!lack) return {};
  const auto found = std::ranges::find_if(module.imports, [](const engine::ImportInfo& import) {
    return se2::has_function(import.module, import.name, import.function);
  });
  if (found == module.imports.end()) return {};
  return fail(ErrorCode::kUnsupported,
              fmt::format("the module imports {}.{}, which only a plugin of SE2 can call, and is "
                          "none: {}",
                          found->module, found->name, *lack));
}

// Of an import whose module none of our interfaces is.
std::string hint_for_module(const engine::ImportInfo& import) {
  constexpr std::array kWasi = {kWasiModule};
  const bool is_of_wasi = command::type_of_function(kWasiModule, import.name).has_value();
  return fmt::format("no dialect that weft knows provides it{}",
                     is_of_wasi ? did_you_mean(import.module, kWasi) : std::string());
}

}  // namespace

std::optional<std::string> problem_of(const engine::ImportInfo& import) {
  if (is_provided(import)) return std::nullopt;
  if (is_thread_spawn(import) || engine::is_shared_memory(import))
    return "threads, which only weft run --threads N provides";
  if (is_named_thread_spawn(import)) return other_type(import, command::thread_spawn_type());
  if (se2::knows(import.module, import.name)) return problem_of_se2(import);
  if (const auto type = command::type_of_function(import.module, import.name))
    return other_type(import, *type);
  if (const auto names = command::functions_of(import.module); !names.empty()) {
    return fmt::format("this interface has no function of that name{}",
                       did_you_mean(import.name, names));
  }
  if (is_wasi(import.module)) return "an extension of WASI that weft does not have";
  const std::vector<Dialect> providers = providers_of(import);
  if (providers.empty()) return hint_for_module(import);
  std::string names;
  for (const Dialect dialect : providers) {
    if (!names.empty()) names += ", ";
    names += name_of(dialect);
  }
  return fmt::format("provided by the dialect {}, which this version does not have", names);
}

std::string_view name_of(Dialect dialect) {
  return kNames.at(static_cast<std::size_t>(dialect));
}

std::optional<Dialect> dialect_named(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Dialect>(found - kNames.begin());
}

Dialect dialect_of(const engine::ModuleInfo& module) {
  if (!se2::lack_of(module)) return Dialect::kSe2;
  const engine::ExportInfo* start = module.find_export(kStart);
  const bool is_program = start != nullptr && is_function_without_types(*start);
  return is_program ? Dialect::kCommand : Dialect::kTyped;
}

bool starts_program(const engine::ModuleInfo& module, std::string_view name) {
  return name == kStart && dialect_of(module) == Dialect::kCommand;
}

bool is_initializer(const engine::ExportInfo& item) {
  return item.name == kInitialize && is_function_without_types(item);
}

std::vector<std::string_view> initializers_before(const engine::ModuleInfo& module,
                                                  std::string_view wanted) {
  const auto prepares = [&module](std::string_view name) {
    const engine::ExportInfo* const item = module.find_export(name);
    return item != nullptr && is_function_without_types(*item);
  };
  std::vector<std::string_view> names;
  if (dialect_of(module) == Dialect::kSe2) {
    for (const std::string_view name : {prepares(kStart) ? kStart : kInitialize, se2::kInit}) {
      if (name == wanted) break;
      if (prepares(name)) names.push_back(name);
    }
  } else if (prepares(kInitialize) && wanted != kInitialize && !starts_program(module, wanted)) {
    names.push_back(kInitialize);
  }
  return names;
}

std::vector<Dialect> providers_of(const engine::ImportInfo& import) {
  const std::string_view module = import.module;
  if (is_thread_spawn(import) || engine::is_shared_memory(import)) return {Dialect::kCommand};
  if (typed::is_abort(module, import.name, import.function)) return {Dialect::kTyped};
  if (is_wasi(module)) return {Dialect::kCommand};
  if (module.starts_with("wasi:")) return {Dialect::kComponent};
  if (module.starts_with("extism:host/")) return {Dialect::kExtism};
  if (module == "host" && import.name == "callback") return {Dialect::kReactor};
  if (se2::knows(module, import.name)) return {Dialect::kSe2};
  // Emscripten's imports are in "env", or in one-letter modules when its names are minified.
  if (module == "env" || module == "a") return {Dialect::kEmscripten};
  return {};
}

bool is_provided(const engine::ImportInfo& import) {
  if (import.kind != engine::ItemKind::kFunction) return false;
  return typed::is_abort(import.module, import.name, import.function) ||
         command::has_function(import.module, import.name, import.function) ||
         se2::has_function(import.module, import.name, import.function);
}

void define_functions(engine::HostTable& table) {
  command::define_functions(table);
  se2::define_functions(table);
  typed::define_abort(table);
}

bool starts_threads(const engine::ModuleInfo& module) {
  return std::ranges::any_of(module.imports, is_thread_spawn);
}

const engine::MemoryInfo* shared_memory_of(const engine::ModuleInfo& module) {
  // Imported memories come before all others.
  std::size_t index = 0;
  for (const engine::ImportInfo& import : module.imports) {
    if (engine::is_shared_memory(import)) return &module.memories.at(index);
    if (import.kind == engine::ItemKind::kMemory) ++index;
  }
  return nullptr;
}

Result<> check_imports(const engine::ModuleInfo& module, const Extensions& extensions) {
  std::vector<const engine::ImportInfo*> missing;
  for (const engine::ImportInfo& import : module.imports) {
    const bool is_extension =
        extensions.threads && (is_thread_spawn(import) || engine::is_shared_memory(import));
    if (!is_extension && !is_provided(import)) missing.push_back(&import);
  }
  if (missing.empty()) {
    TRY(check_plugin(module));
    return check_threads(module);
  }
  std::string text =
      missing.size() == 1
          ? "the module imports what is not provided: "
          : fmt::format("the module has {} imports that are not provided: ", missing.size());
  for (std::size_t i = 0; i < std::min(missing.size(), kMissingShownMax); ++i) {
    if (i > 0) text += "; ";
    text += fmt::format("{} ({})", describe(*missing[i]), problem_of(*missing[i]).value_or(""));
  }
  if (missing.size() > kMissingShownMax) text += "; …";
  return fail(ErrorCode::kUnsupported, std::move(text));
}

}  // namespace weft::abi
