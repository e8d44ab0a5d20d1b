// What pictures may be and make at most (the constants are in pictures.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "json/jsonata/failure.h"
#include "json/jsonata/pictures.h"

namespace weft::json::jsonata {

// `what` takes more than its limit.
inline std::unexpected<Failure> beyond_limit(std::string_view what, std::size_t limit) {
  return failed("D2015", std::string(what) + " is longer than " + std::to_string(limit) +
                             " characters, the limit");
}

inline Outcome<void> check_picture(std::string_view picture) {
  if (picture.size() > kPictureBytesMax) return beyond_limit("the picture", kPictureBytesMax);
  return {};
}

inline Outcome<void> check_text(std::size_t size) {
  if (size > kPictureTextBytesMax) return beyond_limit("the text", kPictureTextBytesMax);
  return {};
}

}  // namespace weft::json::jsonata
