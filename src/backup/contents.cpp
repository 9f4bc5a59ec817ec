#include "backup/contents.hpp"

#include <algorithm>

#include "backup/info.hpp"
#include "base/text.hpp"
#include "system/child.hpp"

namespace pgbaton::backup {

using base::Code;
using base::Deadline;
using base::Result;
using system::Path;

Result<std::string> Contents::ask(std::vector<std::string> words, Deadline deadline) const {
  const Path file = repository_.folder / "store.conf";
  const auto text = render_repository(repository_);
  if (const auto now = system::read_file(file); !now || *now != text) {
    TRY(system::make_directory(repository_.folder, 0700));
    TRY(system::make_directory(repository_.locks(), 0700));
    TRY(system::write_file_atomic(file, text, 0600));
  }
  words.insert(words.begin(), {program_.string(), "--config=" + file.string()});
  const auto output = system::run(
      {.argv = std::move(words), .environment = tool_environment(), .directory = "/", .dies_with_us = true}, deadline);
  if (!output && output.error().code == Code::timed_out)
    return base::fail(Code::unreachable, "{} does not answer", to_string(repository_));
  if (!output) return std::unexpected(output.error());
  if (output->status == 0) return output->out;
  return base::fail(tool_error("reading " + to_string(repository_), output->status, output->out + output->err));
}

Result<std::vector<std::string>> Contents::names_in(const std::string& path, Deadline deadline) const {
  if (!repository_.store) return system::list_directory(repository_.folder / path);
  return base::lines(TRY(ask({"repo-ls", path, "--output=text"}, deadline)));
}

Result<std::vector<std::string>> Contents::stanzas_of(std::string_view database, Deadline deadline) const {
  auto names = TRY(names_in("backup", deadline));
  std::erase_if(names, [&](const auto& name) { return !is_stanza_of(name, database); });
  return names;
}

Result<> Contents::remove_stanza(const std::string& stanza, Deadline deadline) const {
  TRY(system::remove_tree(repository_.folder / "spool" / stanza));
  for (const std::string part : {"archive/", "backup/"}) {  // the one that stanzas are found by last
    if (repository_.store)
      TRY(ask({"repo-rm", part + stanza, "--recurse"}, deadline));
    else
      TRY(system::remove_tree(repository_.folder / (part + stanza)));
  }
  return {};
}

}  // namespace pgbaton::backup
