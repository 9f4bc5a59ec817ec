// What can go wrong, as values. One table says for each code how every surface shows it.
#pragma once

#include <string>
#include <string_view>

namespace pgbaton::base {

enum class Code {
  invalid_argument,  // the caller's words make no sense
  not_found,         // no such database, engine, operation
  already_exists,    // the name is taken
  refused,           // makes sense, is not allowed now; nothing was changed
  busy,              // an operation runs already
  unauthorized,      // no token or a wrong one
  forbidden,         // it is known who asks, and they may not
  throttled,         // asked too often
  unreachable,       // the peer does not answer
  timed_out,         // a deadline passed
  no_space,          // a disk is full
  corrupt,           // a hash, a signature or a file is not what it must be
  interrupted,       // the process doing it died; the outcome is unknown until somebody looks
  cancelled,         // asked to stop
  stale_generation,  // a newer server drives this database
  postgres,          // PostgreSQL said no
  failed,            // everything else
};

enum class Blame { theirs, ours };

/// One row of the error table.
struct CodeTraits {
  Code code;
  std::string_view name;  // stable, in JSON
  int exit_status;        // of the CLI: design section 7
  int http_status;
  Blame blame;              // `theirs`: the user can mend it, an operation ends in user-error
  bool retry;               // whether the same request may succeed later
  std::string_view remedy;  // shown when the error carries none of its own
};

[[nodiscard]] const CodeTraits& traits(Code code);
[[nodiscard]] Code code_named(std::string_view name);

/// A failure: what happened and what to do. Context is added once per layer, outermost first.
struct Error {
  Code code = Code::failed;
  std::string message;
  std::string remedy;  // empty: the code's own

  [[nodiscard]] Error with_context(std::string_view context) &&;
  [[nodiscard]] std::string remedy_or_default() const;
  bool operator==(const Error&) const = default;
};

}  // namespace pgbaton::base
