// The job that studies an engine before anybody's data is given to it: throw-away instances, made, loaded, restarted
// and taken from the previous minor to this one and back.
#include "agent/job.hpp"
#include "postgres/configure.hpp"
#include "postgres/platform.hpp"
#include "system/child.hpp"
#include "system/clock.hpp"

namespace pgbaton::agent {

using base::Code;
using base::Deadline;
using base::Json;
using base::Millis;
using base::Result;

namespace {

constexpr Millis kEach{std::chrono::minutes{5}};
constexpr int kRows = 20'000;

// A throw-away instance: stopped and removed with the object.
class Probe {
 public:
  static Result<Probe> create(const JobContext& context, const model::EngineId& engine) {
    auto folder = TRY(system::TempDir::create(context.config.data / "agent", "qualify-"));
    auto sockets = TRY(system::TempDir::create("/tmp", "pgbaton-q-"));
    Probe probe{std::move(folder), std::move(sockets)};
    probe.spec_.name = "qualify";
    probe.spec_.folder = probe.folder_.path() / "instance";
    probe.spec_.socket_folder = probe.sockets_.path();
    probe.spec_.port = 5432;  // names the Unix socket only
    probe.spec_.memory = base::Bytes{std::int64_t{512} << 20};
    probe.spec_.superuser_os_users = context.config.superuser_os_users;
    TRY(probe.use(context, engine));
    return probe;
  }
  Probe(Probe&&) = default;
  Probe& operator=(Probe&&) = delete;
  ~Probe() {
    if (!folder_.path().empty()) std::ignore = postgres::destroy(spec_, Deadline::after(std::chrono::seconds{20}));
  }

  Result<> use(const JobContext& context, const model::EngineId& engine) {
    spec_.bindir = TRY(engine_bindir(context.config.engines, engine));
    return {};
  }
  [[nodiscard]] const postgres::Spec& spec() const { return spec_; }
  Result<> start() const { return postgres::start(spec_, Deadline::after(kEach)); }
  Result<> stop() const { return postgres::stop(spec_, postgres::StopMode::fast, Deadline::after(kEach)); }
  Result<> execute(const std::string& sql) const {
    auto connection = TRY(postgres::connect_as_platform(spec_, "postgres", Deadline::after(kEach)));
    return connection.execute(sql, Deadline::after(kEach));
  }
  // Two statements, because a query takes one only.
  Result<std::string> ask(const std::string& sql, const std::string& setting = "") const {
    auto connection = TRY(postgres::connect_as_platform(spec_, "postgres", Deadline::after(kEach)));
    if (!setting.empty()) TRY(connection.execute(setting, Deadline::after(kEach)));
    return TRY(connection.query(sql, Deadline::after(kEach)))
    .single();
  }

 private:
  Probe(system::TempDir folder, system::TempDir sockets) : folder_(std::move(folder)), sockets_(std::move(sockets)) {}
  system::TempDir folder_;
  system::TempDir sockets_;
  postgres::Spec spec_;
};

Result<> load(const Probe& probe) {
  return probe.execute(
      fmt::format("CREATE TABLE public.qualify (id bigint PRIMARY KEY, word text NOT NULL);"
                  "INSERT INTO public.qualify SELECT n, md5(n::text) FROM generate_series(1, {}) AS n;"
                  "CREATE INDEX ON public.qualify (word);",
                  kRows));
}

// The same rows, by the table and by each index.
Result<> verify(const Probe& probe) {
  const auto sum =
      TRY(probe.ask("SELECT count(*) || ' ' || count(DISTINCT word) FROM public.qualify WHERE word = md5(id::text)"));
  const auto by_index =
      TRY(probe.ask("SELECT count(*) FROM public.qualify WHERE word > ''", "SET enable_seqscan = off"));
  const auto expected = fmt::format("{0} {0}", kRows);
  if (sum != expected || by_index != std::to_string(kRows))
    return base::fail(Code::corrupt, "rows are not what was written: {} and {} by index, not {}", sum, by_index,
                      expected);
  return {};
}

// One after another; the first that fails ends the list, since the next ones build on it.
class Checks {
 public:
  explicit Checks(const JobContext& context, std::size_t expected) : context_(context), expected_(expected) {}

  template <typename Function>
  bool run(std::string name, Function&& function) {
    if (!passed() || context_.stop.stop_requested()) return false;
    context_.progress(name, static_cast<double>(done_.size()) / static_cast<double>(expected_));
    const auto begin = std::chrono::steady_clock::now();
    const Result<> outcome = function();
    const auto took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - begin);
    done_.push_back({std::move(name), outcome.has_value(), took.count(), outcome ? "" : outcome.error().message});
    return passed();
  }
  [[nodiscard]] bool passed() const { return done_.empty() || done_.back().passed; }
  [[nodiscard]] std::vector<model::QualificationCheck> take() && { return std::move(done_); }

 private:
  const JobContext& context_;
  std::size_t expected_;
  std::vector<model::QualificationCheck> done_;
};

Result<> initialise(const JobContext& context, const Probe& probe) {
  TRY(ensure_certificate(context.config, probe.spec()));
  return postgres::initialise(probe.spec(), Deadline::after(kEach));
}

void check_life(Checks& checks, const JobContext& context, const Probe& probe) {
  checks.run("initdb", [&] { return initialise(context, probe); });
  checks.run("start", [&] { return probe.start(); });
  checks.run("load", [&] { return load(probe); });
  checks.run("restart", [&]() -> Result<> {
    TRY(probe.stop());
    TRY(probe.start());
    return verify(probe);
  });
  checks.run("stop", [&] { return probe.stop(); });
}

Result<> move(Probe& probe, const JobContext& context, const model::EngineId& engine) {
  TRY(probe.stop());
  TRY(probe.use(context, engine));
  std::ignore = TRY(postgres::configure(probe.spec()));
  TRY(probe.start());
  const auto version = TRY(probe.ask("SHOW server_version"));
  if (!version.starts_with(model::to_string(engine.version)))
    return base::fail(Code::failed, "the running server says {}, not {}", version, model::to_string(engine.version));
  return verify(probe);
}

Result<> try_extensions(const Probe& probe) {
  auto connection = TRY(postgres::connect_as_platform(probe.spec(), "postgres", Deadline::after(kEach)));
  const auto names =
      TRY(connection.query("SELECT name FROM pg_available_extensions ORDER BY name", Deadline::after(kEach)));
  // As a database's owner would have it: the platform's own connections look into pg_catalog only, where nobody may
  // create.
  TRY(connection.execute("SET search_path = public", Deadline::after(kEach)));
  std::vector<std::string> failures;
  for (const auto& row : names.rows) {
    const auto name = connection.quote_identifier(row[0].value_or(""));
    const auto made =
        connection.execute(fmt::format("CREATE EXTENSION IF NOT EXISTS {0} CASCADE; ALTER EXTENSION {0} UPDATE", name),
                           Deadline::after(kEach));
    if (!made) failures.push_back(fmt::format("{}: {}", name, made.error().message));
  }
  if (failures.empty()) return {};
  return base::fail(Code::postgres, "{} of {} extensions cannot be created: {}", failures.size(), names.rows.size(),
                    fmt::format("{}", fmt::join(failures, "; ")));
}

void check_minor_upgrade(Checks& checks, const JobContext& context, const api::QualifyEngine& wanted) {
  const bool is_long = wanted.level == "long";
  auto probe = Probe::create(context, *wanted.previous);
  checks.run(fmt::format("data made by {}", model::to_string(*wanted.previous)), [&]() -> Result<> {
    if (!probe) return std::unexpected(probe.error());
    TRY(initialise(context, *probe));
    TRY(probe->start());
    TRY(load(*probe));
    return is_long ? try_extensions(*probe) : Result<>{};
  });
  checks.run(fmt::format("minor-upgrade to {}", model::to_string(wanted.engine)),
             [&] { return move(*probe, context, wanted.engine); });
  if (is_long)
    checks.run(fmt::format("extensions of {} updated", model::to_string(*wanted.previous)),
               [&] { return try_extensions(*probe); });
  checks.run(fmt::format("back to {}", model::to_string(*wanted.previous)),
             [&] { return move(*probe, context, *wanted.previous); });
}

Result<> run_pgbench(const Probe& probe, std::vector<std::string> arguments) {
  const auto& spec = probe.spec();
  std::vector<std::string> argv{spec.program("pgbench").string(),
                                "-h",
                                spec.socket_folder.string(),
                                "-p",
                                std::to_string(spec.port),
                                "-U",
                                spec.superuser};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  argv.emplace_back("postgres");
  TRY(system::run_checked({.argv = std::move(argv)}, Deadline::after(kEach)));
  return {};
}

void check_long(Checks& checks, const Probe& probe) {
  checks.run("start again", [&] { return probe.start(); });
  checks.run("extensions created and updated", [&] { return try_extensions(probe); });
  checks.run("pgbench", [&]() -> Result<> {
    TRY(run_pgbench(probe, {"--initialize", "--scale=10", "--quiet"}));
    TRY(run_pgbench(probe, {"--client=8", "--time=20", "--no-vacuum"}));
    const auto equal =
        TRY(probe.ask("SELECT (SELECT sum(abalance) FROM public.pgbench_accounts) = "
                      "(SELECT sum(tbalance) FROM public.pgbench_tellers)"));
    if (equal != "t") return base::fail(Code::corrupt, "the balances do not add up after pgbench");
    return {};
  });
}

std::string log_of(const model::Qualification& result) {
  std::string text;
  for (const auto& check : result.checks)
    text += fmt::format("{:<6} {:>7} ms  {}{}{}\n", check.passed ? "passed" : "FAILED", check.duration_ms, check.name,
                        check.detail.empty() ? "" : "\n         ", check.detail);
  return text;
}

}  // namespace

Result<Json> qualify_engine(const JobContext& context) {
  const auto wanted = TRY(base::convert<api::QualifyEngine>(context.request.parameters));
  const bool is_long = wanted.level == "long";
  Checks checks{context, 5U + (wanted.previous ? 3U : 0U) + (is_long ? 4U : 0U)};
  {
    const auto probe = TRY(Probe::create(context, wanted.engine));
    check_life(checks, context, probe);
    if (is_long) check_long(checks, probe);
  }
  if (wanted.previous && checks.passed()) check_minor_upgrade(checks, context, wanted);
  if (context.stop.stop_requested()) return base::fail(Code::cancelled, "the qualification was cancelled");
  model::Qualification result{.level = wanted.level, .passed = checks.passed(), .finished_at = system::timestamp()};
  result.checks = std::move(checks).take();
  const auto logs = context.config.data / "agent" / "qualifications";
  TRY(system::make_directory(logs, 0700));
  const auto log =
      logs / fmt::format("{}-{}-{}.log", model::to_string(wanted.engine), wanted.level, context.request.id);
  TRY(system::write_file_atomic(log, log_of(result), 0600));
  result.log = log.string();
  return Json(result);
}

}  // namespace pgbaton::agent
