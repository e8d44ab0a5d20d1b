#include "engine/snapshot.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "engine/byte_reader.h"
#include "engine/dirty_pages.h"
#include "engine/module_info.h"

namespace weft::engine {
namespace {

constexpr std::string_view kMagic = "weft snapshot 1\n";
constexpr std::string_view kChangesMagic = "weft changes 1\n";

// What stands before each run of changes: runs that are no further apart are one.
constexpr std::uint64_t kRunHeaderBytes = 2 * sizeof(std::uint32_t);

constexpr std::array<char, kHostPageBytes> kZeros = {};

using Piece = MemoryImage::Piece;

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::kDataLoss, fmt::format("the snapshot is damaged: {}", what));
}

std::unexpected<Error> too_large(std::string_view what, std::uint64_t bytes_max) {
  return fail(
      Error(ErrorCode::kTooLarge, fmt::format("{} is larger than {} bytes", what, bytes_max))
          .with_limit("snapshot_bytes", bytes_max));
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

using MemorySize = std::optional<std::uint64_t>;

Result<MemorySize> read_memory_size(ByteReader& reader) {
  const auto has_memory = reader.number<std::uint8_t>();
  if (has_memory > 1) return damaged("it does not say whether it has a memory");
  if (has_memory == 0) return std::nullopt;
  const auto bytes = reader.number<std::uint64_t>();
  if (bytes > kMemory32PagesMax * kPageBytes || bytes % kPageBytes != 0)
    return damaged("its memory has an impossible size");
  return bytes;
}

void put_memory_size(std::string& bytes, const MemorySize& size) {
  put(bytes, std::uint8_t{size.has_value()});
  if (size) put(bytes, *size);
}

Result<std::vector<Value>> read_globals(ByteReader& reader) {
  std::vector<Value> globals;
  const auto count = reader.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && !reader.has_failed(); ++i) {
    const auto value = value_from(reader);
    if (!value) return damaged("it has a global of an unknown type");
    globals.push_back(*value);
  }
  return globals;
}

void put_globals(std::string& bytes, std::span<const Value> globals) {
  put(bytes, static_cast<std::uint32_t>(globals.size()));
  for (const Value& value : globals) {
    put(bytes, static_cast<std::uint8_t>(type_of(value)));
    std::visit([&bytes](const auto& number) { put(bytes, number); }, value);
  }
}

// Adds a byte of `all`, behind those that the runs have.
void add_byte(std::vector<Piece>& runs, std::string_view all, std::uint64_t at) {
  if (!runs.empty()) {
    Piece& last = runs.back();
    if (at <= last.offset + last.bytes.size() + kRunHeaderBytes) {
      last.bytes = all.substr(last.offset, at + 1 - last.offset);
      return;
    }
  }
  runs.push_back({.offset = at, .bytes = all.substr(at, 1)});
}

// Adds what of the page at `offset` differs from `before`.
void add_changes(std::vector<Piece>& runs, std::string_view all, std::uint64_t offset,
                 const char* before) {
  constexpr std::uint64_t kStep = sizeof(std::uint64_t);
  const char* const page = all.data() + offset;
  for (std::uint64_t i = 0; i < kHostPageBytes; i += kStep) {
    if (std::memcmp(page + i, before + i, kStep) == 0) continue;
    for (std::uint64_t at = i; at < i + kStep; ++at) {
      if (page[at] != before[at]) add_byte(runs, all, offset + at);
    }
  }
}

Result<> read_runs(ByteReader& reader, Changes& changes) {
  const std::uint64_t size = changes.memory_bytes.value_or(0);
  const auto count = reader.number<std::uint32_t>();
  std::uint64_t end = 0;
  for (std::uint32_t i = 0; i < count && !reader.has_failed(); ++i) {
    const std::uint64_t offset = reader.number<std::uint32_t>();
    const std::string_view bytes = reader.take(reader.number<std::uint32_t>());
    const bool is_in_order = i == 0 || offset > end;
    if (!is_in_order || bytes.empty() || offset > size || bytes.size() > size - offset)
      return damaged("it has changes in the wrong place");
    end = offset + bytes.size();
    changes.runs.push_back({.offset = offset, .bytes = bytes});
  }
  return {};
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
  snapshot.memory_bytes = TRY(read_memory_size(reader));
  snapshot.globals = TRY(read_globals(reader));
  TRY(read_pages(reader, snapshot));
  if (!reader.is_at_end()) return damaged("it is too short or too long");
  return snapshot;
}

std::string Snapshot::to_bytes() const {
  std::string bytes(kMagic);
  put_memory_size(bytes, memory_bytes);
  put_globals(bytes, globals);
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
    if (bytes > bytes_max)
      return too_large("what is in the guest's memory, without pages of zeros,", bytes_max);
    if (!pages.empty() && pages.back().offset + pages.back().bytes.size() == offset) {
      pages.back().bytes =
          all.substr(pages.back().offset, pages.back().bytes.size() + kHostPageBytes);
    } else {
      pages.push_back({.offset = offset, .bytes = all.substr(offset, kHostPageBytes)});
    }
  }
  if (MemoryImage::stored_bytes_of(pages) - bytes > bytes_max) {
    return too_large("what lies between the pages of the guest's memory that are not zeros",
                     bytes_max);
  }
  return pages;
}

Result<Changes> Changes::parse(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.take(kChangesMagic.size()) != kChangesMagic)
    return damaged("it does not begin as changes of one");
  Changes changes;
  changes.base = reader.number<Sha256>();
  changes.memory_bytes = TRY(read_memory_size(reader));
  changes.globals = TRY(read_globals(reader));
  TRY(read_runs(reader, changes));
  if (!reader.is_at_end()) return damaged("it is too short or too long");
  return changes;
}

std::string Changes::to_bytes() const {
  std::string bytes(kChangesMagic);
  put(bytes, base);
  put_memory_size(bytes, memory_bytes);
  put_globals(bytes, globals);
  put(bytes, static_cast<std::uint32_t>(runs.size()));
  std::uint64_t more = 0;
  for (const Piece& run : runs)
    more += kRunHeaderBytes + run.bytes.size();
  bytes.reserve(bytes.size() + more);
  for (const Piece& run : runs) {
    put(bytes, static_cast<std::uint32_t>(run.offset));
    put(bytes, static_cast<std::uint32_t>(run.bytes.size()));
    bytes += run.bytes;
  }
  return bytes;
}

Result<std::vector<MemoryImage::Piece>> changes_in(std::span<const std::uint8_t> memory,
                                                   const MemoryImage& base,
                                                   std::uint64_t bytes_max) {
  const std::string_view all(reinterpret_cast<const char*>(memory.data()), memory.size());
  // So that the size of a run is a number of four bytes.
  bytes_max = std::min<std::uint64_t>(bytes_max, UINT32_MAX);
  std::vector<Piece> runs;
  std::uint64_t bytes = 0;
  for (std::uint64_t offset = 0; offset < all.size(); offset += kHostPageBytes) {
    const std::uint8_t* const begun = base.page_at(offset);
    const char* const before =
        begun != nullptr ? reinterpret_cast<const char*>(begun) : kZeros.data();
    if (std::memcmp(all.data() + offset, before, kHostPageBytes) == 0) continue;
    bytes += kHostPageBytes;
    add_changes(runs, all, offset, before);
    if (std::max(bytes, runs.size() * sizeof(Piece)) > bytes_max)
      return too_large("what has changed in the guest's memory", bytes_max);
  }
  const std::uint64_t stored = MemoryImage::stored_bytes_over(runs);
  if (stored > bytes && stored - bytes > bytes_max)
    return too_large("what lies between the changes in the guest's memory", bytes_max);
  return runs;
}

}  // namespace weft::engine
