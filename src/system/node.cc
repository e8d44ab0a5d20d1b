#include "system/node.h"

namespace weft::system {

Attempt<std::string> Node::target() {
  return std::unexpected(Errno::kInvalid);
}

Attempt<std::shared_ptr<OpenFile>> Node::open(const OpenOptions& /*options*/, Access /*access*/) {
  return std::unexpected(is_directory() ? Errno::kIsDirectory : Errno::kLinkLoop);
}

Attempt<std::shared_ptr<Node>> Node::find(std::string_view /*name*/) {
  return std::unexpected(Errno::kNotDirectory);
}

Attempt<std::shared_ptr<OpenFile>> Node::create_file(std::string_view /*name*/,
                                                     const OpenOptions& /*options*/) {
  return std::unexpected(Errno::kNotDirectory);
}

Attempt<> Node::make_directory(std::string_view /*name*/) {
  return std::unexpected(Errno::kNotDirectory);
}

Attempt<> Node::make_symbolic_link(std::string_view /*target*/, std::string_view /*name*/) {
  return std::unexpected(Errno::kNotDirectory);
}

Attempt<> Node::make_link(std::string_view /*name*/, Node& /*to*/, std::string_view /*to_name*/) {
  return std::unexpected(Errno::kNotDirectory);
}

Attempt<> Node::rename(std::string_view /*name*/, Node& /*to*/, std::string_view /*to_name*/) {
  return std::unexpected(Errno::kNotDirectory);
}

Attempt<> Node::remove_directory(std::string_view /*name*/) {
  return std::unexpected(Errno::kNotDirectory);
}

Attempt<> Node::remove_file(std::string_view /*name*/) {
  return std::unexpected(Errno::kNotDirectory);
}

Attempt<> Node::sync(bool /*data_only*/) {
  return {};
}

Attempt<> Node::read_entries(std::uint64_t /*from*/,
                             const std::function<bool(const DirectoryEntry&)>& /*take*/) {
  return std::unexpected(Errno::kNotDirectory);
}

Attempt<std::uint64_t> Node::parent_inode() {
  return std::unexpected(Errno::kNotDirectory);
}

}  // namespace weft::system
