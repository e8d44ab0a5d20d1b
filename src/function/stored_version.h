// What the store keeps of modules and of versions of functions, as text and back
// (docs/formats/data-directory.md). Private to function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "function/activity.h"
#include "function/environment.h"
#include "function/functions.h"
#include "store/blobs.h"
#include "store/invocations.h"
#include "store/metadata.h"

namespace weft::function {

// What VersionSpec::state can be.
inline constexpr std::string_view kPristineState = "pristine";
inline constexpr std::string_view kWarmState = "warm";

// kDataLoss, with what to do about it, for what weft does not write.
Result<Environment> environment_of(const store::VersionRecord& record);
Result<FunctionLimits> stored_limits(const store::VersionRecord& record);
Result<Grants> stored_grants(const store::VersionRecord& record);
Result<Module> module_of(const store::ModuleRecord& record);
// The bytes of the module with that id: kNotFound when there is none, kDataLoss also when it is
// there and its bytes are not. Blocks.
Result<std::string> stored_bytes(store::Metadata& metadata, store::Blobs& blobs,
                                 std::string_view module);
bool is_warm(const store::VersionRecord& record);
// `current`: the number of the current version.
Result<Version> version_of(const store::VersionRecord& record, std::int64_t current);
Result<Initialization> stored_initialization(const Module& module,
                                             const store::VersionRecord& record);
Activity activity_of(const store::Activity& stored);

}  // namespace weft::function
