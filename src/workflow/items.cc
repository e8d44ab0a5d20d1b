#include "workflow/items.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "json/parse.h"
#include "json/pointer.h"
#include "json/unicode.h"
#include "workflow/csv.h"
#include "workflow/java_hash.h"

namespace weft::workflow {
namespace {

using json::Value;

// What a member of an object takes beside its texts, and what a document does, about.
constexpr std::size_t kMemberBytes = sizeof(json::Member) + 64;
constexpr std::size_t kDocumentBytes = 128;

// What the parsed text takes, about: json/parse.h says what a node and the text do.
std::size_t document_bytes(std::string_view text) {
  constexpr std::size_t kNodeBytes = 72;
  const auto nodes = std::ranges::count_if(
      text, [](char letter) { return std::string_view(",:[{").contains(letter); });
  return kDocumentBytes + 2 * text.size() + (static_cast<std::size_t>(nodes) + 1) * kNodeBytes;
}

std::unexpected<StateError> failed(std::string cause) {
  return ends_with("States.ItemReaderFailed", std::move(cause));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// The lines of a text, each with its number, from 1 on.
template <class Use>
Outcome<> for_each_line(std::string_view text, Use use) {
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    if (!line.empty()) {
      Outcome<bool> goes_on = use(line, number);
      if (!goes_on) return std::unexpected(std::move(goes_on.error()));
      if (!*goes_on) return {};
    }
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return {};
}

Outcome<char> delimiter_of(const Value& config) {
  struct Delimiter {
    std::string_view name;
    char letter;
  };
  const std::string_view name = config.find_string("CSVDelimiter").value_or("");
  for (const Delimiter& each :
       {Delimiter{"", ','}, Delimiter{"COMMA", ','}, Delimiter{"PIPE", '|'},
        Delimiter{"SEMICOLON", ';'}, Delimiter{"SPACE", ' '}, Delimiter{"TAB", '\t'}}) {
    if (each.name == name) return each.letter;
  }
  return failed(fmt::format("There is no CSVDelimiter '{}'.", name));
}

bool has_duplicates(std::vector<std::string> names) {
  std::ranges::sort(names);
  return std::ranges::adjacent_find(names) != names.end();
}

// Reads one data set into one array.
class ItemReader {
 public:
  ItemReader(const ReadItems& request, Objects& objects, const ItemLimits& limits)
      : request_(request), config_(request.config), objects_(objects), limits_(limits) {
    items_max_ = limits.items;
    // 0 is as if nothing was said.
    if (request.max_items && *request.max_items > 0)
      items_max_ = std::min(items_max_, *request.max_items);
  }

  Outcome<Value> read();

 private:
  Outcome<> read_all();
  Outcome<> read_listing();
  Outcome<> read_object(std::string_view bucket, std::string_view key);
  Outcome<> read_inventory(std::string_view bucket, std::string_view text);
  Outcome<> read_athena_manifest(std::string_view text);
  Outcome<> read_data(std::string_view text);
  Outcome<> read_json(std::string_view text);
  Outcome<> read_lines(std::string_view text);
  Outcome<> read_csv(std::string_view text);
  Outcome<> read_records(CsvReader& reader, const std::vector<std::string>& names);
  Outcome<std::string> fetch(std::string_view bucket, std::string_view key);
  Outcome<Value> parse(std::string_view text, std::string_view what) const;
  // Whether there is room for more.
  Outcome<bool> add(Value item, std::size_t item_bytes, std::size_t memory_bytes);
  bool is_full() const { return items_.size() >= items_max_; }

  const ReadItems& request_;
  const Value& config_;
  Objects& objects_;
  const ItemLimits& limits_;
  std::uint64_t items_max_ = 0;
  std::uint64_t memory_bytes_ = 0;
  json::Array items_;
};

Outcome<bool> ItemReader::add(Value item, std::size_t item_bytes, std::size_t memory_bytes) {
  if (item_bytes > limits_.item_bytes) {
    return failed(
        fmt::format("Item {} is larger than {} bytes.", items_.size(), limits_.item_bytes));
  }
  memory_bytes_ += memory_bytes + sizeof(Value);
  if (memory_bytes_ > limits_.memory_bytes) {
    return failed(fmt::format("The items take more than {} bytes.", limits_.memory_bytes));
  }
  items_.push_back(std::move(item));
  return !is_full();
}

Outcome<std::string> ItemReader::fetch(std::string_view bucket, std::string_view key) {
  auto text = objects_.fetch(bucket, key, limits_.object_bytes);
  if (text && !json::is_utf8(*text))
    return failed(fmt::format("The object '{}' is no text in UTF-8.", key));
  if (text && text->size() > limits_.object_bytes) {
    return failed(
        fmt::format("The object '{}' is larger than {} bytes.", key, limits_.object_bytes));
  }
  return text;
}

Outcome<Value> ItemReader::parse(std::string_view text, std::string_view what) const {
  // The object that it is from is within its limit.
  auto document = json::parse(text, {.bytes_max = text.size()});
  if (!document) return failed(fmt::format("{}: {}", what, document.error().message()));
  return *std::move(document);
}

Outcome<Value> ItemReader::read() {
  if (auto done = read_all(); !done) return std::unexpected(std::move(done.error()));
  return Value(std::move(items_));
}

Outcome<> ItemReader::read_all() {
  if (config_.find_string("InputType") == "PARQUET")
    return failed("weft does not read files of the InputType PARQUET.");
  const std::string_view bucket = request_.arguments.find_string("Bucket").value_or("");
  if (bucket.empty()) return failed("The ItemReader names no Bucket.");
  if (request_.resource.ends_with(":s3:listObjectsV2")) return read_listing();
  if (!request_.resource.ends_with(":s3:getObject"))
    return failed(fmt::format("An ItemReader cannot read by '{}'.", request_.resource));
  const std::string_view key = request_.arguments.find_string("Key").value_or("");
  if (key.empty()) return failed("The ItemReader names no Key.");
  const std::string_view type = config_.find_string("InputType").value_or("");
  const std::string_view manifest = config_.find_string("ManifestType").value_or("");
  const bool is_inventory = manifest == "S3_INVENTORY" || (manifest.empty() && type == "MANIFEST");
  if (!is_inventory && manifest != "ATHENA_DATA") return read_object(bucket, key);
  const auto text = fetch(bucket, key);
  if (!text) return std::unexpected(text.error());
  return is_inventory ? read_inventory(bucket, *text) : read_athena_manifest(*text);
}

Outcome<> ItemReader::read_listing() {
  const std::string_view bucket = request_.arguments.find_string("Bucket").value_or("");
  auto listed = objects_.list(bucket, request_.arguments.find_string("Prefix").value_or(""));
  if (!listed) return std::unexpected(std::move(listed.error()));
  const bool is_flat = config_.find_string("Transformation") == "LOAD_AND_FLATTEN";
  for (const ListedObject& object : *listed) {
    if (is_full()) break;
    if (is_flat) {
      // A folder of the console is an object without content.
      if (object.key.ends_with('/')) continue;
      if (auto done = read_object(bucket, object.key); !done) return done;
      continue;
    }
    const auto added = add(Value::object({{"Etag", fmt::format("\"{}\"", object.etag)},
                                          {"Key", object.key},
                                          {"LastModified", object.modified_seconds},
                                          {"Size", object.size_bytes},
                                          {"StorageClass", object.storage_class}}),
                           object.key.size(), object.key.size() + 5 * kMemberBytes);
    if (!added) return std::unexpected(added.error());
  }
  return {};
}

Outcome<> ItemReader::read_object(std::string_view bucket, std::string_view key) {
  const auto text = fetch(bucket, key);
  if (!text) return std::unexpected(text.error());
  return read_data(*text);
}

Outcome<> ItemReader::read_data(std::string_view text) {
  const std::string_view type = config_.find_string("InputType").value_or("");
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (type == "JSON") return read_json(text);
  if (type == "JSONL") return read_lines(text);
  if (type == "CSV") return read_csv(text);
  return failed(fmt::format("There is no InputType '{}'.", type));
}

Outcome<> ItemReader::read_json(std::string_view text) {
  const auto document = parse(text, "The object is no JSON");
  if (!document) return std::unexpected(document.error());
  const std::string_view pointer = config_.find_string("ItemsPointer").value_or("");
  const auto pointed = json::value_at(*document, pointer);
  const Value* const found = pointed ? *pointed : nullptr;
  if (found == nullptr)
    return failed(fmt::format("The ItemsPointer '{}' leads nowhere in the object.", pointer));
  if (!found->is_array()) return failed("Attempting to map over non-iterable node.");
  for (const Value& item : found->as_array()) {
    // By itself: it would keep all of the object's text.
    const auto added = add(item.detached(), item.source().size(), document_bytes(item.source()));
    if (!added) return std::unexpected(added.error());
    if (!*added) break;
  }
  return {};
}

Outcome<> ItemReader::read_lines(std::string_view text) {
  return for_each_line(text, [this](std::string_view line, std::uint64_t number) -> Outcome<bool> {
    auto item = parse(line, fmt::format("Line {} of the object is no JSON", number));
    if (!item) return std::unexpected(std::move(item.error()));
    return add(*std::move(item), line.size(), document_bytes(line));
  });
}

Outcome<> ItemReader::read_csv(std::string_view text) {
  const auto delimiter = delimiter_of(config_);
  if (!delimiter) return std::unexpected(delimiter.error());
  CsvReader reader(text, *delimiter);
  std::vector<std::string> names;
  if (config_.find_string("CSVHeaderLocation") == "FIRST_ROW") {
    const auto is_there = reader.next(
        names, {.bytes = limits_.header_bytes, .fields = std::numeric_limits<std::size_t>::max()});
    if (!is_there) return std::unexpected(is_there.error());
    if (!*is_there) return {};
  } else if (const Value* const given = config_.find("CSVHeaders");
             given != nullptr && given->is_array()) {
    for (const Value& name : given->as_array())
      names.emplace_back(name.is_string() ? name.as_string() : std::string_view());
  }
  return read_records(reader, names);
}

Outcome<> ItemReader::read_records(CsvReader& reader, const std::vector<std::string>& names) {
  if (names.empty()) return failed("The CSV has no headers.");
  if (has_duplicates(names)) return failed("CSV headers cannot contain duplicates.");
  std::size_t names_bytes = 0;
  for (const std::string& name : names)
    names_bytes += name.size();
  if (names_bytes > limits_.header_bytes)
    return failed(fmt::format("The CSV headers are larger than {} bytes.", limits_.header_bytes));
  // The members of AWS's items stand as a HashMap has them.
  const std::vector<std::size_t> order = hash_map_order(names);
  std::vector<std::string> fields;
  while (!is_full()) {
    const auto is_there =
        reader.next(fields, {.bytes = limits_.item_bytes, .fields = names.size()});
    if (!is_there) return std::unexpected(is_there.error());
    if (!*is_there) break;
    fields.resize(names.size());
    json::Object item;
    for (const std::size_t place : order)
      item.set(names[place], Value(fields[place]));
    const auto added = add(Value(std::move(item)), reader.record_bytes(),
                           reader.record_bytes() + names_bytes + names.size() * kMemberBytes);
    if (!added) return std::unexpected(added.error());
  }
  return {};
}

// manifest.json of an inventory of S3: which objects have it, and what their columns are.
Outcome<> ItemReader::read_inventory(std::string_view bucket, std::string_view text) {
  const auto manifest = parse(text, "The manifest is no JSON");
  if (!manifest) return std::unexpected(manifest.error());
  if (manifest->find_string("fileFormat") != "CSV") {
    return failed(fmt::format("The inventory's files are of the format '{}', and CSV is read.",
                              manifest->find_string("fileFormat").value_or("")));
  }
  std::vector<std::string> names;
  std::string_view schema = manifest->find_string("fileSchema").value_or("");
  while (!schema.empty()) {
    const std::size_t end = std::min(schema.find(','), schema.size());
    names.emplace_back(trimmed(schema.substr(0, end)));
    schema.remove_prefix(std::min(end + 1, schema.size()));
  }
  const Value* const files = manifest->find("files");
  if (files == nullptr || !files->is_array()) return failed("The manifest names no files.");
  for (const Value& file : files->as_array()) {
    if (is_full()) break;
    const auto data = fetch(bucket, file.find_string("key").value_or(""));
    if (!data) return std::unexpected(data.error());
    CsvReader reader(*data, ',');
    if (auto done = read_records(reader, names); !done) return done;
  }
  return {};
}

// What UNLOAD of Athena writes: the address of an object in each line.
Outcome<> ItemReader::read_athena_manifest(std::string_view text) {
  return for_each_line(text, [this](std::string_view line, std::uint64_t number) -> Outcome<bool> {
    constexpr std::string_view kScheme = "s3://";
    if (line.size() >= 2 && line.front() == '"' && line.back() == '"')
      line = line.substr(1, line.size() - 2);
    const std::size_t slash = line.find('/', kScheme.size());
    if (!line.starts_with(kScheme) || slash == std::string_view::npos) {
      return failed(fmt::format(
          "Line {} of the manifest is no address of an object (s3://BUCKET/KEY).", number));
    }
    auto done =
        read_object(line.substr(kScheme.size(), slash - kScheme.size()), line.substr(slash + 1));
    if (!done) return std::unexpected(std::move(done.error()));
    return !is_full();
  });
}

}  // namespace

Outcome<Value> read_items(const ReadItems& request, Objects& objects, const ItemLimits& limits) {
  return ItemReader(request, objects, limits).read();
}

}  // namespace weft::workflow
