// Who is told what happens: webhooks and addresses of mail.
#pragma once

#include "base/json.hpp"
#include "base/names.hpp"
#include "base/secret.hpp"

namespace pgbaton::model {

/// Whole operations: begun, ended, an alarm; or each step and note of theirs too.
enum class Detail { operations, steps };
PGBATON_ENUM_NAMES(Detail, {Detail::operations, "operations"}, {Detail::steps, "steps"})

struct Receiver {
  std::string id;
  std::string url;       // https://…, http://… or mailto:…
  std::string database;  // whose operations; empty: all
  Detail detail = Detail::operations;
  base::Secret secret;  // of a webhook: signs what is sent; of mail: the password at its server
  std::string smtp;     // of mail: smtp://host:port or smtps://host:port
  std::string smtp_user;
  std::string from;  // the sender's address
  std::string created_at;
};
PGBATON_JSON(Receiver, id, url, database, detail, secret, smtp, smtp_user, from, created_at)

/// How far a receiver has been told.
struct Told {
  std::int64_t revision = 0;  // of the store: everything up to it
  std::string last_at;        // of the last delivery that worked
  std::string problem;        // of the newest attempt; empty: it worked
  std::int64_t skipped = 0;   // events that were given up
};
PGBATON_JSON(Told, revision, last_at, problem, skipped)

}  // namespace pgbaton::model
