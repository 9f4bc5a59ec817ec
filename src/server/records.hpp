// The server's documents in the store, by type: where each is kept and how an operation's changes are committed.
#pragma once

#include "model/database.hpp"
#include "model/engine.hpp"
#include "model/operation.hpp"
#include "store/store.hpp"

namespace pgbaton::server {

template <typename T>
using Document = store::Document<T>;

class Records {
 public:
  explicit Records(store::Store& store) : store_(store) {}

  /// Code::not_found in words when it is not there.
  [[nodiscard]] base::Result<Document<model::Database>> database(const std::string& name);
  [[nodiscard]] base::Result<Document<model::Operation>> operation(const std::string& id);
  [[nodiscard]] base::Result<Document<model::EngineRecord>> engine(const model::EngineId& id);

  [[nodiscard]] base::Result<std::vector<Document<model::Database>>> databases();
  /// Newest first.
  [[nodiscard]] base::Result<std::vector<model::Operation>> operations();
  [[nodiscard]] base::Result<std::vector<model::EngineRecord>> engines();
  [[nodiscard]] base::Result<std::vector<model::Event>> events(const std::string& operation);

  /// Of the last database of that name; 0 when there was none.
  [[nodiscard]] base::Result<base::Generation> generation_before(const std::string& name);

  [[nodiscard]] store::Store& store() { return store_; }

  static std::string key_of(const model::Database& database) { return "databases/" + database.name; }
  static std::string key_of(const model::Operation& operation) { return "operations/" + operation.id; }
  static std::string key_of(const model::EngineRecord& engine) { return "engines/" + model::to_string(engine.id); }

 private:
  store::Store& store_;
};

/// A write of a document that must still have the revision it was read at (0: must be new).
template <typename T>
[[nodiscard]] store::Write put(const T& value, std::int64_t revision) {
  return {Records::key_of(value), base::Json(value), revision};
}

/// The last one of its database and engine takes the place of the one before.
[[nodiscard]] store::Write put_preflight(const model::PreflightRecord& record);

/// What stays of a database that is deleted: agents refuse generations older than one that they have seen, also for the
/// next database of the same name.
[[nodiscard]] store::Write last_generation(const model::Database& database);

/// A line for the operation's history, numbered by time.
[[nodiscard]] store::Write event_of(const model::Operation& operation, std::string_view kind, std::string_view step,
                                    std::string_view message);

}  // namespace pgbaton::server
