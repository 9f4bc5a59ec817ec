// Jobs that restore an instance's data beside those that count. Neither the instance's lock nor its folder's is held
// meanwhile: the server that serves clients must be started again should it crash.
//
// INSTANCE/beside/ is an instance of its own with log, certificates and a port; when it is whole and stopped, its data
// directory is moved to its place.
#include "agent/archiving.hpp"
#include "agent/held.hpp"
#include "api/major.hpp"
#include "backup/replay.hpp"
#include "backup/tool.hpp"
#include "postgres/conversion.hpp"
#include "system/failpoint.hpp"

namespace pgbaton::agent {

using base::Code;
using base::Json;
using base::Result;
using system::Path;

namespace {

constexpr auto kAnswerFile = "pgbaton.restored";

Result<postgres::Spec> spec_beside(const JobContext& context, Instance instance, const model::EngineId& engine,
                                   int port) {
  instance.engine = engine;
  auto spec = TRY(context.instances.spec_of(instance));
  spec.folder /= "beside";
  spec.name += "_beside";
  spec.data_name = "data";
  spec.port = port;
  spec.replication.reset();
  spec.upstream.reset();
  spec.listen_addresses.clear();
  spec.guarded = true;
  spec.archive_command = "";  // what it writes of the log stays, until it is archived from its place
  return spec;
}

Result<Json> read_answer(const Path& data) { return base::parse_json(TRY(system::read_file(data / kAnswerFile))); }

Result<> check_data_name(const Instance& instance, const std::string& data) {
  if (data.starts_with("data-") && !data.contains('/') && data != instance.data) return {};
  return base::fail(Code::invalid_argument, "\"{}\" cannot be the place of restored data", data);
}

}  // namespace

Result<Json> restore_beside(const JobContext& context) {
  const auto wanted = TRY(base::convert<api::RestoreBeside>(context.request.parameters));
  TRY(context.journal.check_generation(context.request));
  const auto instance = TRY(context.instances.find(wanted.instance));
  TRY(check_data_name(instance, wanted.data));
  const auto spec = TRY(spec_beside(context, instance, wanted.engine, wanted.port));
  const auto place = spec.folder.parent_path() / wanted.data;
  if (std::filesystem::exists(place / "PG_VERSION")) return read_answer(place);
  TRY(ensure_certificate(context.config, spec));
  TRY(backup::install_tool(context.config.engines, context.sources, {context.deadline, context.stop}));
  const auto run = [&](std::string_view phase) {
    return backup::Run{.deadline = context.deadline, .stop = context.stop, .on_fraction = [&, phase](double fraction) {
                         context.progress(phase, fraction);
                       }};
  };
  api::RestoreAnswer answer{.set = wanted.source.set};
  const Stopwatch fetching;
  TRY(backup::fetch_data(spec, TRY(fetch_for(context, wanted.source)), run("fetching the backup")));
  answer.fetch_ms = fetching.elapsed_ms();
  const Stopwatch replaying;
  answer.stop = TRY(backup::replay(spec, wanted.source, run("replaying the log"), {}));
  answer.replay_ms = replaying.elapsed_ms();
  answer.system_identifier = TRY(system_identifier_of(spec.data()));
  TRY(backup::finish_replay(spec, context.deadline));
  TRY(postgres::stop(spec, postgres::StopMode::fast, context.deadline));
  TRY(system::write_file_atomic(spec.data() / kAnswerFile, Json(answer).dump(), 0600));
  system::failpoint("agent.restore-beside.whole");
  TRY(system::rename_path(spec.data(), place));
  TRY(system::fsync_directory(place.parent_path()));
  TRY(system::remove_tree(spec.folder));
  return Json(answer);
}

Result<Json> discard_restore(const JobContext& context) {
  const auto wanted = TRY(base::convert<api::RemoveData>(context.request.parameters));
  TRY(context.journal.check_generation(context.request));
  const auto instance = TRY(context.instances.find(wanted.instance));
  TRY(check_data_name(instance, wanted.data));
  const auto spec = TRY(spec_beside(context, instance, instance.engine, 0));
  TRY(postgres::stop(spec, postgres::StopMode::immediate, context.deadline));
  TRY(system::remove_tree(spec.folder));
  TRY(system::remove_tree(spec.folder.parent_path() / wanted.data));
  return Json::object();
}

}  // namespace pgbaton::agent
