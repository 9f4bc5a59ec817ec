#include "engine/trial.hpp"

#include <array>

#include "base/text.hpp"
#include "system/failpoint.hpp"
#include "system/user.hpp"

namespace pgbaton::engine {

using base::Code;
using base::Result;
using system::Path;

namespace {

struct Probe {
  std::string_view what;
  std::string_view sql;    // answers t
  std::string_view needs;  // only for engines that have this file, from bin
};
// Each makes the server load something that lies outside its own program.
constexpr std::array kProbes{
    Probe{"the time zones", "SELECT count(*) > 100 FROM pg_timezone_names"},
    Probe{"the ICU library",
          "SELECT count(*) = 0 OR bool_and(pg_collation_actual_version(oid) IS NOT NULL) "
          "FROM pg_collation WHERE collname IN ('en-x-icu', 'de-x-icu')"},
    Probe{"PL/pgSQL", "DO $$ BEGIN PERFORM 1; END $$; SELECT true"},
    // Without its library PostgreSQL goes on without compiling, and says nothing: so it is asked.
    Probe{"just-in-time compilation", "SET jit = on; SELECT pg_jit_available()", "../lib/llvmjit.so"},
    Probe{"compiled code", "SET jit = on; SET jit_above_cost = 0; SELECT sum(i) = 5050 FROM generate_series(1, 100) i"},
    Probe{"text search", "SELECT to_tsvector('english', 'running')::text = '''run'':1'"},
};

class Cluster {
 public:
  Cluster(Path bindir, Path folder, Path socket, std::vector<std::string> prefix, const Patience& patience)
      : bindir_(std::move(bindir)),
        folder_(std::move(folder)),
        socket_(std::move(socket)),
        prefix_(std::move(prefix)),
        patience_(patience) {}
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  ~Cluster() {
    if (started_) std::ignore = stop("immediate");
  }

  Result<> initialise() const {
    TRY(run({"initdb", "-D", data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
             "--wal-segsize=1"}));
    return {};
  }

  Result<> start() {
    started_ = true;
    // The quotes are for pg_ctl, which builds a shell command from this; our own temporary folder needs none.
    const auto options = fmt::format(
        "-c listen_addresses='' -c unix_socket_directories='{}' -c fsync=off "
        "-c shared_buffers=16MB -c max_connections=5 -c max_wal_senders=0",
        socket_.string());
    auto run_result =
        run({"pg_ctl", "start", "-D", data(), "-w", "-t", "60", "-l", (folder_ / "log").string(), "-o", options});
    if (run_result) return {};
    const auto log = system::read_file(folder_ / "log").value_or("");
    return base::fail(tool_failure("starting it", run_result.error().message + "\n" + log));
  }

  Result<std::string> query(std::string_view sql) const {
    const auto output = TRY(run({"psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", socket_.string(), "-U",
                                 "postgres", "-d", "postgres", "-c", std::string{sql}}));
    return std::string{base::trim(output.out)};
  }

  Result<> stop(std::string mode) {
    started_ = false;
    TRY(run({"pg_ctl", "stop", "-D", data(), "-w", "-m", std::move(mode)}));
    return {};
  }

 private:
  [[nodiscard]] std::string data() const { return folder_ / "data"; }

  Result<system::Output> run(std::vector<std::string> argv) const {
    argv[0] = bindir_ / argv[0];
    argv.insert(argv.begin(), prefix_.begin(), prefix_.end());
    return run_tool(std::move(argv), patience_, {}, folder_);
  }

  Path bindir_;
  Path folder_;
  Path socket_;
  std::vector<std::string> prefix_;
  Patience patience_;
  bool started_ = false;
};

Result<> check(const Cluster& cluster, const Path& bindir, model::Version version) {
  const auto answer = TRY(cluster.query("SELECT version()"));
  if (!answer.starts_with(fmt::format("PostgreSQL {} ", model::to_string(version))))
    return base::fail(Code::corrupt, "the server says it is \"{}\", expected {}", answer, model::to_string(version));
  for (const auto& [what, sql, needs] : kProbes) {
    if (!needs.empty() && !std::filesystem::exists(bindir / needs)) continue;
    if (const auto said = TRY(base::in_context(what, cluster.query(sql))); said != "t")
      return base::fail(Code::failed, "{} does not work: the answer was \"{}\"", what, said);
  }
  return {};
}

Result<> run_in(const Path& bindir, model::Version version, const Path& folder, const Patience& patience) {
  // A socket's path has at most 107 bytes: not below the engines folder, which may be deep.
  const auto socket = TRY(system::TempDir::create(std::filesystem::temp_directory_path(), "pgbaton-"));
  std::vector<std::string> prefix;
  if (system::current_user().uid == 0) {
    const auto nobody = TRY(system::find_user("nobody"));
    TRY(system::give_to(nobody, folder));
    TRY(system::give_to(nobody, socket.path()));
    prefix = {"setpriv", fmt::format("--reuid={}", nobody.uid), fmt::format("--regid={}", nobody.gid),
              "--clear-groups"};
  }
  Cluster cluster{bindir, folder, socket.path(), prefix, patience};
  TRY(cluster.initialise());
  TRY(cluster.start());
  system::failpoint("engine-self-test");
  TRY(check(cluster, bindir, version));
  return cluster.stop("fast");
}

}  // namespace

Result<> trial(const Path& bindir, model::Version version, const Path& folder, const Patience& patience) {
  TRY(system::make_directory(folder, 0700));
  auto outcome = base::in_context("the engine's self-test", run_in(bindir, version, folder, patience));
  TRY(std::move(outcome));
  return system::remove_tree(folder);
}

}  // namespace pgbaton::engine
