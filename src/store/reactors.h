// What weft knows about reactors: their settings, and what is registered in each, in order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"
#include "store/page.h"

namespace weft::store {

// How much all that is registered in one reactor may be; at most kRowsMax items.
struct RegistrationLimits {
  std::uint64_t items = 0;
  std::uint64_t bytes = 0;
};

struct ReactorRecord {
  std::string name = {};
  std::string settings = "{}";  // a JSON object that the caller has checked
  WallTime created = {};
  WallTime changed = {};  // its settings
  std::uint64_t registrations = 0;
  std::uint64_t code_bytes = 0;  // of all of them

  bool operator==(const ReactorRecord&) const = default;
};

struct RegistrationRecord {
  std::string kind = {};  // "lambda", "def", "module"
  std::string name = {};
  std::string code = {};  // UTF-8; empty where a list leaves it out
  std::uint64_t code_bytes = 0;
  WallTime registered = {};  // this code

  bool operator==(const RegistrationRecord&) const = default;
};

// Thread-safe; calls block. What is missing is kNotFound; other errors are those of Database.
class Reactors {
 public:
  // Both outlive this object. The database has been migrated.
  Reactors(Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  // Makes the reactor, or gives it other settings; says whether it is new. kInvalidArgument for a
  // name that no function could have (is_function_name), kResourceExhausted (reactors) when there
  // are `reactors_max` others.
  Result<bool> put(std::string_view name, std::string_view settings, std::uint64_t reactors_max);
  Result<ReactorRecord> get(std::string_view name);
  Result<Listed<ReactorRecord>> list(const Page& page);
  // With all that is registered.
  Result<> remove(std::string_view name);

  // Registers code, or replaces that of the same kind and name, which keeps its place in the order.
  // Says whether it is new. kFailedPrecondition when a module has the name of a def or the other
  // way, because both are attributes of one module; kTooLarge (registrations, code_bytes) beyond
  // the limits.
  Result<bool> put_code(std::string_view reactor, const RegistrationRecord& code,
                        const RegistrationLimits& limits);
  // What put_code would refuse, before any code runs.
  Result<> check_code(std::string_view reactor, const RegistrationRecord& code,
                      const RegistrationLimits& limits);
  Result<RegistrationRecord> code(std::string_view reactor, std::string_view kind,
                                  std::string_view name);
  // In the order in which they were first registered. Without their code unless `with_code`.
  Result<std::vector<RegistrationRecord>> codes(std::string_view reactor, bool with_code);
  Result<> remove_code(std::string_view reactor, std::string_view kind, std::string_view name);

 private:
  Database& database_;
  const Clock& clock_;
};

}  // namespace weft::store
