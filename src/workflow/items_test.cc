#include "workflow/items.h"

#include <map>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "json/parse.h"
#include "json/print.h"

namespace weft::workflow {
namespace {

// Objects in memory: "BUCKET/KEY" and what it holds.
class FakeObjects final : public Objects {
 public:
  FakeObjects(std::initializer_list<std::pair<const std::string, std::string>> held)
      : held_(held) {}

  Outcome<std::string> fetch(std::string_view bucket, std::string_view key,
                             std::uint64_t) override {
    const auto found = held_.find(fmt::format("{}/{}", bucket, key));
    if (found == held_.end())
      return ends_with("States.ItemReaderFailed", "The specified key does not exist.");
    return found->second;
  }
  Outcome<std::vector<ListedObject>> list(std::string_view bucket,
                                          std::string_view prefix) override {
    std::vector<ListedObject> listed;
    for (const auto& [name, content] : held_) {
      if (!name.starts_with(fmt::format("{}/{}", bucket, prefix))) continue;
      listed.push_back({.key = name.substr(bucket.size() + 1),
                        .size_bytes = content.size(),
                        .modified_seconds = 1'668'699'881,
                        .etag = "05704fbd"});
    }
    return listed;
  }

 private:
  std::map<std::string, std::string> held_;
};

struct How {
  ItemLimits limits = {};
  std::optional<std::uint64_t> max_items = std::nullopt;
};

// What an ItemReader with that ReaderConfig makes of the content of b/k: the items as JSON, or
// "ERROR: CAUSE".
std::string read(std::string_view config, std::string content, const How& how = {}) {
  FakeObjects objects({{"b/k", std::move(content)}});
  const auto items = read_items({.resource = "arn:aws:states:::s3:getObject",
                                 .config = json::parse(config).value(),
                                 .arguments = json::Value::object({{"Bucket", "b"}, {"Key", "k"}}),
                                 .max_items = how.max_items},
                                objects, how.limits);
  return items ? json::to_string(*items)
               : fmt::format("{}: {}", items.error().error, items.error().cause);
}

constexpr std::string_view kJson = R"({"InputType":"JSON"})";
constexpr std::string_view kLines = R"({"InputType":"JSONL"})";
constexpr std::string_view kCsv = R"({"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"})";

TEST_CASE("the items of JSON are those of an array") {
  CHECK(read(kJson, R"([{"a": 1.50}, [2], "x", null])") == R"([{"a":1.50},[2],"x",null])");
  CHECK(read(kJson, "\xEF\xBB\xBF[1]") == "[1]");
  CHECK(read(kJson, "[]") == "[]");
  CHECK(read(kJson, R"({"a":[1]})") ==
        "States.ItemReaderFailed: Attempting to map over non-iterable node.");
  CHECK(read(kJson, "[1,\n2,") ==
        "States.ItemReaderFailed: The object is no JSON: invalid JSON at line 2, column 3: "
        "expected a "
        "value, found the end of the text");
  CHECK(read(kJson, "[\"\xFF\"]") ==
        "States.ItemReaderFailed: The object 'k' is no text in UTF-8.");
}

TEST_CASE("ItemsPointer says where in the document the array is") {
  const auto at = [](std::string_view pointer) {
    return read(fmt::format(R"({{"InputType":"JSON","ItemsPointer":"{}"}})", pointer),
                R"({"a":{"b/c":[1],"~":[[],[2]]},"n":0})");
  };
  CHECK(at("/a/b~1c") == "[1]");
  CHECK(at("/a/~0/1") == "[2]");
  for (const char* nowhere : {"/x", "/a/~0/2", "/a/~0/x", "/a/~0/", "a", "/a/~2", "/a/~", "/n/0"}) {
    CAPTURE(nowhere);
    CHECK(at(nowhere) == fmt::format("States.ItemReaderFailed: The ItemsPointer '{}' leads nowhere "
                                     "in the object.",
                                     nowhere));
  }
  CHECK(at("/n") == "States.ItemReaderFailed: Attempting to map over non-iterable node.");
  // The whole document.
  CHECK(at("").ends_with("non-iterable node."));
}

TEST_CASE("the items of JSON Lines are its lines, but for empty ones") {
  CHECK(read(kLines, "{\"a\":1}\r\n\n  \n[2]\n3") == R"([{"a":1},[2],3])");
  CHECK(read(kLines, "") == "[]");
  CHECK(read(kLines, "1\n\n{\"a\"") ==
        "States.ItemReaderFailed: Line 3 of the object is no JSON: "
        "invalid JSON at line 1, column 5: expected ':' after the key, "
        "found the end of the text");
}

TEST_CASE("the items of CSV have a member for each column") {
  CHECK(read(kCsv, "Col1,Col2,Col3\nValue1,Value2,Value3\n,,,\ntrue,1,'x'\nNull,None,\n   \n") ==
        R"([{"Col1":"Value1","Col2":"Value2","Col3":"Value3"},{"Col1":"","Col2":"","Col3":""},)"
        R"({"Col1":"true","Col2":"1","Col3":"'x'"},{"Col1":"Null","Col2":"None","Col3":""},)"
        R"({"Col1":"   ","Col2":"","Col3":""}])");
  CHECK(read(R"({"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["H1"]})",
             "a,b\r\n\r\nc") == R"([{"H1":"a"},{"H1":"c"}])");
  CHECK(read(kCsv, "a\n") == "[]");
  CHECK(read(kCsv, "") == "[]");
}

TEST_CASE("the members of CSV items stand as a HashMap of Java has them") {
  // Both examples are of AWS's Developer Guide.
  CHECK(read(kCsv, "userId,movieId,rating,timestamp\n1,307,3.5,1256677221") ==
        R"([{"rating":"3.5","movieId":"307","userId":"1","timestamp":"1256677221"}])");
  CHECK(read(kCsv, "Bucket,Key,Size,LastModifiedDate\nb,k,1,d") ==
        R"([{"LastModifiedDate":"d","Bucket":"b","Size":"1","Key":"k"}])");
  // Twelve fit into sixteen buckets; with thirteen there are thirty-two.
  CHECK(read(kCsv, "P,@,a,b,c,d,e,f,g,h,i,j\n") == "[]");
  CHECK(read(kCsv, "P,@,a,b,c,d,e,f,g,h,i,j\n1,2").starts_with(R"([{"P":"1","@":"2","a":"")"));
  CHECK(read(kCsv, "P,@,a,b,c,d,e,f,g,h,i,j,k\n1,2").starts_with(R"([{"@":"2","a":"")"));
  // Outside the Basic Multilingual Plane a character is two units.
  CHECK(read(kCsv, "\U0001F600,\u00E9\n1,2") == "[{\"\U0001F600\":\"1\",\"\u00E9\":\"2\"}]");
}

TEST_CASE("fields of CSV may have quotation marks around them, and backslashes") {
  const auto field = [](std::string text) {
    return read(R"({"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["a","b"]})",
                std::move(text));
  };
  CHECK(field("\"x,\"\"y\"\"\r\nz\",2") == R"([{"a":"x,\"y\"\r\nz","b":"2"}])");
  CHECK(field(R"({""k"":""v""},"[1,2]")") == R"([{"a":"{\"k\":\"v\"}","b":"[1,2]"}])");
  CHECK(field(R"(C:\\Program Files\\x.exe,1\,2\x\")") ==
        R"([{"a":"C:\\Program Files\\x.exe","b":"1,2x\""}])");
  CHECK(field(R"(a"b,"c"d)") == R"([{"a":"a\"b","b":"cd"}])");
  CHECK(field("\"\",") == R"([{"a":"","b":""}])");
  CHECK(field("x\\") == R"([{"a":"x","b":""}])");
  CHECK(field("1,2\n\"x") ==
        "States.ItemReaderFailed: The record in line 2 has quotation marks "
        "that nothing closes.");
}

TEST_CASE("CSV may have another delimiter") {
  const auto by = [](std::string_view name, std::string text) {
    return read(fmt::format(R"({{"InputType":"CSV","CSVHeaderLocation":"GIVEN",
                                 "CSVHeaders":["a","b"],"CSVDelimiter":"{}"}})",
                            name),
                std::move(text));
  };
  constexpr std::string_view kItems = R"([{"a":"1,","b":"2"}])";
  CHECK(by("PIPE", "1,|2") == kItems);
  CHECK(by("SEMICOLON", "1,;2") == kItems);
  CHECK(by("SPACE", "1, 2") == kItems);
  CHECK(by("TAB", "1,\t2") == kItems);
  CHECK(by("COMMA", "1\\,,2") == kItems);
  CHECK(by("DOT", "1.2") == "States.ItemReaderFailed: There is no CSVDelimiter 'DOT'.");
}

TEST_CASE("no column of CSV comes twice") {
  constexpr std::string_view kTwice =
      "States.ItemReaderFailed: CSV headers cannot contain duplicates.";
  CHECK(read(kCsv, "a,b,a\n1,2,3") == kTwice);
  CHECK(read(R"({"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["H1","H1"]})", "") ==
        kTwice);
  CHECK(read(R"({"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":[]})", "1") ==
        "States.ItemReaderFailed: The CSV has no headers.");
}

TEST_CASE("MaxItems says how many are read; 0 says nothing") {
  CHECK(read(kJson, "[1,2,3]", {.max_items = 2}) == "[1,2]");
  CHECK(read(kLines, "1\n2\nnonsense", {.max_items = 2}) == "[1,2]");
  CHECK(read(kCsv, "a\n1\n2\n\"", {.max_items = 2}) == R"([{"a":"1"},{"a":"2"}])");
  CHECK(read(kJson, "[1,2,3]", {.max_items = 0}) == "[1,2,3]");
  CHECK(read(kJson, "[1,2,3]", {.limits = {.items = 2}, .max_items = 3}) == "[1,2]");
}

TEST_CASE("what is larger than a limit is refused") {
  const How item{.limits = {.item_bytes = 5}};
  CHECK(read(kJson, R"(["abc"])", item) == R"(["abc"])");
  CHECK(read(kJson, R"(["abcd"])", item) ==
        "States.ItemReaderFailed: Item 0 is larger than 5 bytes.");
  CHECK(read(kLines, "1\n[1,2,3]", item) ==
        "States.ItemReaderFailed: Item 1 is larger than 5 bytes.");
  CHECK(read(kCsv, "a\nabcde\nabcdef", item) ==
        "States.ItemReaderFailed: The record in line 3 is larger than 5 bytes.");
  CHECK(read(kCsv, "abcdef\n1", {.limits = {.header_bytes = 5}}) ==
        "States.ItemReaderFailed: The record in line 1 is larger than 5 bytes.");
  CHECK(read(R"({"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["abcdef"]})", "1",
             {.limits = {.header_bytes = 5}}) ==
        "States.ItemReaderFailed: The CSV headers are larger than 5 bytes.");
  CHECK(read(kJson, "[1, 2]", {.limits = {.object_bytes = 5}}) ==
        "States.ItemReaderFailed: The object 'k' is larger than 5 bytes.");
  // A wide header makes much of little.
  std::string wide = "c0";
  for (int i = 1; i < 1000; ++i)
    wide += fmt::format(",c{}", i);
  for (int i = 0; i < 100; ++i)
    wide += "\n1";
  CHECK(read(kCsv, wide, {.limits = {.memory_bytes = 1 << 20}}) ==
        "States.ItemReaderFailed: The items take more than 1048576 bytes.");
}

std::string read_from(FakeObjects& objects, const ReadItems& request) {
  const auto items = read_items(request, objects);
  return items ? json::to_string(*items)
               : fmt::format("{}: {}", items.error().error, items.error().cause);
}

TEST_CASE("a list of objects is what is said of each") {
  FakeObjects objects({{"b/p/1", "[1]"}, {"b/p/2", "[2,3]"}, {"b/p/d/", ""}, {"b/q", "no"}});
  ReadItems list{.resource = "arn:aws:states:::s3:listObjectsV2",
                 .arguments = json::Value::object({{"Bucket", "b"}, {"Prefix", "p/"}})};
  list.max_items = 1;
  CHECK(read_from(objects, list) ==
        R"([{"Etag":"\"05704fbd\"","Key":"p/1","LastModified":1668699881,"Size":3,)"
        R"("StorageClass":"STANDARD"}])");
  list.max_items.reset();
  CHECK(read_items(list, objects).value().size() == 3);
  // Or what is in all of them.
  list.config = json::parse(R"({"InputType":"JSON","Transformation":"LOAD_AND_FLATTEN"})").value();
  CHECK(read_from(objects, list) == "[1,2,3]");
}

TEST_CASE("an inventory's manifest names the files that have it") {
  FakeObjects objects(
      {{"b/m", R"({"fileFormat" : "CSV","fileSchema" : "Bucket, Key, Size",
                   "files" : [ {"key" : "data/1.csv"}, {"key" : "data/2.csv"} ]})"},
       {"b/data/1.csv", "\"s\",\"x/y\",\"0\"\n\"s\",\"z\",\"7\"\n"},
       {"b/data/2.csv", "\"s\",\"last\",\"1\"\n"},
       {"b/orc", R"({"fileFormat":"ORC"})"},
       {"b/none", R"({"fileFormat":"CSV","fileSchema":"Key"})"},
       {"b/lost", R"({"fileFormat":"CSV","fileSchema":"Key","files":[{"key":"no"}]})"}});
  ReadItems read{.resource = "arn:aws:states:::s3:getObject",
                 .config = json::parse(R"({"InputType":"MANIFEST"})").value(),
                 .arguments = json::Value::object({{"Bucket", "b"}, {"Key", "m"}})};
  constexpr std::string_view kItems =
      R"([{"Bucket":"s","Size":"0","Key":"x/y"},{"Bucket":"s","Size":"7","Key":"z"},)"
      R"({"Bucket":"s","Size":"1","Key":"last"}])";
  CHECK(read_from(objects, read) == kItems);
  read.config = json::parse(R"({"ManifestType":"S3_INVENTORY"})").value();
  CHECK(read_from(objects, read) == kItems);
  const auto of = [&](const char* key) {
    read.arguments = json::Value::object({{"Bucket", "b"}, {"Key", key}});
    return read_from(objects, read);
  };
  CHECK(of("orc") ==
        "States.ItemReaderFailed: The inventory's files are of the format 'ORC', and "
        "CSV is read.");
  CHECK(of("none") == "States.ItemReaderFailed: The manifest names no files.");
  CHECK(of("lost") == "States.ItemReaderFailed: The specified key does not exist.");
}

TEST_CASE("a manifest of Athena has the address of an object in each line") {
  FakeObjects objects({{"b/m", "s3://c/1\n\"s3://c/d/2\"\n"},
                       {"c/1", "{\"a\":1}\n"},
                       {"c/d/2", "{\"a\":2}\n{\"a\":3}"},
                       {"b/bad", "s3://c/1\nhttp://x\n"}});
  ReadItems read{
      .resource = "arn:aws:states:::s3:getObject",
      .config = json::parse(R"({"ManifestType":"ATHENA_DATA","InputType":"JSONL"})").value(),
      .arguments = json::Value::object({{"Bucket", "b"}, {"Key", "m"}})};
  CHECK(read_from(objects, read) == R"([{"a":1},{"a":2},{"a":3}])");
  read.arguments = json::Value::object({{"Bucket", "b"}, {"Key", "bad"}});
  CHECK(read_from(objects, read) ==
        "States.ItemReaderFailed: Line 2 of the manifest is no address "
        "of an object (s3://BUCKET/KEY).");
}

TEST_CASE("a reader that cannot read says why") {
  FakeObjects objects({});
  const auto why = [&](std::string resource, json::Value arguments, std::string_view config) {
    return read_from(objects, {.resource = std::move(resource),
                               .config = json::parse(config).value(),
                               .arguments = std::move(arguments)});
  };
  const auto place = json::Value::object({{"Bucket", "b"}, {"Key", "k"}});
  CHECK(why("arn:aws:states:::s3:getObject", place, kJson) ==
        "States.ItemReaderFailed: The specified key does not exist.");
  CHECK(why("arn:aws:states:::s3:getObject", {}, kJson) ==
        "States.ItemReaderFailed: The ItemReader names no Bucket.");
  CHECK(why("arn:aws:states:::s3:getObject", json::Value::object({{"Bucket", "b"}}), kJson) ==
        "States.ItemReaderFailed: The ItemReader names no Key.");
  CHECK(why("arn:aws:states:::s3:copyObject", place, kJson) ==
        "States.ItemReaderFailed: An ItemReader cannot read by 'arn:aws:states:::s3:copyObject'.");
  CHECK(why("arn:aws:states:::s3:getObject", place, R"({"InputType":"PARQUET"})") ==
        "States.ItemReaderFailed: weft does not read files of the InputType PARQUET.");
}

}  // namespace
}  // namespace weft::workflow
