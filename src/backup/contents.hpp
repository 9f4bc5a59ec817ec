// What lies in a repository, by names: a folder of this host is looked into itself, an object store through pgBackRest.
//
// Blocking; any thread.
#pragma once

#include <vector>

#include "backup/stanza.hpp"
#include "base/time.hpp"

namespace pgbaton::backup {

class Contents {
 public:
  /// `program`: pgBackRest, asked for an object store only.
  Contents(Repository repository, system::Path program)
      : repository_(std::move(repository)), program_(std::move(program)) {}
  [[nodiscard]] const Repository& repository() const { return repository_; }

  /// Of a path like "archive/shop-1/17-1"; where there is nothing: none. An object store that does not answer within
  /// the deadline is Code::unreachable.
  [[nodiscard]] base::Result<std::vector<std::string>> names_in(const std::string& path, base::Deadline deadline) const;
  /// Names of the stanzas of a database.
  [[nodiscard]] base::Result<std::vector<std::string>> stanzas_of(std::string_view database,
                                                                  base::Deadline deadline) const;
  /// Everything of a stanza, its spool too.
  [[nodiscard]] base::Result<> remove_stanza(const std::string& stanza, base::Deadline deadline) const;

 private:
  [[nodiscard]] base::Result<std::string> ask(std::vector<std::string> words, base::Deadline deadline) const;

  Repository repository_;
  system::Path program_;
};

}  // namespace pgbaton::backup
