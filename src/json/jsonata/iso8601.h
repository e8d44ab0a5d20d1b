// Timestamps of ISO 8601 as $toMillis takes them without a picture.
#pragma once

#include <optional>
#include <string_view>

namespace weft::json::jsonata {

// Those that ECMAScript's Date.parse knows ("2018", "2018-02-01", "2018-02-01T13:45:00.5+01:00"),
// and offsets from UTC without a colon. Local times are taken as UTC. Nothing where it is none.
std::optional<double> iso8601_millis(std::string_view text);

}  // namespace weft::json::jsonata
