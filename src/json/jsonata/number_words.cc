#include "json/jsonata/number_words.h"

#include <array>
#include <cmath>
#include <cstdint>

#include "json/jsonata/code_points.h"

namespace weft::json::jsonata {

namespace {

struct Word {
  std::string_view cardinal;
  std::string_view ordinal;
  double value = 0;
};

constexpr std::array<Word, 33> kWords{{
    {"Zero", "Zeroth", 0},
    {"One", "First", 1},
    {"Two", "Second", 2},
    {"Three", "Third", 3},
    {"Four", "Fourth", 4},
    {"Five", "Fifth", 5},
    {"Six", "Sixth", 6},
    {"Seven", "Seventh", 7},
    {"Eight", "Eighth", 8},
    {"Nine", "Ninth", 9},
    {"Ten", "Tenth", 10},
    {"Eleven", "Eleventh", 11},
    {"Twelve", "Twelfth", 12},
    {"Thirteen", "Thirteenth", 13},
    {"Fourteen", "Fourteenth", 14},
    {"Fifteen", "Fifteenth", 15},
    {"Sixteen", "Sixteenth", 16},
    {"Seventeen", "Seventeenth", 17},
    {"Eighteen", "Eighteenth", 18},
    {"Nineteen", "Nineteenth", 19},
    {"Twenty", "Twentieth", 20},
    {"Thirty", "Thirtieth", 30},
    {"Forty", "Fortieth", 40},
    {"Fifty", "Fiftieth", 50},
    {"Sixty", "Sixtieth", 60},
    {"Seventy", "Seventieth", 70},
    {"Eighty", "Eightieth", 80},
    {"Ninety", "Ninetieth", 90},
    {"Hundred", "Hundredth", 100},
    {"Thousand", "Thousandth", 1e3},
    {"Million", "Millionth", 1e6},
    {"Billion", "Billionth", 1e9},
    {"Trillion", "Trillionth", 1e12},
}};
constexpr std::size_t kTwenty = 20;  // where the tens begin in the table
constexpr std::size_t kHundred = 28;

// How the next words are joined to what stands before them.
enum class Joined { kFirst, kAfterOthers };

std::string_view word(std::size_t index, WordForm form) {
  return form == WordForm::kOrdinal ? kWords[index].ordinal : kWords[index].cardinal;
}

// Of what is below 100.
void append_tens(std::string& out, std::size_t number, WordForm form) {
  if (number < kTwenty) {
    out += word(number, form);
    return;
  }
  const std::size_t tens = kTwenty + (number / 10) - 2;
  if (number % 10 == 0) {
    out += word(tens, form);
    return;
  }
  out += kWords[tens].cardinal;
  out += '-';
  out += word(number % 10, form);
}

// Of what is below 1000.
void append_hundreds(std::string& out, std::size_t number, Joined joined, WordForm form) {
  if (number >= 100) {
    if (joined == Joined::kAfterOthers) out += ", ";
    out += kWords[number / 100].cardinal;
    out += ' ';
    number %= 100;
    out += word(kHundred, number == 0 ? form : WordForm::kCardinal);
    if (number == 0) return;
    joined = Joined::kAfterOthers;
  }
  if (joined == Joined::kAfterOthers) out += " and ";
  append_tens(out, number, form);
}

// Of what is below 10^12.
void append_billions(std::string& out, std::uint64_t number, Joined joined, WordForm form) {
  std::uint64_t unit = 1'000'000'000;
  for (std::size_t index = kHundred + 3; index > kHundred; --index, unit /= 1000) {
    if (number < unit) continue;
    if (joined == Joined::kAfterOthers) out += ", ";
    append_hundreds(out, static_cast<std::size_t>(number / unit), Joined::kFirst,
                    WordForm::kCardinal);
    number %= unit;
    out += ' ';
    out += word(index, number == 0 ? form : WordForm::kCardinal);
    if (number == 0) return;
    joined = Joined::kAfterOthers;
  }
  append_hundreds(out, static_cast<std::size_t>(number), joined, form);
}

bool starts_with(std::u32string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t index = 0; index < word.size(); ++index)
    if (lower(text[index]) != lower(static_cast<unsigned char>(word[index]))) return false;
  return true;
}

std::optional<double> word_value(std::u32string_view text) {
  for (const Word& word : kWords) {
    for (const std::string_view form : {word.cardinal, word.ordinal})
      if (text.size() == form.size() && starts_with(text, form)) return word.value;
  }
  return std::nullopt;
}

// How many characters stand between two words at `offset`: ", ", " and ", a hyphen, a backslash or
// white space; 0 where a word goes on.
std::size_t between_words(std::u32string_view text, std::size_t offset) {
  const std::u32string_view rest = text.substr(offset);
  if (rest.size() >= 2 && rest[0] == U',' && is_space(rest[1])) return 2;
  if (!is_space(rest[0])) return rest[0] == U'-' || rest[0] == U'\\' ? 1 : 0;
  const bool has_and = rest.size() >= 5 && starts_with(rest.substr(1), "and") && is_space(rest[4]);
  return has_and ? 5 : 1;
}

// The sum of the words so far: what is complete, and the part that "thousand" would multiply. A
// trillion multiplies all before it: "one thousand and one trillion".
class Sum {
 public:
  void add(double value) {
    if (value == kWords.back().value) {
      open_ = total() * value;
      closed_ = 0;
      return;
    }
    if (value >= 100) {
      open_ *= value;
      return;
    }
    if (open_ >= 1000) {
      closed_ += open_;
      open_ = 0;
    }
    open_ += value;
  }
  double total() const { return closed_ + open_; }

 private:
  double closed_ = 0;
  double open_ = 0;
};

}  // namespace

std::string number_words(std::string_view digits, WordForm form) {
  constexpr std::size_t kGroup = 12;  // the digits below a trillion
  std::string out;
  bool is_first = true;
  while (!digits.empty()) {
    const std::size_t taken = (digits.size() - 1) % kGroup + 1;
    std::uint64_t number = 0;
    for (const char digit : digits.substr(0, taken))
      number = number * 10 + static_cast<std::uint64_t>(digit - '0');
    digits.remove_prefix(taken);
    const WordForm of_this = digits.empty() ? form : WordForm::kCardinal;
    if (is_first || number != 0) {
      append_billions(out, number, is_first ? Joined::kFirst : Joined::kAfterOthers, of_this);
    } else if (of_this == WordForm::kOrdinal) {
      out += "th";
    }
    if (!digits.empty()) out += " Trillion";
    is_first = false;
  }
  return out;
}

std::optional<double> words_value(std::u32string_view text) {
  Sum sum;
  std::size_t start = 0;
  for (std::size_t offset = 0; offset <= text.size();) {
    const std::size_t gap = offset < text.size() ? between_words(text, offset) : 1;
    if (gap == 0) {
      ++offset;
      continue;
    }
    const auto value = word_value(text.substr(start, offset - start));
    if (!value.has_value()) return std::nullopt;
    sum.add(*value);
    offset += gap;
    start = offset;
  }
  if (!std::isfinite(sum.total())) return std::nullopt;
  return sum.total();
}

std::vector<unsigned> number_word_lengths(std::u32string_view text) {
  std::vector<unsigned> result(text.size());
  for (std::size_t offset = 0; offset < text.size(); ++offset) {
    const std::u32string_view rest = text.substr(offset);
    for (const Word& word : kWords) {
      for (const std::string_view form : {word.cardinal, word.ordinal})
        if (starts_with(rest, form)) result[offset] |= 1U << form.size();
    }
    if (starts_with(rest, "and")) result[offset] |= 1U << 3U;
    if (std::u32string_view(U"-, ").contains(rest[0])) result[offset] |= 1U << 1U;
  }
  return result;
}

}  // namespace weft::json::jsonata
