// What must survive: documents under keys, changed only by compare-and-commit.
//
// The server keeps databases, engines, operations and events in one; an agent keeps its jobs and instances in another.
// All calls may come from any thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace pgbaton::store {

struct Entry {
  std::string key;
  base::Json value;
  std::int64_t revision = 0;  // grows with every commit, over all keys
};

/// One change. All changes of a commit happen, or none.
struct Write {
  std::string key;
  std::optional<base::Json> value;       // none: remove
  std::optional<std::int64_t> expected;  // revision the key must have now, 0: must not be there; none: any
};

class Store {
 public:
  virtual ~Store() = default;
  [[nodiscard]] virtual base::Result<std::optional<Entry>> get(const std::string& key) = 0;
  /// Keys that begin with `prefix`, in order of key; at most `limit`.
  [[nodiscard]] virtual base::Result<std::vector<Entry>> list(const std::string& prefix, std::size_t limit) = 0;
  /// What was committed after `revision`, oldest first; at most `limit`. What was removed is not in it.
  [[nodiscard]] virtual base::Result<std::vector<Entry>> changed_since(const std::string& prefix, std::int64_t revision,
                                                                       std::size_t limit) = 0;
  /// On disk when it returns. Code::busy when an expectation does not hold: read again and decide again.
  /// Returns the commit's revision.
  [[nodiscard]] virtual base::Result<std::int64_t> commit(const std::vector<Write>& writes) = 0;
  /// Of the newest commit.
  [[nodiscard]] virtual std::int64_t revision() = 0;
  /// Waits until something was committed after `revision`, or the deadline; returns the newest revision.
  [[nodiscard]] virtual std::int64_t wait_for_change(std::int64_t revision, base::Deadline deadline) = 0;
};

/// One SQLite file in WAL mode with synchronous=FULL, mode 0600. Made when it is not there; a file that is damaged or
/// of a newer layout is an error in words.
[[nodiscard]] base::Result<std::unique_ptr<Store>> open_sqlite(const std::string& path);

/// A document of a known type.
template <typename T>
struct Document {
  T value;
  std::int64_t revision = 0;
};

template <typename T>
[[nodiscard]] base::Result<std::optional<Document<T>>> get_as(Store& store, const std::string& key) {
  const auto entry = TRY(store.get(key));
  if (!entry) return std::nullopt;
  auto value = TRY(base::convert<T>(entry->value));
  return Document<T>{std::move(value), entry->revision};
}

constexpr std::size_t kNoLimit = 1'000'000;

template <typename T>
[[nodiscard]] base::Result<std::vector<Document<T>>> list_as(Store& store, const std::string& prefix,
                                                             std::size_t limit = kNoLimit) {
  std::vector<Document<T>> documents;
  for (const auto& entry : TRY(store.list(prefix, limit))) {
    auto value = TRY(base::convert<T>(entry.value));
    documents.push_back({std::move(value), entry.revision});
  }
  return documents;
}

}  // namespace pgbaton::store
