#include "function/log_stream.h"

#include <algorithm>

#include <fmt/format.h>

namespace weft::function {

Result<> LogStream::write(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > limit_bytes_ - written_bytes_) {
    return fail(Error(ErrorCode::kGuestLimit,
                      fmt::format("the guest printed more than {} bytes", limit_bytes_))
                    .with_limit("output_bytes", limit_bytes_));
  }
  written_bytes_ += bytes.size();
  const std::size_t kept = std::min<std::uint64_t>(bytes.size(), kept_bytes_ - kept_.size());
  kept_.append(reinterpret_cast<const char*>(bytes.data()), kept);
  return {};
}

}  // namespace weft::function
