// Databases as users see them: created, shown, offered upgrades, upgraded, destroyed.
#pragma once

#include "preflight/check.hpp"
#include "runbooks/major_request.hpp"
#include "runbooks/preflight.hpp"
#include "server/operations.hpp"

namespace pgbaton::server {

class Databases {
 public:
  Databases(const Shop& shop, Operations& operations) : shop_(shop), operations_(operations) {}

  [[nodiscard]] base::Result<base::Json> list();
  [[nodiscard]] base::Result<base::Json> show(const std::string& name);
  [[nodiscard]] base::Result<base::Json> url(const std::string& name);
  [[nodiscard]] base::Result<base::Json> sessions(const std::string& name);
  /// `asked`: {park_after_ms?, allow?, requires_rehearsal?, window?, auto_minor?}; what is left out stays. In force at
  /// once for new connections.
  [[nodiscard]] base::Result<base::Json> configure(const std::string& name, const base::Json& asked);
  /// Tells the gateway of every database: it may have been away, or have lost its file.
  [[nodiscard]] base::Result<> serve_all();
  /// `asked`: {name, plan, version?, locale?, replication?, rehearsal_for_s?}
  [[nodiscard]] base::Result<model::Operation> create(const base::Json& asked);
  /// `confirm` must be the name: what is destroyed cannot be brought back.
  [[nodiscard]] base::Result<model::Operation> destroy(const std::string& name, const std::string& confirm);

  [[nodiscard]] base::Result<base::Json> offers(const std::string& name);
  /// The next step on the path; none where there is none, or the catalog cannot be read.
  [[nodiscard]] std::optional<catalog::Offer> next_offer(const model::Database& database);

  struct UpgradeRequest {
    std::optional<model::VersionRequest> to;
    catalog::Direct direct = catalog::Direct::no;
    runbooks::HoldTerms hold;
    std::optional<model::Transfer> transfer;  // majors only; absent: clone where the file system can, else link
    std::string digest = "sample";            // majors only: rows that the certificate compares; "whole": all
    std::int64_t budget_ms = 0;               // majors only: given up when clients would wait longer; 0: never
    std::string check;                        // of a preflight: the id of one check, to be run alone
  };
  /// {to?, direct?, max_stall_ms?, end_sessions?, transfer?, digest?, check?}
  [[nodiscard]] static base::Result<UpgradeRequest> parse_upgrade(const base::Json& asked);
  [[nodiscard]] base::Result<base::Json> upgrade_plan(const std::string& name, const UpgradeRequest& asked);
  [[nodiscard]] base::Result<model::Operation> upgrade(const std::string& name, const UpgradeRequest& asked);
  /// `asked`: {max_stall_ms?, end_sessions?}. Code::refused when there is no standby.
  [[nodiscard]] base::Result<model::Operation> switchover(const std::string& name, const base::Json& asked);
  // Preflights: server/preflights.cpp.
  /// Where several upgrades lead there: the first is checked whole, of the others what can be known now ("hops").
  [[nodiscard]] base::Result<base::Json> preflight(const std::string& name, const UpgradeRequest& asked);
  /// The newest that was kept of an upgrade to `asked.to`, or to anything; with its age, and whether it still holds.
  [[nodiscard]] base::Result<base::Json> last_preflight(const std::string& name, const UpgradeRequest& asked);
  [[nodiscard]] base::Json preflight_checks() const;

  // Changes of plan: server/resizes.cpp. `asked`: {plan?, replication?, max_stall_ms?, end_sessions?}. Code::refused
  // when nothing would be changed.
  [[nodiscard]] base::Result<base::Json> resize_plan(const std::string& name, const base::Json& asked);
  [[nodiscard]] base::Result<model::Operation> resize(const std::string& name, const base::Json& asked);

  // Majors: server/majors.cpp.
  [[nodiscard]] base::Result<base::Json> revert_plan(const std::string& name);
  [[nodiscard]] base::Result<model::Operation> revert(const std::string& name, const runbooks::HoldTerms& hold);
  [[nodiscard]] base::Result<model::Operation> finalize(const std::string& name);
  /// Finalizes what has been kept for as long as it was promised.
  [[nodiscard]] base::Result<> finalize_expired();

  // What sessions run: server/queries.cpp.
  /// {queries, statements}: of the primary, at most 200 and 20.
  [[nodiscard]] base::Result<base::Json> queries(const std::string& name);
  /// `asked`: {began?}: only the statement that began then is meant. Code::not_found when no client's backend has that
  /// pid, Code::refused when it runs nothing, or something else by now.
  [[nodiscard]] base::Result<base::Json> cancel_query(const std::string& name, const std::string& pid,
                                                      const base::Json& asked);

  // What PostgreSQL has logged: server/logs.cpp.
  /// `asked`: {node?, since?, level?, text?, lines?, after?} → {name, nodes, entries, cursor, cut}, oldest entry first,
  /// of all nodes or one. A node that does not answer is named with its problem; Code::unreachable when none does.
  [[nodiscard]] base::Result<base::Json> logs(const std::string& name, const std::map<std::string, std::string>& asked);

  // Backups: server/backups.cpp.
  [[nodiscard]] base::Result<base::Json> backups(const std::string& name);
  /// `asked`: {full?}
  [[nodiscard]] base::Result<model::Operation> backup(const std::string& name, const base::Json& asked);
  [[nodiscard]] base::Result<model::Operation> verify_backups(const std::string& name);
  /// `asked`: {to, as?, max_stall_ms?, end_sessions?, rehearsal_for_s?}; `to` may be "now". Code::refused for a time
  /// that cannot be restored.
  [[nodiscard]] base::Result<model::Operation> restore(const std::string& name, const base::Json& asked);

 private:
  [[nodiscard]] base::Result<model::Operation> restore_as(const model::Database& source, const model::EngineId& engine,
                                                          const base::Json& asked, const base::Json& wanted);
  [[nodiscard]] base::Result<model::Operation> restore_in_place(Document<model::Database> document,
                                                                const model::EngineId& engine, const base::Json& asked,
                                                                const base::Json& wanted);
  [[nodiscard]] base::Result<catalog::Offers> offers_for(const model::Database& database);
  [[nodiscard]] base::Result<catalog::Offer> chosen(const model::Database& database, const UpgradeRequest& asked);
  // Several upgrades in one operation: server/hops.cpp.
  /// The offers that lead to the major that was asked for, in their order; none when it was not asked for in this way.
  [[nodiscard]] base::Result<std::vector<catalog::Offer>> path_to(const model::Database& database,
                                                                  const UpgradeRequest& asked);
  [[nodiscard]] base::Result<base::Json> plan_of_hops(const model::Database& database,
                                                      const std::vector<catalog::Offer>& hops,
                                                      const UpgradeRequest& asked);
  [[nodiscard]] base::Result<model::Operation> upgrade_by_hops(Document<model::Database> document,
                                                               const std::vector<catalog::Offer>& hops,
                                                               const UpgradeRequest& asked);
  [[nodiscard]] base::Result<preflight::Report> check(const model::Database& database, const model::EngineId& target,
                                                      runbooks::Rehearse rehearse, const std::string& only = {});
  [[nodiscard]] base::Result<base::Json> later_hops(model::Database database, const std::vector<catalog::Offer>& hops);
  [[nodiscard]] base::Json view(const model::Database& database);

  const Shop& shop_;
  Operations& operations_;
};

/// What of a request a major-upgrade's runbook is asked for.
[[nodiscard]] runbooks::MajorWish wish_of(const Databases::UpgradeRequest& asked);
/// A report with its verdict in one word.
[[nodiscard]] base::Json preflight_view(const preflight::Report& report);
/// True or false; one that is left out is false.
[[nodiscard]] base::Result<bool> flag_field(const base::Json& asked, const char* name);
/// Code::busy in words when the database has an operation that runs.
[[nodiscard]] base::Result<> check_idle(const model::Database& database);

}  // namespace pgbaton::server
