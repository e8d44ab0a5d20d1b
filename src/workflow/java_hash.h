// The order of a java.util.HashMap: that in which AWS gives the members of some objects.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace weft::workflow {

// The places of `keys`, all different and in UTF-8, in the order in which a HashMap to which they
// were added one by one is walked. (Nine keys or more that share one of fewer than 64 buckets would
// make Java take more buckets; that does not happen to names that nobody chose to collide.)
std::vector<std::size_t> hash_map_order(const std::vector<std::string>& keys);

}  // namespace weft::workflow
