// What was written and what came of it, and the verdict when it is held against the rows that are there. Pure.
//
// Clients count from 1, and so do the numbers of each client.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pgbaton::witness {

/// What the client knows of one row.
enum class Fate : std::uint8_t {
  unsent,
  acknowledged,  // the server said that it is committed
  in_doubt,      // the connection broke before the answer: it may be there, or not
  refused,       // the server said no
};

struct Row {
  int client = 0;
  std::int64_t number = 0;
};

class Ledger {
 public:
  void record(Row row, Fate fate);
  [[nodiscard]] Fate fate(Row row) const;
  [[nodiscard]] const std::vector<std::vector<Fate>>& clients() const { return clients_; }

 private:
  std::vector<std::vector<Fate>> clients_;  // by client - 1, number - 1
};

/// One line of a proof file: "a 7 1024" for number 1024 of client 7; a acknowledged, d in doubt, r refused.
[[nodiscard]] std::string ledger_line(Row row, Fate fate);
/// Code::corrupt when it is none.
[[nodiscard]] base::Result<> record_line(Ledger& ledger, std::string_view line);

struct Verdict {
  std::int64_t acknowledged = 0;
  std::int64_t lost = 0;              // acknowledged and absent
  std::int64_t duplicated = 0;        // numbers that are there more than once
  std::int64_t in_doubt = 0;          // all of them, there or not
  std::int64_t in_doubt_present = 0;  // those that are there
  std::int64_t unknown = 0;           // rows that nobody sent, or whose sender was told no
  bool operator==(const Verdict&) const = default;
};

/// Takes the rows that are there one by one, in any order, then judges. The ledger must outlive it.
class Audit {
 public:
  explicit Audit(const Ledger& ledger);
  void see(Row row);
  [[nodiscard]] Verdict verdict() const;

 private:
  const Ledger* ledger_;
  std::vector<std::vector<std::uint8_t>> seen_;  // how often, up to kMany
  std::int64_t unknown_ = 0;
};

}  // namespace pgbaton::witness
