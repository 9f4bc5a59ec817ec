// The file that keeps what clients were told, outside of the database: one line per row, handed to the operating system
// right after the answer, so that the witness may die without the proof dying with it. All clients' threads append to
// it.
#pragma once

#include <atomic>
#include <mutex>

#include "system/file.hpp"
#include "witness/ledger.hpp"

namespace pgbaton::witness {

class Proof {
 public:
  /// Replaces a file of that name.
  [[nodiscard]] static base::Result<std::unique_ptr<Proof>> create(const system::Path& path, const std::string& run);

  void append(Row row, Fate fate);
  [[nodiscard]] bool has_rows() const { return has_rows_; }
  /// Whether an append() has failed: what clients are told can be proven no more.
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] base::Result<> failure() const;
  [[nodiscard]] const system::Path& path() const { return path_; }

 private:
  Proof(system::Path path, system::Fd file) : path_(std::move(path)), file_(std::move(file)) {}
  void write(std::string_view line);

  system::Path path_;
  system::Fd file_;
  std::atomic<bool> has_rows_{false};
  std::atomic<bool> failed_{false};
  mutable std::mutex mutex_;
  base::Error error_;
};

/// Code::corrupt when it is no proof.
[[nodiscard]] base::Result<Ledger> read_proof(const system::Path& path);

}  // namespace pgbaton::witness
