#include "engine/snapshot.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "engine/byte_reader.h"
#include "engine/dirty_pages.h"
#include "engine/module_info.h"

namespace weft::engine {
namespace {

constexpr std::string_view kMagic = "weft snapshot 1\n";

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::kDataLoss, fmt::format("the snapshot is damaged: {}", what));
}

template <class Number>
void put(std::string& bytes, const Number& number) {
  static_assert(std::is_trivially_copyable_v<Number>);
  const std::size_t before = bytes.size();
  bytes.resize(before + sizeof(number));
  std::memcpy(bytes.data() + before, &number, sizeof(number));
}

// Nothing for a type that no global of a snapshot has.
std::optional<Value> value_from(ByteReader& reader) {
  switch (static_cast<ValueType>(reader.number<std::uint8_t>())) {
    case ValueType::kI32:
      return reader.number<std::int32_t>();
    case ValueType::kI64:
      return reader.number<std::int64_t>();
    case ValueType::kF32:
      return reader.number<float>();
    case ValueType::kF64:
      return reader.number<double>();
    case ValueType::kV128:
      return reader.number<V128>();
    default:
      return std::nullopt;
  }
}

bool is_zero(std::string_view page) {
  // All its bytes are like the first one.
  return page[0] == 0 && std::memcmp(page.data(), page.data() + 1, page.size() - 1) == 0;
}

Result<> read_pages(ByteReader& reader, Snapshot& snapshot) {
  const std::uint64_t size = snapshot.memory_bytes.value_or(0);
  const auto count = reader.number<std::uint64_t>();
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < count && !reader.has_failed(); ++i) {
    const auto offset = reader.number<std::uint64_t>();
    const std::string_view bytes = reader.text();
    const bool is_in_order = i == 0 || offset > end;
    const bool is_whole = offset % kHostPageBytes == 0 && bytes.size() % kHostPageBytes == 0;
    if (!is_in_order || !is_whole || bytes.empty() || offset > size ||
        bytes.size() > size - offset) {
      return damaged("it has pages in the wrong place");
    }
    end = offset + bytes.size();
    snapshot.pages.push_back({.offset = offset, .bytes = bytes});
  }
  return {};
}

}  // namespace

Result<Snapshot> Snapshot::parse(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.take(kMagic.size()) != kMagic) return damaged("it does not begin as one");
  Snapshot snapshot;
  const auto has_memory = reader.number<std::uint8_t>();
  if (has_memory > 1) return damaged("it does not say whether it has a memory");
  if (has_memory == 1) {
    snapshot.memory_bytes = reader.number<std::uint64_t>();
    if (*snapshot.memory_bytes > kMemory32PagesMax * kPageBytes ||
        *snapshot.memory_bytes % kPageBytes != 0)
      return damaged("its memory has an impossible size");
  }
  const auto globals = reader.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < globals && !reader.has_failed(); ++i) {
    const auto value = value_from(reader);
    if (!value) return damaged("it has a global of an unknown type");
    snapshot.globals.push_back(*value);
  }
  TRY(read_pages(reader, snapshot));
  if (!reader.is_at_end()) return damaged("it is too short or too long");
  return snapshot;
}

std::string Snapshot::to_bytes() const {
  std::string bytes(kMagic);
  put(bytes, std::uint8_t{memory_bytes.has_value()});
  if (memory_bytes) put(bytes, *memory_bytes);
  put(bytes, static_cast<std::uint32_t>(globals.size()));
  for (const Value& value : globals) {
    put(bytes, static_cast<std::uint8_t>(type_of(value)));
    std::visit([&bytes](const auto& number) { put(bytes, number); }, value);
  }
  put(bytes, std::uint64_t{pages.size()});
  std::uint64_t more = 0;
  for (const auto& piece : pages)
    more += 2 * sizeof(std::uint64_t) + piece.bytes.size();
  bytes.reserve(bytes.size() + more);
  for (const auto& piece : pages) {
    put(bytes, piece.offset);
    put(bytes, std::uint64_t{piece.bytes.size()});
    bytes += piece.bytes;
  }
  return bytes;
}

Result<std::vector<MemoryImage::Piece>> pages_in(std::span<const std::uint8_t> memory,
                                                 std::uint64_t bytes_max) {
  const std::string_view all(reinterpret_cast<const char*>(memory.data()), memory.size());
  std::vector<MemoryImage::Piece> pages;
  std::uint64_t bytes = 0;
  for (std::size_t offset = 0; offset < all.size(); offset += kHostPageBytes) {
    if (is_zero(all.substr(offset, kHostPageBytes))) continue;
    bytes += kHostPageBytes;
    if (bytes > bytes_max) {
      return fail(Error(ErrorCode::kTooLarge,
                        fmt::format("what is in the guest's memory, without pages of zeros, is "
                                    "larger than {} bytes",
                                    bytes_max))
                      .with_limit("snapshot_bytes", bytes_max));
    }
    if (!pages.empty() && pages.back().offset + pages.back().bytes.size() == offset) {
      pages.back().bytes =
          all.substr(pages.back().offset, pages.back().bytes.size() + kHostPageBytes);
    } else {
      pages.push_back({.offset = offset, .bytes = all.substr(offset, kHostPageBytes)});
    }
  }
  return pages;
}

}  // namespace weft::engine
