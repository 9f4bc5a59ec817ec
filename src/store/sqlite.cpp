// The Store in one SQLite file: a table of keys, values (JSON text) and revisions.
#include <condition_variable>
#include <mutex>

#include <sqlite3.h>
#include <sys/stat.h>

#include "store/store.hpp"

namespace pgbaton::store {
namespace {

using base::Code;
using base::Result;

constexpr int kLayout = 1;

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Handle = std::unique_ptr<sqlite3, CloseDatabase>;

std::unexpected<base::Error> failure(sqlite3* database) {
  const int primary = sqlite3_extended_errcode(database) & 0xff;
  const Code code = primary == SQLITE_FULL                                  ? Code::no_space
                    : primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB ? Code::corrupt
                                                                            : Code::failed;
  return base::fail(code, "the store {}: {}", sqlite3_db_filename(database, "main"), sqlite3_errmsg(database));
}

class Statement {
 public:
  static Result<Statement> prepare(sqlite3* database, const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) != SQLITE_OK) return failure(database);
    return Statement{database, statement};
  }
  void bind(int at, const std::string& text) {
    sqlite3_bind_text(statement_.get(), at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  }
  void bind(int at, std::int64_t number) { sqlite3_bind_int64(statement_.get(), at, number); }
  /// true: a row, false: the end
  Result<bool> step() {
    const int outcome = sqlite3_step(statement_.get());
    if (outcome == SQLITE_ROW) return true;
    if (outcome == SQLITE_DONE) return false;
    return failure(database_);
  }
  std::string text(int column) {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
  }
  std::int64_t number(int column) { return sqlite3_column_int64(statement_.get(), column); }

 private:
  Statement(sqlite3* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, FinalizeStatement> statement_;
};

Result<> execute(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure(database);
  return {};
}

// The smallest text greater than every text that begins with `prefix`: keys are ASCII.
std::string after_prefix(std::string prefix) {
  prefix.push_back('\x7f');
  return prefix;
}

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(Handle database, std::int64_t revision) : database_(std::move(database)), newest_(revision) {}

  Result<std::optional<Entry>> get(const std::string& key) override {
    const std::scoped_lock lock{mutex_};
    return read(key);
  }

  Result<std::vector<Entry>> list(const std::string& prefix, std::size_t limit) override {
    const std::scoped_lock lock{mutex_};
    auto statement = TRY(Statement::prepare(
        database_.get(),
        "SELECT key, value, revision FROM document WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3"));
    statement.bind(1, prefix);
    statement.bind(2, after_prefix(prefix));
    statement.bind(3, static_cast<std::int64_t>(limit));
    return entries_of(statement);
  }

  Result<std::vector<Entry>> changed_since(const std::string& prefix, std::int64_t revision,
                                           std::size_t limit) override {
    const std::scoped_lock lock{mutex_};
    auto statement =
        TRY(Statement::prepare(database_.get(),
                               "SELECT key, value, revision FROM document WHERE revision > ?1 AND key >= ?2 "
                               "AND key < ?3 ORDER BY revision, key LIMIT ?4"));
    statement.bind(1, revision);
    statement.bind(2, prefix);
    statement.bind(3, after_prefix(prefix));
    statement.bind(4, static_cast<std::int64_t>(limit));
    return entries_of(statement);
  }

  Result<std::int64_t> commit(const std::vector<Write>& writes) override {
    const std::scoped_lock lock{mutex_};
    TRY(execute(database_.get(), "BEGIN IMMEDIATE"));
    auto written = write(writes, newest_ + 1);
    if (written) written = execute(database_.get(), "COMMIT");
    if (!written) {
      // After some errors SQLite has rolled back by itself; then this one says so and that is fine.
      sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
      return std::unexpected(std::move(written).error());
    }
    ++newest_;
    changed_.notify_all();
    return newest_;
  }

  std::int64_t revision() override {
    const std::scoped_lock lock{mutex_};
    return newest_;
  }

  std::int64_t wait_for_change(std::int64_t revision, base::Deadline deadline) override {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, deadline.remaining(), [&] { return newest_ > revision; });
    return newest_;
  }

 private:
  static Result<std::vector<Entry>> entries_of(Statement& statement) {
    std::vector<Entry> entries;
    while (TRY(statement.step())) {
      auto value = TRY(base::parse_json(statement.text(1)));
      entries.push_back({statement.text(0), std::move(value), statement.number(2)});
    }
    return entries;
  }

  Result<std::optional<Entry>> read(const std::string& key) {
    auto statement = TRY(Statement::prepare(database_.get(), "SELECT value, revision FROM document WHERE key = ?1"));
    statement.bind(1, key);
    if (!TRY(statement.step())) return std::nullopt;
    auto value = TRY(base::parse_json(statement.text(0)));
    return Entry{key, std::move(value), statement.number(1)};
  }

  Result<> write(const std::vector<Write>& writes, std::int64_t revision) {
    for (const auto& change : writes) {
      if (change.expected) TRY(check(change));
      if (change.value)
        TRY(put(change.key, change.value->dump(), revision));
      else
        TRY(remove(change.key));
    }
    return {};
  }

  Result<> check(const Write& change) {
    const auto present = TRY(read(change.key));
    if ((present ? present->revision : 0) == *change.expected) return {};
    return base::fail(Code::busy, "{} was changed by somebody else meanwhile", change.key);
  }

  Result<> put(const std::string& key, const std::string& value, std::int64_t revision) {
    auto statement = TRY(Statement::prepare(database_.get(),
                                            "INSERT INTO document (key, value, revision) VALUES (?1, ?2, ?3) "
                                            "ON CONFLICT (key) DO UPDATE SET value = ?2, revision = ?3"));
    statement.bind(1, key);
    statement.bind(2, value);
    statement.bind(3, revision);
    TRY(statement.step());
    return {};
  }

  Result<> remove(const std::string& key) {
    auto statement = TRY(Statement::prepare(database_.get(), "DELETE FROM document WHERE key = ?1"));
    statement.bind(1, key);
    TRY(statement.step());
    return {};
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Handle database_;
  std::int64_t newest_;
};

Result<> prepare_layout(sqlite3* database) {
  TRY(execute(database, "PRAGMA journal_mode = WAL"));
  // FULL: a commit that was answered survives a power cut; the journal of a runbook is worth nothing otherwise.
  TRY(execute(database, "PRAGMA synchronous = FULL"));
  TRY(execute(database, "PRAGMA busy_timeout = 5000"));
  auto statement = TRY(Statement::prepare(database, "PRAGMA user_version"));
  TRY(statement.step());
  if (statement.number(0) > kLayout)
    return base::fail(
        {Code::failed,
         fmt::format("the store {} was written by a newer pgbaton", sqlite3_db_filename(database, "main")),
         "Start that version, or a later one."});
  TRY(execute(
      database,
      "CREATE TABLE IF NOT EXISTS document (key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL) "
      "WITHOUT ROWID"));
  TRY(execute(database, "CREATE INDEX IF NOT EXISTS document_revision ON document (revision)"));
  return execute(database, "PRAGMA user_version = 1");
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::string& path) {
  sqlite3* raw = nullptr;
  const auto mask = ::umask(0077);
  const int opened =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  ::umask(mask);
  Handle database{raw};
  if (opened != SQLITE_OK)
    return base::fail(Code::failed, "cannot open the store {}: {}", path, sqlite3_errstr(opened));
  TRY(prepare_layout(database.get()));
  std::int64_t revision = 0;
  {
    auto statement = TRY(Statement::prepare(database.get(), "SELECT coalesce(max(revision), 0) FROM document"));
    TRY(statement.step());
    revision = statement.number(0);
  }
  return std::make_unique<SqliteStore>(std::move(database), revision);
}

}  // namespace pgbaton::store
