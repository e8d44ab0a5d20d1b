#include "function/reactors.h"

#include <algorithm>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "abi/dialect.h"
#include "base/fair_pool.h"
#include "base/pacemaker.h"
#include "engine/ticker.h"
#include "function/live_places.h"
#include "function/pace.h"
#include "function/python_guest.h"
#include "function/reactor.h"
#include "json/parse.h"
#include "json/print.h"
#include "json/unicode.h"
#include "system/host_directory.h"
#include "system/waiting_room.h"

namespace weft::function {
namespace {

// How far threads of reactors stand behind those of requests, as of setpriority(2).
constexpr int kNiceness = 5;
// What a job takes beside its text.
constexpr std::uint64_t kJobBytes = 512;
constexpr std::size_t kShownBytesMax = 130;

std::unexpected<Error> no_reactor(std::string_view name) {
  return fail(ErrorCode::kNotFound,
              fmt::format("there is no reactor '{}'", shown(name, kShownBytesMax)));
}

Result<ReactorSettings> stored_settings(const store::ReactorRecord& record) {
  const auto document = json::parse(record.settings);
  auto settings = document ? reactor_settings_of(*document) : fail(document.error());
  if (settings) return settings;
  const std::string what = fmt::format(
      "the stored settings of the reactor {} are damaged: put them again, or restore the data "
      "directory from a backup",
      record.name);
  return fail(Error(ErrorCode::kDataLoss, what).telling_clients(what));
}

// Of what waits at most until a time: its place in the room, which it gives back when it ends
// before that.
struct Timer {
  std::optional<system::WaitingRoom::Place> place;
  bool is_over = false;
};

}  // namespace

struct Reactors::Parts {
  ReactorsParts world;
  ReactorLimits limits;
  engine::HostTable host_table;
  engine::Ticker ticker;
  ReactorLog no_log;  // Each reactor has its own.
  std::mutex compiling;
  std::shared_ptr<const engine::Program> program;
  std::shared_ptr<const system::HostDirectory> library;  // beside the program
  std::shared_ptr<LivePlaces> places;
  std::shared_ptr<std::atomic<std::uint64_t>> queued_bytes =
      std::make_shared<std::atomic<std::uint64_t>>(0);
  std::shared_ptr<ResultBudget> results = std::make_shared<ResultBudget>();
  // Records and the map change together. Before the locks of reactors.
  std::mutex changing;
  std::mutex changing_codes;
  Guarded<std::map<std::string, std::shared_ptr<Reactor>, std::less<>>> reactors;

  // These two end first, and what runs does not find them then: their threads use the pool.
  Guarded<std::unique_ptr<system::WaitingRoom>> room;
  Guarded<std::unique_ptr<Pacemaker>> idleness;
  ReactorContext context;
  // Declared last: what runs uses all of the above.
  FairPool pool;

  Parts(const ReactorsParts& parts, const ReactorLimits& all)
      : world(parts),
        limits(all),
        host_table(parts.engine),
        ticker(parts.engine, Pace::kSliceMax),
        places(std::make_shared<LivePlaces>(all.live)),
        room(std::make_unique<system::WaitingRoom>(parts.clock)),
        idleness(std::make_unique<Pacemaker>("weft-idle", parts.idle_time,
                                             [this] { return give_up_idle(); })),
        context(make_context()),
        pool("weft-reactor", parts.threads, kNiceness) {
    abi::define_functions(host_table);
    abi::reactor::define_functions(host_table);
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts() {
    places->close();
    const auto beats = idleness.with([](auto& held) { return std::move(held); });
    const auto waits = room.with([](auto& held) { return std::move(held); });
  }

  ReactorContext make_context() {
    return {
        .vm = {.ticker = ticker, .clock = world.clock, .random = world.random, .log = no_log},
        .log = world.log,
        .records = world.records,
        .pool = pool,
        .registrations = {.items = limits.registrations, .bytes = limits.code_bytes},
        .changing = changing_codes,
        .guest = [this] { return guest(); },
        .directories = [this](const ReactorSettings& settings) { return directories(settings); },
        .places = places,
        .wait_for_place =
            [this](MonotonicTime until, LivePlaces::Got got) {
              return wait_for_place(until, std::move(got));
            },
        .rested = [this] { make_room(); },
        .park = [this](const std::vector<system::Wait>& waits,
                       std::move_only_function<void()> over) -> Result<> {
          TRY(park(waits, std::move(over)));
          return {};
        }};
  }

  Result<system::WaitingRoom::Place> park(const std::vector<system::Wait>& waits,
                                          std::move_only_function<void()> over) {
    return room.with([&](auto& held) -> Result<system::WaitingRoom::Place> {
      if (!held) return fail(ErrorCode::kUnavailable, "the server stops");
      return held->park(waits, std::move(over));
    });
  }

  // Once; `over` may be called before it returns.
  Result<> begin(Guarded<Timer>& timer, MonotonicTime until, std::move_only_function<void()> over) {
    const auto place = TRY(park({system::Wait{.until = until}}, std::move(over)));
    const bool is_over = timer.with([&](Timer& held) {
      held.place = place;
      return held.is_over;
    });
    if (is_over) end(timer);
    return {};
  }
  // Also before it has begun.
  void end(Guarded<Timer>& timer) {
    const auto place = timer.with([](Timer& held) {
      held.is_over = true;
      return std::exchange(held.place, std::nullopt);
    });
    if (!place) return;
    room.with([&](auto& held) {
      if (held) held->leave(*place);
    });
  }

  Result<std::shared_ptr<const engine::Program>> guest();
  Result<std::vector<abi::command::GivenDirectory>> directories(const ReactorSettings& settings);
  Result<> check_volumes(const ReactorSettings& settings) const;
  LivePlaces::Waiter wait_for_place(MonotonicTime until, LivePlaces::Got got);
  void make_room();
  bool give_up_idle();
  std::vector<std::shared_ptr<Reactor>> all() {
    return reactors.with([](const auto& map) {
      std::vector<std::shared_ptr<Reactor>> list;
      list.reserve(map.size());
      for (const auto& [name, reactor] : map)
        list.push_back(reactor);
      return list;
    });
  }
  std::shared_ptr<Reactor> find(std::string_view name) {
    return reactors.with([&](const auto& map) -> std::shared_ptr<Reactor> {
      const auto found = map.find(name);
      return found == map.end() ? nullptr : found->second;
    });
  }
  void insert(const std::string& name, ReactorSettings settings) {
    auto queue = std::make_shared<ResultQueue>(world.clock.wall(), results);
    auto made = std::make_shared<Reactor>(name, std::move(settings), context, std::move(queue));
    reactors.with([&](auto& map) { map.insert_or_assign(name, std::move(made)); });
  }
  Result<std::shared_ptr<void>> charge(std::uint64_t bytes);
  Result<ReactorInfo> info_of(const store::ReactorRecord& record);
};

Result<std::shared_ptr<const engine::Program>> Reactors::Parts::guest() {
  const std::scoped_lock lock(compiling);
  if (program) return program;
  if (!world.python) {
    return fail(ErrorCode::kUnsupported,
                "this server has no Python: build the guest with guests/python/build and name its "
                "directory with --python");
  }
  auto bytes = TRY(read_guest(world.python->module));
  library = TRY(open_python_library(world.python->library));
  auto code = TRY(world.code_cache.code_of(world.engine, bytes));
  program = TRY(host_table.link(std::move(code), nullptr, engine::Waiting::kForStreams));
  return program;
}

Result<> Reactors::Parts::check_volumes(const ReactorSettings& settings) const {
  for (const ReactorVolume& volume : settings.volumes) {
    if (std::ranges::find(world.volumes, volume.volume, &Volume::name) == world.volumes.end()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the server has no volume '{}': whoever runs it names one with "
                              "--volume {}=DIRECTORY",
                              volume.volume, volume.volume));
    }
  }
  return {};
}

Result<std::vector<abi::command::GivenDirectory>> Reactors::Parts::directories(
    const ReactorSettings& settings) {
  // The server may have been started with others since.
  TRY(check_volumes(settings));
  auto given = [this] {
    const std::scoped_lock lock(compiling);
    return python_directories(*library);
  }();
  for (const ReactorVolume& wanted : settings.volumes) {
    const auto volume = std::ranges::find(world.volumes, wanted.volume, &Volume::name);
    auto opened =
        system::HostDirectory::open_tree(volume->directory, {.read_only = volume->read_only});
    if (!opened) {
      return fail(std::move(opened.error())
                      .telling_clients(
                          fmt::format("the server cannot open its volume '{}'", volume->name)));
    }
    given.push_back({.name = wanted.path, .directory = *std::move(opened)});
  }
  return given;
}

LivePlaces::Waiter Reactors::Parts::wait_for_place(MonotonicTime until, LivePlaces::Got got) {
  const auto timer = std::make_shared<Guarded<Timer>>();
  const auto waiter =
      places->wait([this, timer, got = std::move(got)](Result<LivePlaces::Place> place) mutable {
        end(*timer);
        if (place) {
          idleness.with([](auto& held) {
            if (held) held->wake();
          });
        }
        got(std::move(place));
      });
  make_room();
  auto begun = begin(*timer, until, [this, waiter] {
    places->leave(waiter,
                  Error(ErrorCode::kResourceExhausted,
                        fmt::format("{} reactors are at work, which is the most at the same time: "
                                    "come back later",
                                    limits.live))
                      .with_limit("live_reactors", limits.live));
  });
  if (!begun) places->leave(waiter, std::move(begun.error()));
  return waiter;
}

// While somebody waits, the one that has been idle for longest gives way. After each time that one
// began to wait or to rest, so that those two meet.
void Reactors::Parts::make_room() {
  while (places->has_waiting()) {
    std::shared_ptr<Reactor> oldest;
    MonotonicTime time = MonotonicTime::max();
    for (const auto& reactor : all()) {
      const Reactor::State state = reactor->state();
      if (!state.is_idle || state.last_used >= time) continue;
      time = state.last_used;
      oldest = reactor;
    }
    if (oldest == nullptr) return;
    // It may have got something to do meanwhile: then another one is looked for.
    oldest->give_up(time);
  }
}

// Whether any is left that may give up later.
bool Reactors::Parts::give_up_idle() {
  const MonotonicTime time = world.clock.monotonic() - world.idle_time;
  bool is_left = false;
  for (const auto& reactor : all()) {
    reactor->give_up(time);
    is_left = is_left || reactor->state().is_live || reactor->state().in_flight > 0;
  }
  return is_left;
}

Result<std::shared_ptr<void>> Reactors::Parts::charge(std::uint64_t bytes) {
  bytes += kJobBytes;
  if (queued_bytes->fetch_add(bytes) + bytes > limits.queued_bytes) {
    queued_bytes->fetch_sub(bytes);
    return fail(Error(ErrorCode::kResourceExhausted,
                      fmt::format("what reactors are to do next takes {} bytes: come back later",
                                  limits.queued_bytes))
                    .with_limit("queued_bytes", limits.queued_bytes));
  }
  return std::shared_ptr<void>(nullptr,
                               [held = queued_bytes, bytes](void*) { held->fetch_sub(bytes); });
}

Result<ReactorInfo> Reactors::Parts::info_of(const store::ReactorRecord& record) {
  ReactorInfo info{.name = record.name,
                   .settings = TRY(stored_settings(record)),
                   .created = record.created,
                   .changed = record.changed,
                   .registrations = record.registrations,
                   .code_bytes = record.code_bytes};
  if (const auto reactor = find(record.name)) {
    const Reactor::State state = reactor->state();
    info.is_live = state.is_live;
    info.memory_bytes = state.memory_bytes;
    info.in_flight = state.in_flight;
  }
  return info;
}

Result<std::unique_ptr<Reactors>> Reactors::create(const ReactorsParts& parts,
                                                   const ReactorLimits& limits) {
  auto made = std::make_unique<Parts>(parts, limits);
  store::Page page{.limit = store::kPageLimitMax};
  for (;;) {
    const auto listed = TRY(parts.records.list(page));
    for (const store::ReactorRecord& record : listed.items) {
      auto settings = stored_settings(record);
      if (!settings) {
        parts.log.error("a reactor is left out",
                        {{"reactor", record.name}, {"error", settings.error().message()}});
        continue;
      }
      made->insert(record.name, *std::move(settings));
    }
    if (!listed.next) break;
    page.after = *listed.next;
  }
  return std::unique_ptr<Reactors>(new Reactors(std::move(made)));
}

Reactors::Reactors(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Reactors::~Reactors() = default;

Result<bool> Reactors::put(std::string_view name, const ReactorSettings& settings) {
  TRY(parts_->check_volumes(settings));
  TRY(parts_->guest());
  const std::scoped_lock lock(parts_->changing);
  const bool is_new = TRY(
      parts_->world.records.put(name, json::to_string(to_json(settings)), parts_->limits.reactors));
  if (const auto reactor = parts_->find(name)) {
    reactor->change(settings);
  } else {
    parts_->insert(std::string(name), settings);
  }
  return is_new;
}

Result<ReactorInfo> Reactors::show(std::string_view name) {
  return parts_->info_of(TRY(parts_->world.records.get(name)));
}

Result<store::Listed<ReactorInfo>> Reactors::list(const store::Page& page) {
  const auto records = TRY(parts_->world.records.list(page));
  store::Listed<ReactorInfo> list{.items = {}, .next = records.next};
  for (const store::ReactorRecord& record : records.items) {
    auto info = parts_->info_of(record);
    if (info) {
      list.items.push_back(*std::move(info));
    } else {
      parts_->world.log.error("left out of a list",
                              {{"reactor", record.name}, {"error", info.error().message()}});
    }
  }
  return list;
}

Result<std::vector<RegistrationInfo>> Reactors::registrations(std::string_view name) {
  auto records = TRY(parts_->world.records.codes(name, false));
  const auto reactor = parts_->find(name);
  std::vector<RegistrationInfo> list;
  list.reserve(records.size());
  for (store::RegistrationRecord& record : records) {
    auto problem = reactor ? reactor->problem_of(record.kind, record.name) : std::nullopt;
    list.push_back({.record = std::move(record), .problem = std::move(problem)});
  }
  return list;
}

Result<> Reactors::remove(std::string_view name) {
  // Ends behind the locks.
  std::shared_ptr<Reactor> removed;
  const std::scoped_lock lock(parts_->changing);
  removed = parts_->find(name);
  if (!removed) return parts_->world.records.remove(name);
  {
    // Behind this, it stores nothing any more.
    const std::scoped_lock codes(parts_->changing_codes);
    TRY(parts_->world.records.remove(name));
    removed->close();
  }
  parts_->reactors.with([&](auto& map) { map.erase(map.find(name)); });
  return {};
}

Result<std::string> Reactors::log(std::string_view name) {
  const auto reactor = parts_->find(name);
  if (!reactor) return no_reactor(name);
  return reactor->log().text();
}

Result<> Reactors::add(std::string_view reactor, const store::RegistrationRecord& code,
                       Registered done) {
  const auto found = parts_->find(reactor);
  if (!found) return no_reactor(reactor);
  const auto kind = abi::reactor::kind_named(code.kind);
  if (!kind || !is_registration_name(code.name)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' cannot be registered: a name has letters, digits and _, no "
                            "digit first, at most 128",
                            shown(code.name, kShownBytesMax)));
  }
  if (code.code.size() > kRegistrationBytesMax) {
    return fail(
        Error(ErrorCode::kTooLarge, fmt::format("the code has {} bytes; at most {} are allowed",
                                                code.code.size(), kRegistrationBytesMax))
            .with_limit("registration_bytes", kRegistrationBytesMax));
  }
  if (!json::is_utf8(code.code) || code.code.find('\0') != std::string::npos)
    return fail(ErrorCode::kInvalidArgument, "the code is not UTF-8 without NUL");
  auto charge = TRY(parts_->charge(code.code.size()));
  return found->submit({.what = ReactorJob::What::kAdd,
                        .kind = *kind,
                        .name = code.name,
                        .text = code.code,
                        .done =
                            [done = std::move(done)](Result<ReactorJob::Outcome> outcome) mutable {
                              done(outcome ? Result<bool>(outcome->is_new)
                                           : fail(std::move(outcome.error())));
                            },
                        .charge = std::move(charge)});
}

Result<store::RegistrationRecord> Reactors::code(std::string_view reactor, abi::reactor::Kind kind,
                                                 std::string_view name) {
  return parts_->world.records.code(reactor, name_of(kind), name);
}

Result<> Reactors::remove(std::string_view reactor, abi::reactor::Kind kind, std::string_view name,
                          std::move_only_function<void(Result<>)> done) {
  const auto found = parts_->find(reactor);
  if (!found) return no_reactor(reactor);
  auto charge = TRY(parts_->charge(0));
  return found->submit({.what = ReactorJob::What::kRemove,
                        .kind = kind,
                        .name = std::string(name),
                        .done =
                            [done = std::move(done)](Result<ReactorJob::Outcome> outcome) mutable {
                              done(outcome ? Result<>() : fail(std::move(outcome.error())));
                            },
                        .charge = std::move(charge)});
}

Result<> Reactors::apply(ReactorApply apply, std::shared_ptr<Cancellation> cancellation,
                         Done done) {
  const auto found = parts_->find(apply.reactor);
  if (!found) return no_reactor(apply.reactor);
  if (!is_applied_name(apply.name)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is no name of what a reactor can apply",
                            shown(apply.name, kShownBytesMax)));
  }
  auto charge = TRY(parts_->charge(apply.arguments.size()));
  return found->submit({.what = ReactorJob::What::kApply,
                        .kind = apply.kind,
                        .name = std::move(apply.name),
                        .text = std::move(apply.arguments),
                        .done =
                            [done = std::move(done)](Result<ReactorJob::Outcome> outcome) mutable {
                              done(outcome ? Result<std::string>(std::move(outcome->answer))
                                           : fail(std::move(outcome.error())));
                            },
                        .cancellation = std::move(cancellation),
                        .charge = std::move(charge)});
}

void Reactors::keep(std::string_view reactor, std::string id, Result<std::string> answer) {
  if (const auto found = parts_->find(reactor))
    found->results().add(std::move(id), std::move(answer));
}

void Reactors::release_polls() {
  for (const auto& reactor : parts_->all())
    reactor->results().release();
}

void Reactors::poll(std::string_view reactor, std::uint64_t after, std::chrono::milliseconds wait,
                    ResultQueue::Done done) {
  const auto found = parts_->find(reactor);
  if (!found) return done(no_reactor(reactor));
  if (wait.count() <= 0) return done(found->results().behind(after));
  const auto timer = std::make_shared<Guarded<Timer>>();
  const auto waiter = found->results().wait(
      after, [this, timer, done = std::move(done)](Result<ReactorResults> results) mutable {
        parts_->end(*timer);
        done(std::move(results));
      });
  if (!waiter) return;
  const auto until =
      parts_->world.clock.monotonic() + std::min<std::chrono::milliseconds>(wait, kPollMax);
  const auto begun =
      parts_->begin(*timer, until, [found, waiter = *waiter] { found->results().expire(waiter); });
  // Without a room to wait in, it waits for nothing.
  if (!begun) found->results().expire(*waiter);
}

}  // namespace weft::function
