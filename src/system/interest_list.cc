#include "system/interest_list.h"

#include <utility>

namespace weft::system {

InterestList::Entry* InterestList::find(FileNumber number, const std::shared_ptr<OpenFile>& file) {
  const auto found = entries_.find(number);
  // Under the number of one that was closed there may be another one now.
  const bool is_it = found != entries_.end() && found->second.file.lock() == file;
  return is_it ? &found->second : nullptr;
}

Attempt<> InterestList::add(FileNumber number, const std::shared_ptr<OpenFile>& file,
                            const Interest& interest) {
  if (file->as_interest_list() != nullptr) return std::unexpected(Errno::kInvalid);
  if (find(number, file) != nullptr) return std::unexpected(Errno::kExists);
  const bool is_new = !entries_.contains(number);
  if (is_new && !budget_->take(kEntryBytes) &&
      (forget_closed() == 0 || !budget_->take(kEntryBytes))) {
    return std::unexpected(Errno::kNoMemory);
  }
  entries_[number] = {.file = file, .interest = interest};
  return {};
}

Attempt<> InterestList::change(FileNumber number, const std::shared_ptr<OpenFile>& file,
                               const Interest& interest) {
  Entry* const entry = find(number, file);
  if (entry == nullptr) return std::unexpected(Errno::kNoEntry);
  *entry = {.file = file, .interest = interest};
  return {};
}

Attempt<> InterestList::remove(FileNumber number, const std::shared_ptr<OpenFile>& file) {
  if (find(number, file) == nullptr) return std::unexpected(Errno::kNoEntry);
  entries_.erase(number);
  budget_->give_back(kEntryBytes);
  return {};
}

std::size_t InterestList::forget_closed() {
  const std::size_t count =
      std::erase_if(entries_, [](const auto& entry) { return entry.second.file.expired(); });
  budget_->give_back(count * kEntryBytes);
  return count;
}

std::optional<std::uint64_t> InterestList::news(Told& told, OpenFile& file, Wait::For what,
                                                bool edge, Look& look) {
  const auto ready = file.ready(what);
  if (!ready) {
    told.is_told = false;
    if (const auto wait = file.wait(what)) look.waits.push_back(*wait);
    return std::nullopt;
  }
  if (edge && told.is_told && told.uses == file.uses(what) && *ready <= told.bytes) {
    // Its descriptor is ready all the time; within the guest nothing happens while it waits.
    const bool may_change = what == Wait::For::kReading && file.wait(what).has_value();
    look.again = look.again || may_change;
    return std::nullopt;
  }
  told = {.is_told = true, .uses = file.uses(what), .bytes = *ready};
  return ready;
}

InterestList::Event InterestList::look_at(Entry& entry, OpenFile& file, Look& look) {
  const Interest& interest = entry.interest;
  const std::size_t waits_before = look.waits.size();
  Event event{.data = interest.data};
  if (interest.reading) {
    event.readable =
        news(entry.reading, file, Wait::For::kReading, interest.edge, look).has_value();
  }
  if (interest.writing) {
    event.writable =
        news(entry.writing, file, Wait::For::kWriting, interest.edge, look).has_value();
  }
  Condition condition = file.condition();
  condition.at_end = condition.at_end && interest.end;
  const bool is_new = std::exchange(entry.condition, condition) != condition;
  if (!interest.edge || is_new || event.readable || event.writable) {
    event.at_end = condition.at_end;
    event.hung_up = condition.hung_up;
    event.failed = condition.failed;
  }
  const bool waits = look.waits.size() > waits_before;
  if (const auto wait = file.wait(Wait::For::kReading)) {
    const bool only_end = interest.end && !interest.reading;
    const bool is_silent = only_end && !file.ready(Wait::For::kReading);
    if (is_silent) look.waits.push_back(*wait);
    // Bytes that the guest does not want to know of would be there again at once.
    look.again = look.again || (!is_silent && (only_end || !waits));
  }
  return event;
}

InterestList::Look InterestList::look(std::size_t events_max) {
  Look look;
  auto next = entries_.upper_bound(last_told_);
  for (std::size_t left = entries_.size(); left > 0 && look.events.size() < events_max; --left) {
    if (next == entries_.end()) next = entries_.begin();
    auto& [number, entry] = *next;
    const auto file = entry.file.lock();
    if (file == nullptr) {
      next = entries_.erase(next);
      budget_->give_back(kEntryBytes);
      continue;
    }
    const Event event = entry.is_asleep ? Event{} : look_at(entry, *file, look);
    if (event.readable || event.writable || event.at_end || event.hung_up || event.failed) {
      look.events.push_back(event);
      last_told_ = number;
      entry.is_asleep = entry.interest.once;
    }
    ++next;
  }
  return look;
}

}  // namespace weft::system
