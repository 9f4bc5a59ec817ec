// A rehearsal: a database that is made for it, upgraded step by step under load, tested and destroyed. One thread walks
// it; another tells the server that somebody is still there, so that a rehearsal whose command was killed is destroyed
// by the server.
#pragma once

#include <atomic>

#include "cli/api.hpp"
#include "cli/command.hpp"
#include "manifest/manifest.hpp"
#include "model/operation.hpp"
#include "system/file.hpp"

namespace pgbaton::cli {

struct RehearsalWanted {
  std::string of;                              // a clone of this database; empty: made as the manifest says
  std::optional<manifest::Manifest> manifest;  // without `of`
  system::Path folder;                         // where scripts run
  model::VersionRequest to;
  std::string test;                     // a command for a shell; empty: none
  std::string mask;                     // SQL that the owner runs on the clone first
  std::vector<std::string> statements;  // whose plans are compared; empty: the top ones of pg_stat_statements
  bool keep = false;                    // the database stays, until somebody destroys it
  base::Millis script_limit{0};
};

class Rehearsal {
 public:
  Rehearsal(const Api& api, const Console& console, RehearsalWanted wanted)
      : api_(api), console_(console), wanted_(std::move(wanted)) {}

  /// The report, whatever came of it. An error when it could not begin.
  [[nodiscard]] base::Result<base::Json> run();
  /// From another thread: what runs is ended, the database goes. The process may end then.
  void interrupt();

 private:
  // What came of it: "passed", or why not.
  [[nodiscard]] base::Result<std::string> walk();
  [[nodiscard]] base::Result<> make();
  [[nodiscard]] base::Result<> mask() const;
  [[nodiscard]] base::Result<bool> deploy();
  [[nodiscard]] base::Result<std::string> next_version() const;
  [[nodiscard]] base::Result<std::string> upgrade();
  [[nodiscard]] base::Result<std::string> hop(const std::string& to);
  [[nodiscard]] base::Result<bool> test();
  [[nodiscard]] base::Result<bool> is_stopped(const std::string& database, const std::string& to);
  [[nodiscard]] base::Result<model::Operation> follow_through(const base::Json& begun);
  [[nodiscard]] base::Result<base::Json> script(const std::string& command);
  [[nodiscard]] base::Result<std::string> url() const;
  [[nodiscard]] base::Result<std::string> path(std::string_view rest) const { return database_path(name_, rest); }
  void say(const std::string& text) const;
  void stay(const std::stop_token& stop) const;
  void keep_plans(const char* when);
  void record();
  [[nodiscard]] base::Result<> clear();

  const Api& api_;
  const Console& console_;
  RehearsalWanted wanted_;
  std::string name_;  // of the database that is made for it
  std::vector<std::string> upgrades_;
  base::Json report_;
  base::Json before_;  // plans
  std::stop_source interrupted_;
  std::atomic<bool> in_script_ = false;
};

}  // namespace pgbaton::cli
