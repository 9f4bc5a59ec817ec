// Upgrades that begin by themselves: at a time, or in the database's maintenance window. One thread looks.
#pragma once

#include "model/window.hpp"
#include "server/databases.hpp"

namespace pgbaton::server {

class Schedules {
 public:
  Schedules(const Shop& shop, Databases& databases) : shop_(shop), databases_(databases) {}

  /// `asked`: {at} ("window", or a time) and what an upgrade is asked for. It takes the place of what was scheduled.
  /// Code::refused when there is no window, when preflight stops the upgrade, or when it takes longer than the window.
  [[nodiscard]] base::Result<base::Json> set(const std::string& name, const base::Json& asked);
  /// Code::not_found when nothing is scheduled.
  [[nodiscard]] base::Result<base::Json> cancel(const std::string& name);
  /// Begins what is due, puts off what could not begin, schedules automatic minor-upgrades.
  void look();
  /// Again and again, until stop is requested.
  void run(const std::stop_token& stop);

 private:
  using Entry = Document<model::Schedule>;
  [[nodiscard]] base::Result<model::Opening> opening_asked(const model::Database& database, const base::Json& asked);
  [[nodiscard]] base::Result<> consider(Entry entry);
  [[nodiscard]] base::Result<> begin(Entry entry, const model::Database& database);
  [[nodiscard]] base::Result<> put_off(Entry entry, const model::Database& database);
  [[nodiscard]] base::Result<> note(Entry entry, const std::string& problem);
  [[nodiscard]] base::Result<> forget(const Entry& entry);
  [[nodiscard]] base::Result<> schedule_minor(const model::Database& database);

  const Shop& shop_;
  Databases& databases_;
  // Of the thread that looks:
  std::map<std::string, base::WallTime> not_before_;  // by schedule: after an attempt that failed
  base::WallTime next_minors_;
};

/// {to, from, until, in_window, automatic, problem}, or null when nothing is scheduled.
[[nodiscard]] base::Json schedule_view(const Shop& shop, const model::Database& database);

}  // namespace pgbaton::server
