// Integers as English words, cardinal ("thirty-four") and ordinal ("thirty-fourth").
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::json::jsonata {

enum class WordForm { kCardinal, kOrdinal };

// Of an integer's decimal digits, each word with a capital ("One Hundred and First"). Beyond the
// trillions they count in trillions again: 10^24 is "One Trillion Trillion".
std::string number_words(std::string_view digits, WordForm form);

// The reverse, for both forms and any case; nothing where there is another word.
std::optional<double> words_value(std::u32string_view text);

// For each offset of the text the lengths of the words of numbers, of "and" and of what stands
// between them ("-", ",", " ") that begin there: bit n is set for length n.
std::vector<unsigned> number_word_lengths(std::u32string_view text);

}  // namespace weft::json::jsonata
