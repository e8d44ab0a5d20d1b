// What a Task calls, and as whom.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "workflow/validation/checker.h"

namespace weft::workflow::validation {
namespace {

using json::Kind;
using json::Value;

constexpr std::string_view kWaitsForToken = ".waitForTaskToken";
constexpr std::string_view kSync = ".sync";
constexpr std::string_view kSync2 = ".sync:2";

// Services of which no call ends when its job does, and services that pass no task token on
// (docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html). Which services and calls
// there are otherwise is not checked: it changes, and is another thing here than there.
constexpr std::array<std::string_view, 8> kWithoutSync{
    "lambda", "sns", "sqs", "dynamodb", "events", "apigateway", "aws-sdk", "http"};
constexpr std::array<std::string_view, 12> kWithoutToken{
    "athena", "batch",    "codebuild",    "elasticmapreduce", "emr-containers", "emr-serverless",
    "glue",   "databrew", "mediaconvert", "sagemaker",        "dynamodb",       "http"};

// "service:region:account:rest" of "arn:partition:service:region:account:rest"; empty where the
// text is none.
std::string_view behind_partition(std::string_view text) {
  constexpr std::string_view kScheme = "arn:";
  if (!text.starts_with(kScheme)) return {};
  text.remove_prefix(kScheme.size());
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return {};
  return text.substr(colon + 1);
}

bool is_resource_arn(std::string_view text) {
  std::string_view rest = behind_partition(text);
  if (rest.empty() || rest.starts_with(':')) return false;
  for (int i = 0; i < 3; ++i) {
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos) return false;
    rest.remove_prefix(colon + 1);
  }
  return !rest.empty();
}

template <std::size_t kSize>
bool has(const std::array<std::string_view, kSize>& services, std::string_view service) {
  return std::ranges::find(services, service) != services.end();
}

}  // namespace

bool is_activity(std::string_view resource) {
  std::string_view rest = behind_partition(resource);
  if (!rest.starts_with("states:")) return false;
  for (int i = 0; i < 3; ++i) {
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos) return false;
    rest.remove_prefix(colon + 1);
  }
  return rest.starts_with("activity:");
}

void Checker::check_resource(const Value& resource, const Place& place, const Scope& scope) {
  if (!expect(resource, place, {Kind::kString})) return;
  const std::string_view text = resource.as_string();
  if (scope.type == MachineType::kExpress) {
    // The space is AWS's.
    if (text.ends_with(kWaitsForToken)) {
      findings_.schema_error(
          "Express state machine does not support '.waitForTaskToken' service integration ", place,
          resource);
    } else if (text.ends_with(kSync) || text.ends_with(kSync2)) {
      findings_.schema_error("Express state machine does not support '.sync' service integration",
                             place, resource);
    } else if (is_activity(text)) {
      findings_.schema_error("Express state machine does not support Activity ARN", place,
                             resource);
    }
  }
  if (has_substitution(text)) return;
  if (!is_resource_arn(text)) {
    findings_.schema_error("Value is not a valid resource ARN", place, resource);
  } else {
    check_integration(resource, place);
  }
}

void Checker::check_integration(const Value& resource, const Place& place) {
  constexpr std::string_view kIntegration = "states:::";
  std::string_view call = behind_partition(resource.as_string());
  if (!call.starts_with(kIntegration)) return;
  call.remove_prefix(kIntegration.size());
  const std::string_view service = call.substr(0, call.find(':'));
  const bool is_refused = (call.ends_with(kSync) && has(kWithoutSync, service)) ||
                          (call.ends_with(kSync2) && service != "states") ||
                          (call.ends_with(kWaitsForToken) && has(kWithoutToken, service));
  if (service != call && !is_refused) return;
  findings_.schema_error(
      fmt::format("The resource provided {} is not recognized. The value is not a valid resource "
                  "ARN, or the resource is not available in this region.",
                  quoted(resource.as_string())),
      place, resource);
}

void Checker::check_credentials(const Value& credentials, const Place& place, const Scope& scope) {
  if (!expect(credentials, place, {Kind::kObject})) return;
  // The States Language wants no role, and AWS is known to want one in states of JSONata.
  if (scope.language == Language::kJsonata && credentials.find("RoleArn") == nullptr) {
    findings_.schema_error("The field 'RoleArn' is required but was missing", place, credentials);
    return;
  }
  check_template(credentials, place, scope);
}

}  // namespace weft::workflow::validation
