// The values of a running evaluation and the memory that they live in.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace weft::json::jsonata {

struct Array;
struct Object;
struct Function;

enum class Type : std::uint8_t {
  kUndefined,
  kNull,
  kBoolean,
  kNumber,
  kString,
  kArray,
  kObject,
  kFunction
};

// One value, to be copied freely: what is behind pointers lives as long as the Heap, the document
// or the expression it came from. Arrays and objects are shared, as in JavaScript: who changes one
// changes it for all. Those of the document are read where they are and never change; its numbers
// keep their text, so that a number that nobody computes with loses no digits.
class Var {
 public:
  Var() = default;
  // NOLINTBEGIN(google-explicit-constructor): a value is passed as what it is.
  Var(double number) : type_(Type::kNumber) { content_.number = number; }
  Var(Array* array) : type_(Type::kArray) { content_.array = array; }
  Var(Object* object) : type_(Type::kObject) { content_.object = object; }
  Var(const Function* function) : type_(Type::kFunction) { content_.function = function; }
  // NOLINTEND(google-explicit-constructor)
  static Var null();
  static Var boolean(bool value);
  // Borrows the text.
  static Var string(std::string_view text);
  // Borrows the document's value.
  static Var of(const Value& value);

  Type type() const { return type_; }
  bool is(Type type) const { return type_ == type; }
  bool defined() const { return type_ != Type::kUndefined; }
  bool is_array() const { return type_ == Type::kArray; }
  bool is_object() const { return type_ == Type::kObject; }
  bool is_string() const { return type_ == Type::kString; }
  bool is_number() const { return type_ == Type::kNumber; }
  bool is_function() const { return type_ == Type::kFunction; }

  // The type must be right.
  bool boolean() const { return size_ != 0; }
  double number() const {
    return foreign_ ? content_.value->as_number().to_double() : content_.number;
  }
  std::string_view text() const { return {content_.text, size_}; }
  const Function* function() const { return content_.function; }
  // Null for what is not an array or object of the heap.
  Array* array() const { return is_array() && !foreign_ ? content_.array : nullptr; }
  Object* object() const { return is_object() && !foreign_ ? content_.object : nullptr; }
  // Null for what is not an array, object or number of the document.
  const Value* foreign() const { return foreign_ ? content_.value : nullptr; }

  // Items of an array or members of an object; 0 for everything else.
  std::size_t size() const;
  // The item or member of that index, which must be less than size().
  Var item(std::size_t index) const;
  std::string_view key(std::size_t index) const;
  // The member of that name; undefined when there is none.
  Var member(std::string_view key) const;
  bool has(std::string_view key) const;
  // An array that the evaluation made as a sequence.
  bool is_sequence() const;
  // JavaScript's ===.
  bool same(const Var& other) const;

 private:
  Type type_ = Type::kUndefined;
  bool foreign_ = false;
  std::uint32_t size_ = 0;
  union {
    double number;
    const char* text;
    Array* array;
    Object* object;
    const Function* function;
    const Value* value;
  } content_ = {.number = 0};
};

// The memory of one evaluation: it grows up to its limit and is freed as a whole. Whoever asks for
// more gets nothing (null, an empty text) and finds exhausted() true; the evaluator looks at that
// after every step. Not thread-safe.
class Heap {
 public:
  explicit Heap(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // How much was in use at a moment.
  struct Mark {
    std::size_t blocks = 0;
    std::byte* free = nullptr;
    std::size_t free_bytes = 0;
    std::size_t used = 0;
  };

  bool exhausted() const { return exhausted_; }
  // Gives back all that was allocated since mark(): nothing may point to it any more.
  Mark mark() const {
    return {.blocks = blocks_.size(), .free = free_, .free_bytes = free_bytes_, .used = used_};
  }
  void rewind(const Mark& mark);
  // Counts what lives elsewhere; rewind() does not give it back.
  void charge(std::size_t bytes);
  // Whether that many bytes are left; if not, the heap is exhausted from now on.
  bool has(std::size_t bytes);
  // Null when exhausted. Aligned for everything.
  void* allocate(std::size_t bytes);

  template <class T>
  T* make() {
    void* memory = allocate(sizeof(T));
    // Where the heap is exhausted, the evaluation is about to end; what it still does needs a T.
    return std::construct_at(static_cast<T*>(memory != nullptr ? memory : spare(sizeof(T))));
  }
  Array* sequence();
  Array* sequence(Var item);
  std::string_view copy(std::string_view text);
  Var string(std::string_view text) { return Var::string(copy(text)); }

 private:
  static constexpr std::size_t kBlockBytes = 16 << 10;
  static constexpr std::size_t kSpareBytes = 256;

  void* spare(std::size_t bytes);

  std::size_t bytes_max_;
  std::size_t used_ = 0;
  std::size_t charged_ = 0;
  bool exhausted_ = false;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* free_ = nullptr;
  std::size_t free_bytes_ = 0;
};

struct Array {
  bool sequence = false;        // Made by evaluating: one item alone stands for itself.
  bool keep_singleton = false;  // …except here.
  bool cons = false;            // Written as [ ] at the end of a path: stays whole in it.
  bool outer_wrapper = false;   // Around a document that is an array.
  bool tuple_stream = false;    // The items are objects of bindings.
  bool range = false;           // The items are first, first + 1, …; `items` is null.
  std::uint32_t size = 0;
  std::uint32_t capacity = 0;
  double first = 0;
  Var* items = nullptr;

  Var at(std::size_t index) const {
    return range ? Var(first + static_cast<double>(index)) : items[index];
  }
  void push(Heap& heap, Var item);
  void push_all(Heap& heap, const Var& array);
  // False when the heap is exhausted.
  bool reserve(Heap& heap, std::size_t count);
};

// The members of an object in the order in which they came.
struct Object {
  struct Entry {
    std::string_view key;
    Var value;
  };
  Entry* entries = nullptr;
  std::uint32_t size = 0;
  std::uint32_t capacity = 0;
  // Where keys are, by hash; only in objects of more than kLinearMax members. Index + 1, or 0.
  std::uint32_t* table = nullptr;
  std::uint32_t table_size = 0;

  static constexpr std::uint32_t kLinearMax = 12;

  Entry* find(std::string_view key) const;
  // Borrows the key.
  void set(Heap& heap, std::string_view key, Var value);
  void erase(Heap& heap, std::string_view key);

 private:
  void index_all(Heap& heap);
  void index(std::uint32_t entry);
};

// Variables of one scope. Copies of nothing: blocks and calls make them, closures keep them.
struct Frame {
  struct Slot {
    std::string_view name;
    Var value;
  };
  Frame* parent = nullptr;
  Slot* slots = nullptr;
  std::uint32_t size = 0;
  std::uint32_t capacity = 0;

  void bind(Heap& heap, std::string_view name, Var value);
  const Var* find(std::string_view name) const;
};

// Bytes of the character at `offset`, also for the three bytes of a lone surrogate; 1 for what is
// not UTF-8.
std::size_t character_size(std::string_view text, std::size_t offset);
std::size_t character_count(std::string_view text);
// UTF-16 units of a text.
std::size_t utf16_size(std::string_view text);
// Appends a code point; a surrogate as three bytes.
void append_code_point(std::string& out, char32_t code_point);
// JavaScript's order of strings: by UTF-16 units. Negative, 0 or positive.
int compare_text(std::string_view left, std::string_view right);

}  // namespace weft::json::jsonata
