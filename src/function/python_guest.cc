#include "function/python_guest.h"

#include <cstring>
#include <system_error>

#include <fmt/format.h>

#include "base/sha256.h"
#include "base/version.h"
#include "function/conversation.h"
#include "function/module_record.h"
#include "json/parse.h"
#include "json/print.h"
#include "store/file.h"
#include "store/mapped_file.h"
#include "system/host_directory.h"

namespace weft::function {
namespace {

// Where the guest finds its library below, and the file there (docs/formats/python-guest.md).
constexpr std::string_view kLibraryRoot = "/usr";
constexpr std::string_view kLibraryFile = "local/lib/python313.zip";

// What most files import is in memory before they are loaded.
constexpr std::string_view kPreloaded =
    R"(["base64","collections","dataclasses","datetime","decimal","enum","functools","hashlib",)"
    R"("itertools","json","logging","math","random","re","string","time","typing","urllib.parse",)"
    R"("uuid","weft"])";

// docs/formats/python-image.md.
constexpr std::string_view kMagic = "weft python image 1\n";

// The name of a handler.
constexpr std::uint64_t kLoadedBytesMax = 64ULL << 10U;

constexpr std::string_view kStartStep = "Python does not start";

// A build has some 13 MB.
constexpr std::uint64_t kBuildFileBytesMax = 256ULL << 20U;

std::unexpected<Error> damaged() {
  return fail(ErrorCode::kDataLoss, "the image of the Python file is damaged");
}

std::unexpected<Error> cannot_read(const std::filesystem::path& path) {
  return fail(Error(ErrorCode::kUnavailable,
                    fmt::format("the Python guest cannot be read: {}", path.string()))
                  .telling_clients("the server cannot read its Python guest"));
}

// A file of the guest's build. Mapped, as most starts of a server need not read it; copied where
// others than this user could change it meanwhile.
class BuildFile {
 public:
  static Result<BuildFile> open(const std::filesystem::path& path) {
    std::error_code error;
    // Also where the file is a link to it, as packages have them.
    std::filesystem::path file = std::filesystem::canonical(path, error);
    if (error) file = path;
    if (auto mapped = store::MappedFile::open(file)) return BuildFile(*std::move(mapped));
    auto bytes = TRY(store::read_file(file, kBuildFileBytesMax));
    if (!bytes) return cannot_read(path);
    return BuildFile(*std::move(bytes));
  }

  std::string_view bytes() const { return mapped_ ? mapped_->bytes() : copied_; }
  std::optional<std::string> identity() const {
    return mapped_ ? mapped_->identity() : std::nullopt;
  }

 private:
  explicit BuildFile(store::MappedFile mapped) : mapped_(std::move(mapped)) {}
  explicit BuildFile(std::string copied) : copied_(std::move(copied)) {}

  std::optional<store::MappedFile> mapped_;
  std::string copied_;
};

// What is known of a build once it was read: content ids and a module's record.
struct KnownBuild {
  std::string module;
  std::string library;
  engine::ModuleInfo info;

  // An image has modules of the library in it, and knows where others are.
  std::string id() const { return content_id(module + library); }
};

std::optional<KnownBuild> known_build(std::string_view entry) {
  const std::size_t first = entry.find('\n');
  const std::size_t second = entry.find('\n', first + 1);
  if (first == entry.npos || second == entry.npos) return std::nullopt;
  auto info = from_record(entry.substr(second + 1));
  if (!info) return std::nullopt;
  return KnownBuild{.module = std::string(entry.substr(0, first)),
                    .library = std::string(entry.substr(first + 1, second - first - 1)),
                    .info = *std::move(info)};
}

// To hash and to inspect 16 MB takes longer than all else that a server does before it runs Python.
Result<KnownBuild> known_build(const BuildFile& module, const BuildFile& library,
                               SealedCache& cache) {
  const auto identity = module.identity();
  const auto beside = library.identity();
  const bool is_kept = identity && beside;
  const std::string key =
      is_kept ? fmt::format("python guest {} {} {}", kVersion, *identity, *beside) : std::string();
  if (is_kept) {
    if (const auto entry = cache.map(key)) {
      if (auto known = known_build(entry->bytes)) return *std::move(known);
    }
  }
  KnownBuild known{.module = content_id(module.bytes()),
                   .library = content_id(library.bytes()),
                   .info = TRY(engine::inspect(module.bytes()))};
  if (is_kept)
    cache.put(key, fmt::format("{}\n{}\n{}", known.module, known.library, to_record(known.info)));
  return known;
}

// What a base sees, so that each server makes the same one of the same guest, and takes the images
// that another one made: a time that stands still, and no randomness.
class FixedClock final : public Clock {
 public:
  WallTime wall() const override { return WallTime(std::chrono::hours(24 * 365 * 55)); }
  MonotonicTime monotonic() const override { return {}; }
};
class NoRandom final : public Random {
 public:
  void fill(void* bytes, std::size_t count) override { std::memset(bytes, 0, count); }
};
constexpr std::int64_t kBaseHashSeed = 0;

// Each function its own, so that who knows one cannot make dictionaries of another slow.
std::int64_t hash_seed(Random& random) {
  std::uint32_t seed = 0;
  random.fill(reinterpret_cast<std::uint8_t*>(&seed), sizeof(seed));
  return seed;
}

struct Header {
  std::string guest;
  PythonFile file = {};
  bool has_archive = false;
  std::optional<std::string> cold = {};  // why calls load the file
};

std::string to_bytes(const Header& header, std::string_view snapshot) {
  std::string bytes(kMagic);
  json::Writer writer(bytes);
  writer.begin_object();
  writer.key("guest").value(header.guest);
  writer.key("result").value(header.file.places.result);
  writer.key("area").value(header.file.places.area);
  writer.key("area_bytes").value(header.file.places.area_bytes);
  writer.key("handler").value(header.file.loaded.handler);
  writer.key("takes").value(header.file.loaded.takes == abi::python::Takes::kHttp ? "http"
                                                                                  : "event");
  if (header.has_archive) writer.key("archive").value(true);
  if (header.cold) writer.key("cold").value(*header.cold);
  writer.end_object();
  bytes += '\n';
  return bytes.append(snapshot);
}

std::optional<std::uint32_t> address_in(const json::Value& object, std::string_view key) {
  const json::Value* const found = object.find(key);
  if (found == nullptr || !found->is_number()) return std::nullopt;
  const auto number = found->as_number().to_uint64();
  if (!number || *number == 0 || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

// Takes the header away from the bytes.
Result<Header> header_of(std::string_view& bytes) {
  const std::size_t end = bytes.starts_with(kMagic) ? bytes.find('\n', kMagic.size()) : bytes.npos;
  if (end == bytes.npos) return damaged();
  const auto told = json::parse(bytes.substr(kMagic.size(), end - kMagic.size()));
  bytes.remove_prefix(end + 1);
  if (!told) return damaged();
  const auto result = address_in(*told, "result");
  const auto area = address_in(*told, "area");
  const auto area_bytes = address_in(*told, "area_bytes");
  const json::Value* const guest = told->find("guest");
  const json::Value* const handler = told->find("handler");
  const json::Value* const takes = told->find("takes");
  if (!result || !area || !area_bytes || guest == nullptr || !guest->is_string() ||
      handler == nullptr || !handler->is_string() || takes == nullptr || !takes->is_string())
    return damaged();
  Header header{.guest = std::string(guest->as_string())};
  if (const json::Value* const cold = told->find("cold")) {
    if (!cold->is_string()) return damaged();
    header.cold = cold->as_string();
  }
  header.has_archive = told->find("archive") != nullptr;
  header.file.places = {.result = *result, .area = *area, .area_bytes = *area_bytes};
  header.file.loaded = {.handler = std::string(handler->as_string()),
                        .takes = takes->as_string() == "http" ? abi::python::Takes::kHttp
                                                              : abi::python::Takes::kEvent};
  return header;
}

// A dialogue with an instance that is being prepared: the error of a step that failed, or nothing
// when all is said. `step` is what errors begin with of a guest that could not end one.
Result<std::optional<Error>> say_until_refused(abi::python::Dialogue& dialogue,
                                               Preparation& preparation, std::string_view step) {
  std::span<const engine::Value> results;
  for (;;) {
    auto operation = dialogue.next(preparation.instance().memory(), results);
    if (!operation) return std::move(operation.error());
    const auto& next = *operation;
    if (!next) return std::nullopt;
    auto done = preparation.call(next->name, next->arguments, step);
    if (!done) return fail(abi::python::without_engine_frames(std::move(done.error())));
    results = *done;
  }
}

Error with_step(Error error, Preparation& preparation, std::string_view step) {
  return preparation.failed(with_memory_limit(std::move(error), preparation.limits()), step);
}

Result<> say(abi::python::Dialogue& dialogue, Preparation& preparation, std::string_view step) {
  if (auto refused = TRY(say_until_refused(dialogue, preparation, step)))
    return fail(with_step(*std::move(refused), preparation, step));
  return {};
}

// Whether each call can load the file, which took so long.
Result<> check_cold(const LoadedFunction::Description& description, std::string_view file,
                    std::string_view why, std::chrono::milliseconds took) {
  if (description.is_warm) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: {}, so each call would load the file, and a warm function is loaded "
                    "once: open them in the handler, or leave the state out",
                    file, why));
  }
  const std::uint64_t deadline_ms = description.limits.deadline_ms;
  if (took < std::chrono::milliseconds(deadline_ms)) return {};
  return fail(Error(ErrorCode::kDeadlineExceeded,
                    fmt::format("{}: {}, so each call loads the file, and that alone took {} ms: "
                                "open them in the handler, or give calls more than {} ms",
                                file, why, took.count(), deadline_ms))
                  .with_limit("deadline_ms", deadline_ms));
}

}  // namespace

Result<std::string> read_guest(const std::filesystem::path& path) {
  const BuildFile file = TRY(BuildFile::open(path));
  return std::string(file.bytes());
}

Result<std::shared_ptr<const system::HostDirectory>> open_python_library(
    const std::filesystem::path& library) {
  auto directory = system::HostDirectory::open_tree(library, {.read_only = true});
  if (!directory) {
    return fail(std::move(directory.error())
                    .telling_clients("the server cannot read the library of its Python guest"));
  }
  return *std::move(directory);
}

PythonGuest::PythonGuest(const Parts& parts, std::optional<PythonFiles> files)
    : parts_(parts), files_(std::move(files)) {}

std::vector<abi::command::GivenDirectory> python_directories(const system::HostDirectory& library,
                                                             const PythonArchive* archive) {
  std::vector<abi::command::GivenDirectory> directories;
  directories.push_back({.name = std::string(kLibraryRoot), .directory = library.again()});
  if (archive != nullptr)
    directories.push_back({.name = std::string(kPythonArchiveRoot), .directory = archive->root});
  return directories;
}

Result<std::shared_ptr<const PythonGuest::Compiled>> PythonGuest::compiled() {
  const std::scoped_lock lock(compiling_);
  if (!compiled_) {
    auto made = compile();
    is_busy_ = false;
    compiled_ = TRY(std::move(made));
  }
  return compiled_;
}

Result<std::shared_ptr<const PythonGuest::Compiled>> PythonGuest::compile() {
  if (!files_) {
    return fail(ErrorCode::kUnsupported,
                "this server has no Python: build the guest with guests/python/build and name its "
                "directory with --python");
  }
  const BuildFile module = TRY(BuildFile::open(files_->module));
  if (refused_ && refused_->identity == module.identity()) return fail(refused_->error);
  const BuildFile packed = TRY(BuildFile::open(files_->library / kLibraryFile));
  auto known = TRY(known_build(module, packed, parts_.cache));
  Compiled compiled{.id = known.id(),
                    .library = TRY(open_python_library(files_->library)),
                    .info = std::move(known.info),
                    .program = {},
                    .base = {}};
  is_busy_ = !parts_.code_cache.keeps(parts_.engine, known.module);
  auto code = parts_.code_cache.code_of(parts_.engine, known.module, module.bytes());
  if (!code) {
    // Another attempt would take as long and end as this one.
    if (code.error().code() != ErrorCode::kUnavailable && module.identity())
      refused_ = Refused{.identity = module.identity(), .error = code.error()};
    return fail(std::move(code.error()));
  }
  compiled.program =
      TRY(parts_.host_table.link(*std::move(code), nullptr, engine::Waiting::kForStreams));
  compiled.base = TRY(base_of(compiled));
  return std::make_shared<const Compiled>(std::move(compiled));
}

// From the cache, where an entry is a snapshot and its hash, so that nobody has to read all of it.
Result<std::shared_ptr<const engine::Program>> PythonGuest::base_of(const Compiled& compiled) {
  const std::string key = fmt::format("python base {} {} {}", kVersion, compiled.id, kPreloaded);
  if (const auto entry = parts_.cache.map(key)) {
    Sha256 hash{};
    const std::size_t size = std::min(entry->bytes.size(), hash.size());
    std::memcpy(hash.data(), entry->bytes.data(), size);
    if (auto base = compiled.program->with_snapshot(entry->bytes.substr(size), hash)) return base;
  }
  const FixedClock clock;
  NoRandom random;
  abi::python::Dialogue dialogue;
  dialogue.start(kBaseHashSeed);
  const auto preparation =
      TRY(start({.guest = compiled, .name = "python", .clock = &clock, .random = &random}, dialogue,
                kStartStep));
  dialogue.quiesce();
  TRY(say(dialogue, *preparation, kStartStep));
  dialogue.clear_area(preparation->instance().memory());
  const std::string snapshot = TRY(preparation->capture());
  const Sha256 hash = sha256({snapshot});
  auto base = TRY(compiled.program->with_snapshot(snapshot, hash));
  parts_.cache.put(key, std::string(bytes_of(hash)) + snapshot);
  return base;
}

// A guest that runs Python and has loaded nothing yet. Without an environment: that is there when
// calls begin, as it may have secrets, and an image is for long. `dialogue` has its start to say.
Result<std::unique_ptr<Preparation>> PythonGuest::start(Starting starting,
                                                        abi::python::Dialogue& dialogue,
                                                        std::string_view step) const {
  LoadedFunction::Description description;
  description.name = std::move(starting.name);
  description.dialect = abi::Dialect::kPython;
  description.info = starting.guest.info;
  description.limits = starting.limits;
  auto preparation = TRY(Preparation::begin(
      parts_.initializer, description, starting.guest.program,
      {.directories = python_directories(*starting.guest.library, starting.archive),
       .clock = starting.clock,
       .random = starting.random}));
  TRY(preparation->instantiate());
  TRY(preparation->call(abi::kInitialize, {}, step));
  preparation->allow(kInitializationMax);
  dialogue.preload(kPreloaded);
  TRY(say(dialogue, *preparation, step));
  return preparation;
}

Result<std::string> PythonGuest::prepare(const LoadedFunction::Description& description,
                                         const PythonSource& source) {
  const auto guest = TRY(compiled());
  const std::string name = source.name(description.name, description.file);
  const std::string step = name + " does not load";
  const std::int64_t seed = hash_seed(parts_.random);
  Header header{.guest = guest->id, .has_archive = source.archive != nullptr};
  const auto image_of = [&](const abi::python::Dialogue& dialogue,
                            Preparation& preparation) -> Result<std::string> {
    header.file.places = dialogue.places();
    dialogue.clear_area(preparation.instance().memory());
    return to_bytes(header, TRY(preparation.capture_changes(*guest->base)));
  };
  const auto started = [&](abi::python::Dialogue& dialogue) {
    dialogue.start(seed);
    return start({.guest = *guest,
                  .name = description.name,
                  .limits = description.limits,
                  .archive = source.archive.get()},
                 dialogue, step);
  };
  {
    abi::python::Dialogue dialogue;
    const auto preparation = TRY(started(dialogue));
    // What is imported from an archive is compiled first.
    preparation->allow(source.archive == nullptr
                           ? std::chrono::milliseconds(description.limits.deadline_ms)
                           : kInitializationMax);
    dialogue.load(source.named(name));
    TRY(say(dialogue, *preparation, step));
    const std::chrono::milliseconds took = preparation->elapsed();
    const abi::python::Answer told =
        TRY(dialogue.answer(preparation->instance().memory(), kLoadedBytesMax));
    header.file.loaded = TRY(abi::python::loaded_of(told));
    dialogue.quiesce();
    auto refused = TRY(say_until_refused(dialogue, *preparation, step));
    if (!refused) return image_of(dialogue, *preparation);
    if (refused->code() != ErrorCode::kFailedPrecondition)
      return fail(with_step(*std::move(refused), *preparation, step));
    header.cold = refused->message();
    TRY(check_cold(description, name, *header.cold, took));
  }
  abi::python::Dialogue dialogue;
  const auto preparation = TRY(started(dialogue));
  dialogue.quiesce();
  TRY(say(dialogue, *preparation, step));
  return image_of(dialogue, *preparation);
}

Result<PythonGuest::Begun> PythonGuest::begin_with(std::string_view snapshot) {
  Header header = TRY(header_of(snapshot));
  const auto guest = TRY(compiled());
  if (header.guest != guest->id)
    return fail(ErrorCode::kFailedPrecondition, "it was made with another build of the guest");
  header.file.library = guest->library;
  return Begun{.program = TRY(guest->base->with_changes(snapshot)),
               .file = std::move(header.file),
               .has_archive = header.has_archive,
               .cold = std::move(header.cold)};
}

Result<std::string> PythonBeginning::prepare() {
  source_ = TRY(sources_.source_of(module_));
  return guest_.prepare(description_, *source_);
}

Result<std::shared_ptr<const engine::Program>> PythonBeginning::begin_with(
    std::string_view snapshot) {
  PythonGuest::Begun begun = TRY(guest_.begin_with(snapshot));
  if ((begun.has_archive || begun.cold) && !source_) source_ = TRY(sources_.source_of(module_));
  if (begun.has_archive) begun.file.archive = source_->archive;
  if (begun.cold) begun.file.cold = source_;
  description_.python = std::move(begun.file);
  description_.initialization.cold = std::move(begun.cold);
  return std::move(begun.program);
}

}  // namespace weft::function
