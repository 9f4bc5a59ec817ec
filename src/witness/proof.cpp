#include "witness/proof.hpp"

#include <cerrno>
#include <fstream>

#include <fcntl.h>

namespace pgbaton::witness {

using base::Result;

namespace {

constexpr std::string_view kHeading = "pgbaton witness 1";

}  // namespace

Result<std::unique_ptr<Proof>> Proof::create(const system::Path& path, const std::string& run) {
  system::Fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644)};
  if (!file.valid()) return system::os_failure("cannot create", path);
  std::unique_ptr<Proof> proof{new Proof{path, std::move(file)}};
  proof->write(fmt::format("{} run {}\n", kHeading, run));
  if (auto written = proof->failure(); !written) return std::unexpected(std::move(written).error());
  return proof;
}

void Proof::append(Row row, Fate fate) {
  has_rows_ = true;
  write(ledger_line(row, fate));
}

// One write per line: O_APPEND keeps lines of several threads apart.
void Proof::write(std::string_view line) {
  ssize_t written = -1;
  do written = ::write(file_.get(), line.data(), line.size());
  while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(line.size())) return;
  if (written >= 0) errno = ENOSPC;  // a part of a line is written only when no more fits
  const std::scoped_lock lock{mutex_};
  if (!failed_) error_ = system::os_failure("cannot write", path_).error();
  failed_ = true;
}

Result<> Proof::failure() const {
  const std::scoped_lock lock{mutex_};
  if (failed_) return std::unexpected(error_);
  return {};
}

Result<Ledger> read_proof(const system::Path& path) {
  std::ifstream file{path};
  std::string line;
  if (!std::getline(file, line) || !line.starts_with(kHeading))
    return base::fail(base::Code::corrupt, "{} is no proof of a witness", path.string());
  Ledger ledger;
  while (std::getline(file, line)) TRY(base::in_context(path.string(), record_line(ledger, line)));
  return ledger;
}

}  // namespace pgbaton::witness
