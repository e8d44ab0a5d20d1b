#include "function/snapshots.h"

#include <utility>

#include <fmt/format.h>

namespace weft::function {
namespace {

// Errors that another initialisation helps against.
bool is_gone(const Error& error) {
  return error.code() == ErrorCode::kNotFound || error.code() == ErrorCode::kDataLoss ||
         error.code() == ErrorCode::kInvalidArgument ||
         error.code() == ErrorCode::kFailedPrecondition;
}

}  // namespace

bool has_snapshot(const LoadedFunction::Description& description) {
  return !description.initialization.is_empty() && !description.info.obstacle;
}

Result<std::shared_ptr<const engine::Program>> Snapshots::restored(
    Beginning& beginning, store::VersionRecord& record) const {
  std::string why = "it was deployed without one";
  if (const auto& id = record.spec.snapshot) {
    const auto bytes = parts_.blobs.get(*id);
    auto begun = bytes ? beginning.begin_with(*bytes) : fail(bytes.error());
    if (begun || !is_gone(begun.error())) return begun;
    why = begun.error().message();
  }
  parts_.log.warning("a version is initialised again: its snapshot cannot be used",
                     {{"function", record.function},
                      {"version", fmt::format("{}", record.version)},
                      {"why", why}});
  const std::string bytes = TRY(beginning.prepare());
  auto begun = TRY(beginning.begin_with(bytes));
  TRY(replace(record, bytes, beginning.cold()));
  return begun;
}

Result<> Snapshots::replace(store::VersionRecord& record, std::string_view bytes,
                            std::optional<std::string> cold) const {
  const std::scoped_lock lock(parts_.storing);
  std::string id = TRY(parts_.blobs.put(bytes));
  if (record.spec.snapshot == id) return {};  // As before, and its blob is whole again.
  if (auto replaced = parts_.metadata.replace_snapshot(record, {.id = id, .cold = cold});
      !replaced) {
    TRY(remove_unnamed(id));
    return replaced;
  }
  record.spec.cold = std::move(cold);
  const auto before = std::exchange(record.spec.snapshot, std::move(id));
  return before ? remove_unnamed(*before) : Result<>();
}

Result<> Snapshots::remove_unnamed(std::string_view id) const {
  if (TRY(parts_.metadata.names_snapshot(id))) return {};
  return parts_.blobs.remove(id);
}

}  // namespace weft::function
