#include "cli/status_line.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace weft::cli {
namespace {

constexpr std::chrono::seconds kPatience{1};
// How often a BusyLine looks at the clock.
constexpr std::chrono::milliseconds kBeat{250};
constexpr double kKibi = 1024;

// In columns, of text without wide characters.
std::size_t width_of(std::string_view text) {
  const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; };
  return static_cast<std::size_t>(std::ranges::count_if(text, starts));
}

}  // namespace

StatusLine::StatusLine(Console& console, Status status)
    : console_(console), status_(status), began_(console.clock().monotonic()) {}

StatusLine::~StatusLine() {
  // Spaces and not an escape sequence, so that every terminal understands.
  if (!text_.empty()) console_.note(fmt::format("\r{:{}}\r", "", width_of(text_)));
}

void StatusLine::show(std::string_view text) {
  if (!is_shown() || elapsed() < kPatience || text == text_) return;
  const std::size_t before = width_of(text_);
  const std::size_t now = width_of(text);
  console_.note(fmt::format("\r{}{:{}}", text, "", before > now ? before - now : 0));
  text_ = text;
}

void StatusLine::show_time(std::string_view doing) {
  show(fmt::format("{}… {} s", doing,
                   std::chrono::duration_cast<std::chrono::seconds>(elapsed()).count()));
}

BusyLine::BusyLine(Console& console, Status status, std::string doing) : line_(console, status) {
  if (!line_.is_shown()) return;
  pacemaker_ = std::make_unique<Pacemaker>("weft-status", kBeat, [this, doing = std::move(doing)] {
    line_.show_time(doing);
    return true;
  });
  pacemaker_->wake();
}

std::string share_text(std::uint64_t done_bytes, std::uint64_t all_bytes) {
  const bool is_large = static_cast<double>(all_bytes) >= kKibi * kKibi;
  const double unit = is_large ? kKibi * kKibi : kKibi;
  return fmt::format("{:.1f} of {:.1f} {}", static_cast<double>(done_bytes) / unit,
                     static_cast<double>(all_bytes) / unit, is_large ? "MiB" : "KiB");
}

}  // namespace weft::cli
