// What a client takes: the Accept and Accept-Encoding headers (RFC 9110 §12.4, §12.5).
#pragma once

#include <string_view>

namespace weft::server {

// Weights go from 0 (not at all) to 1000. Elements that are malformed are ignored; of a coding or
// type that comes twice the first one counts.

// The weight of a content coding ("br", "gzip", "identity") by an Accept-Encoding header. identity
// is taken unless it is excluded; everything else only when it, or "*", is named.
int coding_weight(std::string_view accept_encoding, std::string_view coding);

// The weight of a media type ("text/html") by an Accept header: of the most specific range that
// covers it. Parameters of ranges other than q are ignored.
int media_weight(std::string_view accept, std::string_view media_type);

// Whether an If-None-Match header (RFC 9110 §13.1.2) names the entity tag (with its quotes), by
// weak comparison.
bool names_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace weft::server
