#include "function/stored_version.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "abi/dialect.h"
#include "function/module_record.h"
#include "json/parse.h"

namespace weft::function {
namespace {

// `what` has names that clients know.
std::unexpected<Error> damaged(std::string what, std::string_view remedy) {
  what += " damaged: ";
  what += remedy;
  return fail(Error(ErrorCode::kDataLoss, what).telling_clients(what));
}

std::unexpected<Error> damaged_version(std::string_view what, const store::VersionRecord& record) {
  return damaged(fmt::format("version {} of the function {}: the stored {} is", record.version,
                             record.function, what),
                 "deploy the function again, or restore the data directory from a backup");
}

std::unexpected<Error> damaged_module(std::string_view what, std::string_view id) {
  return damaged(fmt::format("the stored {} of the module {} is", what, id),
                 "restore the data directory from a backup, or remove the module and upload it "
                 "again");
}

}  // namespace

Result<std::string> stored_bytes(store::Metadata& metadata, store::Blobs& blobs,
                                 std::string_view module) {
  auto bytes = blobs.get(module);
  if (bytes || bytes.error().code() != ErrorCode::kNotFound) return bytes;
  TRY(metadata.module(module));  // Or it was removed a moment ago, with its bytes.
  return fail(
      Error(ErrorCode::kDataLoss,
            fmt::format("the stored bytes of the module {} are missing: upload it again, or "
                        "restore the data directory from a backup",
                        module))
          .telling_clients(fmt::format(
              "The stored bytes of the module {} are missing: upload it again.", module)));
}

Result<Environment> environment_of(const store::VersionRecord& record) {
  const auto document = json::parse(record.spec.environment);
  Environment environment;
  if (!document || !document->is_object()) return damaged_version("environment", record);
  for (const auto& [name, value] : document->as_object()) {
    if (!value.is_string()) return damaged_version("environment", record);
    environment.emplace_back(name, value.as_string());
  }
  return environment;
}

Result<FunctionLimits> stored_limits(const store::VersionRecord& record) {
  const auto document = json::parse(record.spec.limits);
  auto limits = document ? limits_of(*document) : fail(document.error());
  if (!limits) return damaged_version("list of limits", record);
  return *limits;
}

Result<Grants> stored_grants(const store::VersionRecord& record) {
  const auto document = json::parse(record.spec.grants);
  auto grants = document ? grants_of(*document) : fail(document.error());
  if (!grants) return damaged_version("list of grants", record);
  return *std::move(grants);
}

Result<Module> module_of(const store::ModuleRecord& record) {
  const auto dialect = abi::dialect_named(record.dialect);
  if (!dialect) return damaged_module("dialect", record.id);
  auto info = from_record(record.info);
  if (!info) return damaged_module("description", record.id);
  return Module{.id = record.id,
                .dialect = *dialect,
                .size_bytes = record.size_bytes,
                .created = record.created,
                .info = *std::move(info)};
}

bool is_warm(const store::VersionRecord& record) {
  return record.spec.state == kWarmState;
}

Result<Version> version_of(const store::VersionRecord& record, std::int64_t current) {
  return Version{.version = record.version,
                 .current = record.version == current,
                 .module = record.spec.module,
                 .dialect = abi::dialect_named(record.dialect).value_or(abi::Dialect::kTyped),
                 .deployed = record.deployed,
                 .limits = TRY(stored_limits(record)),
                 .environment = TRY(environment_of(record)),
                 .grants = TRY(stored_grants(record)),
                 .init = record.spec.init,
                 .is_warm = is_warm(record)};
}

Result<Initialization> stored_initialization(const Module& module,
                                             const store::VersionRecord& record) {
  auto initialization = initialization_of(module.info, record.spec.init);
  if (!initialization) return damaged_version("initialisation", record);
  initialization->cold = record.spec.cold;
  return initialization;
}

Activity activity_of(const store::Activity& stored) {
  Activity activity{.calls = stored.calls,
                    .errors = stored.errors,
                    .p50_us = std::nullopt,
                    .calls_per_minute = stored.calls_per_minute,
                    .last_called = stored.last_called};
  if (stored.p50_us) activity.p50_us = static_cast<std::uint64_t>(*stored.p50_us);
  return activity;
}

}  // namespace weft::function
