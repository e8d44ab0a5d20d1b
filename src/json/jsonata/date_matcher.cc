#include "json/jsonata/date_matcher.h"

#include <algorithm>
#include <array>

#include "json/jsonata/code_points.h"
#include "json/jsonata/number_words.h"

namespace weft::json::jsonata {

namespace {

using Text = std::u32string_view;
using Kind = DatePiece::Kind;

bool is_letter(char32_t character) {
  return lower(character) >= U'a' && lower(character) <= U'z';
}

// Whether a run of such characters is the piece.
bool belongs(const DatePiece& piece, char32_t character) {
  switch (piece.kind) {
    case Kind::kDigits:
      return character >= piece.zero && character <= piece.zero + 9;
    case Kind::kLetters:
      return is_letter(character);
    case Kind::kRomanNumerals:
      return Text(U"ivxlcdm").contains(lower(character));
    default:
      return false;
  }
}

bool starts_with_any_case(Text text, Text start) {
  return text.size() >= start.size() &&
         std::ranges::equal(text.substr(0, start.size()), start, {}, lower, lower);
}

// How long a literal, a sign or a suffix is; nothing where it is not at the text's beginning.
std::optional<std::size_t> fixed_size(const DatePiece& piece, Text text) {
  constexpr std::array<Text, 4> kSuffixes{U"th", U"st", U"nd", U"rd"};
  const auto begins = [&](Text start) { return starts_with_any_case(text, start); };
  switch (piece.kind) {
    case Kind::kLiteral:
      if (begins(piece.literal)) return piece.literal.size();
      break;
    case Kind::kSign:
      if (text.starts_with(U'+') || text.starts_with(U'-')) return 1;
      break;
    case Kind::kOrdinalSuffix:
      if (std::ranges::any_of(kSuffixes, begins)) return 2;
      break;
    default:
      break;
  }
  return std::nullopt;
}

bool is_fixed(const DatePiece& piece) {
  return piece.kind == Kind::kLiteral || piece.kind == Kind::kSign ||
         piece.kind == Kind::kOrdinalSuffix;
}

class Matcher {
 public:
  Matcher(std::span<const DatePiece> pieces, Text text) : pieces_(pieces), text_(text) {
    for (const DatePiece& piece : pieces)
      if (piece.kind == Kind::kWords && words_.empty()) words_ = number_word_lengths(text);
  }

  std::optional<std::vector<std::size_t>> match() {
    find_matches();
    if (!matches_[0][0]) return std::nullopt;
    std::vector<std::size_t> ends;
    std::size_t offset = 0;
    for (std::size_t piece = 0; piece < pieces_.size(); ++piece) {
      offset = end_of(piece, offset);
      ends.push_back(offset);
    }
    return ends;
  }

 private:
  // matches_[piece][offset]: whether the pieces from this one on match the text from there on.
  void find_matches() {
    const std::size_t size = text_.size();
    matches_.assign(pieces_.size() + 1, std::vector<bool>(size + 1));
    matches_.back()[size] = true;
    for (std::size_t piece = pieces_.size(); piece-- > 0;) {
      std::size_t run = 0;  // of characters that belong to the piece
      for (std::size_t offset = size + 1; offset-- > 0;) {
        run = offset < size && belongs(pieces_[piece], text_[offset]) ? run + 1 : 0;
        matches_[piece][offset] = matches_at(piece, offset, run);
      }
    }
  }

  bool matches_at(std::size_t index, std::size_t offset, std::size_t run) const {
    const DatePiece& piece = pieces_[index];
    if (is_fixed(piece)) {
      const auto size = fixed_size(piece, text_.substr(offset));
      return size.has_value() && matches_[index + 1][offset + *size];
    }
    if (piece.count > 0) return run >= piece.count && matches_[index + 1][offset + piece.count];
    // Of what repeats, the piece may end after this item or go on with the next.
    if (piece.kind != Kind::kWords) return run > 0 && is_reached(index, offset + 1);
    if (offset == text_.size()) return false;
    for (std::size_t size = 1; words_[offset] >> size != 0; ++size)
      if ((words_[offset] >> size & 1U) != 0 && is_reached(index, offset + size)) return true;
    return false;
  }

  bool is_reached(std::size_t index, std::size_t offset) const {
    return matches_[index + 1][offset] || matches_[index][offset];
  }

  std::size_t end_of(std::size_t index, std::size_t start) const {
    const DatePiece& piece = pieces_[index];
    if (is_fixed(piece)) return start + fixed_size(piece, text_.substr(start)).value_or(0);
    if (piece.count > 0) return start + piece.count;
    if (piece.kind == Kind::kWords) return end_of_words(index, start);
    std::size_t end = start;
    for (std::size_t offset = start; offset < text_.size() && belongs(piece, text_[offset]);) {
      ++offset;
      if (matches_[index + 1][offset]) end = offset;
    }
    return end;
  }

  std::size_t end_of_words(std::size_t index, std::size_t start) const {
    std::vector<bool> is_end(text_.size() + 1);
    std::size_t end = start;
    for (std::size_t offset = start; offset < text_.size(); ++offset) {
      if (offset != start && !is_end[offset]) continue;
      for (std::size_t size = 1; words_[offset] >> size != 0; ++size) {
        if ((words_[offset] >> size & 1U) == 0) continue;
        is_end[offset + size] = true;
        if (matches_[index + 1][offset + size]) end = std::max(end, offset + size);
      }
    }
    return end;
  }

  std::span<const DatePiece> pieces_;
  Text text_;
  std::vector<unsigned> words_;  // as number_word_lengths() has them
  std::vector<std::vector<bool>> matches_;
};

}  // namespace

std::optional<std::vector<std::size_t>> match_pieces(std::span<const DatePiece> pieces,
                                                     std::u32string_view text) {
  return Matcher(pieces, text).match();
}

}  // namespace weft::json::jsonata
