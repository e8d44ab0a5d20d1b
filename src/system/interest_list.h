// What a guest waits for again and again (Linux's epoll).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "system/channel_budget.h"
#include "system/open_file.h"
#include "system/sandbox.h"

namespace weft::system {

// Files are looked at when the guest waits, nothing is kept in this machine for them. One is
// forgotten when its last copy was closed. Confined to the guest's thread.
class InterestList final : public OpenFile {
 public:
  // What the guest wants to be told with the event; not looked at.
  using Data = std::array<std::uint8_t, 24>;

  // Of all files it is told that they hung up or failed.
  struct Interest {
    bool reading = false;
    bool writing = false;
    bool end = false;   // that nothing more comes
    bool edge = false;  // told once, until the guest has used the file or there is more to read
    bool once = false;  // told once, until `change`
    Data data = {};
  };
  struct Event {
    bool readable = false;
    bool writable = false;
    bool at_end = false;
    bool hung_up = false;
    bool failed = false;
    Data data = {};
  };
  struct Look {
    std::vector<Event> events;
    std::vector<Wait> waits;  // for which to wait when there are no events
    // Something must be looked at again after a while, as it says nothing when there is more.
    bool again = false;
  };

  // What one file takes of the guest's budget: an entry here, and what is left of a closed file
  // until the list has noticed.
  static constexpr std::size_t kEntryBytes = 512;

  explicit InterestList(std::shared_ptr<ChannelBudget> budget) : budget_(std::move(budget)) {}
  InterestList(const InterestList&) = delete;
  InterestList& operator=(const InterestList&) = delete;
  ~InterestList() override { budget_->give_back(entries_.size() * kEntryBytes); }

  // kExists when the file is there under that number; kInvalid for another list;
  // kNoMemory when the guest's budget is used up.
  Attempt<> add(FileNumber number, const std::shared_ptr<OpenFile>& file, const Interest& interest);
  // Both kNoEntry when it is not there.
  Attempt<> change(FileNumber number, const std::shared_ptr<OpenFile>& file,
                   const Interest& interest);
  Attempt<> remove(FileNumber number, const std::shared_ptr<OpenFile>& file);

  // At most `events_max` events; what was not told is first the next time.
  Look look(std::size_t events_max);

  Attempt<FileStatus> status() override { return FileStatus{}; }
  InterestList* as_interest_list() override { return this; }

 private:
  // What was told of one direction.
  struct Told {
    bool is_told = false;
    std::uint64_t uses = 0;
    std::uint64_t bytes = 0;
  };
  struct Entry {
    std::weak_ptr<OpenFile> file;
    Interest interest;
    Told reading = {};
    Told writing = {};
    Condition condition = {};  // the last one that was seen
    bool is_asleep = false;    // until `change`: it was told once
  };

  Entry* find(FileNumber number, const std::shared_ptr<OpenFile>& file);
  static Event look_at(Entry& entry, OpenFile& file, Look& look);
  // How many bytes there are, when that must be told: always, but of an edge that was told only if
  // the guest has used the file since or there are more. Otherwise notes in `look` what to wait
  // for.
  static std::optional<std::uint64_t> news(Told& told, OpenFile& file, Wait::For what, bool edge,
                                           Look& look);

  std::size_t forget_closed();

  std::shared_ptr<ChannelBudget> budget_;
  std::map<FileNumber, Entry> entries_;
  FileNumber last_told_ = {};
};

}  // namespace weft::system
