#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace pgbaton::base {
namespace {

constexpr std::array kTable{
    CodeTraits{Code::invalid_argument, "invalid-argument", 2, 400, Blame::theirs, false,
               "Correct the command; `pgbaton help` shows how."},
    CodeTraits{Code::not_found, "not-found", 3, 404, Blame::theirs, false, "`pgbaton list` shows what there is."},
    CodeTraits{Code::already_exists, "already-exists", 4, 409, Blame::theirs, false, "Choose another name."},
    CodeTraits{Code::refused, "refused", 4, 409, Blame::theirs, false, "`pgbaton offers NAME` shows what is possible."},
    CodeTraits{Code::busy, "busy", 4, 409, Blame::theirs, true,
               "Wait for the running operation: `pgbaton operations` shows it."},
    CodeTraits{Code::unauthorized, "unauthorized", 4, 401, Blame::theirs, false,
               "Set PGBATON_TOKEN to the content of the file `token` in the server's data directory."},
    CodeTraits{Code::forbidden, "forbidden", 4, 403, Blame::theirs, false, "Ask an owner for the role that it needs."},
    CodeTraits{Code::throttled, "throttled", 4, 429, Blame::theirs, true, "Wait, then try again."},
    CodeTraits{Code::unreachable, "unreachable", 6, 502, Blame::ours, true,
               "Start it with `pgbaton up`, or set PGBATON_SERVER to where it runs."},
    CodeTraits{Code::timed_out, "timed-out", 5, 504, Blame::ours, true,
               "Look at the operation's events and the instance's log, then try again."},
    CodeTraits{Code::no_space, "no-space", 5, 507, Blame::ours, true, "Free disk space, then try again."},
    CodeTraits{Code::corrupt, "corrupt", 5, 500, Blame::ours, true, "Try again; if it stays, the source is damaged."},
    CodeTraits{Code::interrupted, "interrupted", 5, 503, Blame::ours, true, "Try again."},
    CodeTraits{Code::cancelled, "cancelled", 5, 409, Blame::theirs, true, "Start it again when you want it."},
    CodeTraits{Code::stale_generation, "stale-generation", 5, 409, Blame::ours, false,
               "Another server drives this database now; stop this one."},
    CodeTraits{Code::postgres, "postgres", 5, 500, Blame::theirs, false, "Mend what PostgreSQL names, then try again."},
    CodeTraits{Code::failed, "failed", 5, 500, Blame::ours, true,
               "Look at the server's log and the operation's events."},
};

}  // namespace

const CodeTraits& traits(Code code) {
  static_assert(kTable.size() == static_cast<std::size_t>(Code::failed) + 1);
  return *std::ranges::find(kTable, code, &CodeTraits::code);
}

Code code_named(std::string_view name) {
  const auto* row = std::ranges::find(kTable, name, &CodeTraits::name);
  return row == kTable.end() ? Code::failed : row->code;
}

Error Error::with_context(std::string_view context) && {
  message = fmt::format("{}: {}", context, message);
  return std::move(*this);
}

std::string Error::remedy_or_default() const { return remedy.empty() ? std::string{traits(code).remedy} : remedy; }

}  // namespace pgbaton::base
