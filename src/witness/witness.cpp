#include "witness/witness.hpp"

#include "system/random.hpp"
#include "witness/crew.hpp"
#include "witness/rows.hpp"

namespace pgbaton::witness {

using base::Deadline;
using base::Millis;
using base::Result;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr seconds kBegin{30};
constexpr seconds kReadBack{120};
constexpr minutes kRemove{10};  // of millions of rows

bool is_there(const system::Path& path) {
  std::error_code ignored;
  return !path.empty() && std::filesystem::exists(path, ignored);
}

void wait_for_end(const Settings& settings, const Proof& proof, const Stopped& stopped) {
  constexpr Millis kLook{20};
  const auto begun = Steady::now();
  while (!is_there(settings.until) && !proof.failed()) {
    auto next = kLook;
    if (settings.duration) next = std::min(next, std::chrono::ceil<Millis>(begun + *settings.duration - Steady::now()));
    if (next <= Millis{0} || stopped(next)) return;
  }
}

Steady::duration interval_of(const Settings& settings) {
  if (settings.rows_per_second <= 0) return {};
  return std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>{1 / settings.rows_per_second});
}

// Without --out it lies where it survives the witness, and is removed when there is nothing left to prove.
system::Path proof_path(const Settings& settings, const std::string& run) {
  if (!settings.out.empty()) return settings.out;
  return std::filesystem::temp_directory_path() / fmt::format("pgbaton-witness-{}.proof", run);
}

struct Writing {
  std::vector<Tally> tallies;
  double seconds = 0;
};

Result<Writing> write_rows(const Settings& settings, const std::string& run, const std::string& schema, Proof& proof,
                           const Stopped& stopped) {
  End end;
  Shared shared{.url = settings.url,
                .run = run,
                .schema = schema,
                .interval = interval_of(settings),
                .end = end,
                .proof = proof,
                .posts = std::vector<Post>(static_cast<std::size_t>(settings.connections))};
  Crew crew{shared, settings.connections};
  TRY(crew.open());
  const auto begun = Steady::now();
  end.begin();
  crew.work();
  wait_for_end(settings, proof, stopped);
  end.ask();
  const std::chrono::duration<double> wrote = Steady::now() - begun;
  Writing writing{crew.finish(), wrote.count()};
  TRY(proof.failure());
  return writing;
}

Result<Report> examine(const Settings& settings, const std::string& run, const std::string& schema,
                       const Writing& writing, const Proof& proof) {
  const auto ledger = TRY(read_proof(proof.path()));
  const auto verdict = TRY(read_back(settings.url, schema, run, ledger, Deadline::after(kReadBack)));
  auto report = summarise(writing.tallies, verdict);
  report.seconds = writing.seconds;
  report.run = run;
  if (settings.rows == Rows::keep) {
    report.remains = "asked for";
  } else if (const auto removed = remove_rows(settings.url, schema, run, Deadline::after(kRemove)); !removed) {
    report.remains = removed.error().message;
  }
  return report;
}

Result<Report> witnessed(const Settings& settings, const std::string& run, const std::string& schema, Proof& proof,
                         const Stopped& stopped) {
  const auto writing = write_rows(settings, run, schema, proof, stopped);
  if (!writing) return std::unexpected(writing.error());
  return base::in_context(fmt::format("what was acknowledged is in {}", proof.path().string()),
                          examine(settings, run, schema, *writing, proof));
}

}  // namespace

Result<Report> run(const Settings& settings, const Stopped& stopped) {
  const auto schema = TRY(prepare_table(settings.url, Deadline::after(kBegin)));
  const auto name = system::random_id();
  const auto proof = TRY(Proof::create(proof_path(settings, name), name));
  auto report = witnessed(settings, name, schema, *proof, stopped);
  const bool needed = !settings.out.empty() || (report ? !report->is_clean() : proof->has_rows());
  if (report && needed) report->proof = proof->path();
  std::error_code ignored;  // a temporary file that stays is no reason to keep the verdict back
  if (!needed) std::filesystem::remove(proof->path(), ignored);
  return report;
}

}  // namespace pgbaton::witness
