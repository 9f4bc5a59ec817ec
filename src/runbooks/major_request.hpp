// What the runbooks of major-upgrades are asked for: made of what a user wants and how the database is at that moment.
#pragma once

#include "runbooks/gate.hpp"

namespace pgbaton::runbooks {

struct MajorWish {
  HoldTerms hold;
  std::optional<model::Transfer> transfer;  // absent: clone where the file system can, else link
  std::string digest = "sample";            // rows that the certificate compares; "whole": all
  std::int64_t budget_ms = 0;               // given up when clients would wait longer; 0: never
};
PGBATON_JSON(MajorWish, hold, transfer, digest, budget_ms)

/// The data directories, how the files get from one to the other, and how long the clients may be held. Code::refused
/// when the host cannot do what was asked for.
[[nodiscard]] base::Result<base::Json> major_request(const Agents& agents, const model::Database& database,
                                                     const model::EngineId& engine, const MajorWish& wish);

}  // namespace pgbaton::runbooks
