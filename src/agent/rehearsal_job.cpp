// The job that has pg_upgrade check a major-upgrade, and rehearses its dump and restore on a scratch cluster. Changes
// nothing of the instance, and holds no lock of it: the server may be restarted meanwhile, then the rehearsal fails and
// is asked for again.
#include "agent/configuration.hpp"
#include "agent/held.hpp"
#include "api/major.hpp"
#include "postgres/conversion.hpp"
#include "postgres/rehearsal.hpp"

namespace pgbaton::agent {

using base::Deadline;
using base::Json;
using base::Result;

namespace {

// Stopped and removed with the object.
class Scratch {
 public:
  static Result<Scratch> create(const JobContext& context, const Instance& instance, const postgres::Spec& live,
                                const model::EngineId& engine) {
    auto folder = TRY(system::TempDir::create(context.config.data / "agent", "qualify-"));
    auto sockets = TRY(system::TempDir::create("/tmp", "pgbaton-r-"));
    Scratch scratch{std::move(folder), std::move(sockets)};
    auto& spec = scratch.spec_;
    spec.name = "rehearsal";
    spec.folder = scratch.folder_.path() / "instance";
    spec.socket_folder = scratch.sockets_.path();
    spec.port = 5432;  // names the Unix socket only
    spec.memory = base::Bytes{std::int64_t{512} << 20};
    spec.locale = instance.locale;
    spec.superuser_os_users = context.config.superuser_os_users;
    spec.bindir = TRY(engine_bindir(context.config.engines, engine));
    spec = TRY(postgres::fitted_to(live, spec, context.deadline));
    return scratch;
  }
  Scratch(Scratch&&) = default;
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    if (!folder_.path().empty()) std::ignore = postgres::destroy(spec_, Deadline::after(std::chrono::seconds{20}));
  }
  [[nodiscard]] const postgres::Spec& spec() const { return spec_; }

 private:
  Scratch(system::TempDir folder, system::TempDir sockets) : folder_(std::move(folder)), sockets_(std::move(sockets)) {}
  system::TempDir folder_;
  system::TempDir sockets_;
  postgres::Spec spec_;
};

}  // namespace

Result<Json> rehearse_schema(const JobContext& context) {
  const auto wanted = TRY(base::convert<api::RehearseSchema>(context.request.parameters));
  const auto instance = TRY(context.instances.find(wanted.instance));
  const auto live = TRY(context.instances.spec_of(instance));
  const Stopwatch watch;
  const auto scratch = TRY(Scratch::create(context, instance, live, wanted.engine));
  TRY(ensure_certificate(context.config, scratch.spec()));
  postgres::Rehearsal rehearsal{.live = live, .scratch = scratch.spec()};
  rehearsal.configuration =
      TRY(translated_configuration(live.data(), instance.engine.version.major, wanted.engine.version.major));
  const auto found = TRY(postgres::rehearse(rehearsal, context.deadline, context.stop, context.progress));
  return Json{{"findings", found}, {"duration_ms", watch.elapsed_ms()}};
}

}  // namespace pgbaton::agent
