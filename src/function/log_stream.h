// What a guest prints beside its result: limited in all, and its beginning kept for the record.
#pragma once

#include <cstdint>
#include <string>

#include "system/streams.h"

namespace weft::function {

// Confined to the invocation's thread.
class LogStream final : public system::OutputStream {
 public:
  LogStream(std::uint64_t limit_bytes, std::uint64_t kept_bytes)
      : limit_bytes_(limit_bytes), kept_bytes_(kept_bytes) {}

  // kGuestLimit (output_bytes) beyond the limit.
  Result<> write(std::span<const std::uint8_t> bytes) override;
  std::string take() { return std::move(kept_); }

 private:
  std::uint64_t limit_bytes_;
  std::uint64_t kept_bytes_;
  std::uint64_t written_bytes_ = 0;
  std::string kept_;
};

}  // namespace weft::function
