// What keeps the content of Values alive. Only for the .cc files of this module.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace weft::json::detail {

// A counted owner of content. Starts with one reference, which is the creator's.
struct Block {
  std::atomic<std::size_t> references{1};
  Block* next_dead = nullptr;  // A list of blocks without references; see release().

  virtual ~Block() = default;

  // The text that the values in it were parsed from.
  virtual std::string_view source() const { return {}; }
  // Gives up the references that the content holds, and adds the blocks that lost their last one to
  // `dead`.
  virtual void release_content(Block*& /*dead*/) {}

  // Gives up one reference. Frees what nobody needs any more in a loop, as nesting may be deeper
  // than the stack.
  static void release(Block* block);

 protected:
  static void release_content(Value& value, Block*& dead);
  static void release_content(Member& member, Block*& dead);
};

struct TextBlock final : Block {
  explicit TextBlock(std::string_view content) : text(content) {}
  std::string text;
};

struct ItemsBlock final : Block {
  explicit ItemsBlock(std::vector<Value> content) : items(std::move(content)) {}
  void release_content(Block*& dead) override;
  std::vector<Value> items;
};

struct MembersBlock final : Block {
  explicit MembersBlock(std::vector<Member> content) : members(std::move(content)) {}
  void release_content(Block*& dead) override;
  std::vector<Member> members;
};

// A parsed document: all its values in one piece of memory. They name this block as their owner
// without being counted (they live and end with it); only their copies outside are. Their
// destructors never run.
struct DocumentBlock final : Block {
  std::string_view source() const override { return {text.get(), text_size}; }

  std::unique_ptr<char[]> text;  // With padding after it for the tokenizer.
  std::size_t text_size = 0;
  std::unique_ptr<char[]> unescaped;    // Strings that had escapes; null when there are none.
  std::unique_ptr<std::byte[]> values;  // Value and Member arrays, one after the other.
};

}  // namespace weft::json::detail
