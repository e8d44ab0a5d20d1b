// The C++ library: containers, streams, algorithms, strings. Counts its arguments.
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  std::stringstream text;
  for (int i = 1; i < argc; ++i)
    text << argv[i] << '\n';
  std::map<std::string, int> counts;
  for (std::string word; text >> word;)
    ++counts[word];
  std::vector<std::pair<std::string, int>> words(counts.begin(), counts.end());
  std::stable_sort(words.begin(), words.end(),
                   [](const auto& left, const auto& right) { return left.second > right.second; });
  for (const auto& [word, count] : words)
    std::cout << std::setw(6) << word << std::setw(3) << count << '\n';
  std::cerr << "counted " << words.size() << std::endl;
}
