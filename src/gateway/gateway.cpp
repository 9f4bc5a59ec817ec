#include "gateway/gateway.hpp"

#include "gateway/metrics.hpp"
#include "system/file.hpp"
#include "system/log.hpp"
#include "system/random.hpp"

namespace pgbaton::gateway {

using base::Code;
using base::Json;
using base::Result;

Result<std::unique_ptr<Loops>> Loops::start(std::size_t count) {
  std::unique_ptr<Loops> loops{new Loops};
  while (loops->loops_.size() < count) loops->loops_.push_back(TRY(Loop::open()));
  for (auto& loop : loops->loops_) loops->threads_.emplace_back([raw = loop.get()] { raw->run(); });
  return loops;
}

void Loops::stop() {
  for (auto& loop : loops_) loop->stop();
  threads_.clear();
}

Result<> Gateway::read_secret() {
  const auto folder = config_.data / "gateway";
  TRY(system::make_directory(folder, 0700));
  if (!std::filesystem::exists(folder / "secret"))
    TRY(system::write_file_atomic(folder / "secret", system::random_secret(40).reveal(), 0600));
  secret_ = base::Secret { TRY(system::read_file(folder / "secret")) };
  return {};
}

// What was taken over from another process is served already.
Result<> Gateway::begin() {
  TRY(read_secret());
  const auto folder = config_.data / "gateway";
  if (!std::filesystem::exists(folder / "databases.json")) return {};
  const auto text = TRY(system::read_file(folder / "databases.json"));
  const std::scoped_lock lock{mutex_};
  for (const auto& database : TRY(base::from_json_text<std::vector<api::ServedDatabase>>(text)))
    if (databases_.contains(database.name)) {
      continue;
    } else if (const auto opened = open(database); !opened) {
      system::log_error("a database is not served yet",
                        {{"database", database.name}, {"error", opened.error().message}});
      unserved_[database.name] = database;
    }
  return {};
}

void Gateway::retry() {
  const std::scoped_lock lock{mutex_};
  if (given_away_) return;
  std::erase_if(unserved_, [&](const auto& entry) {
    if (!open(entry.second)) return false;
    system::log_info("a database is served now", {{"database", entry.first}});
    return true;
  });
}

void Gateway::end() {
  for (const auto& held : all()) held->close();
}

Result<> Gateway::check_here() const {
  if (given_away_) return base::fail(Code::unreachable, "the gateway restarts: its new process serves now");
  return {};
}

Result<> Gateway::check_serves() {
  const std::scoped_lock lock{mutex_};
  return check_here();
}

Result<std::shared_ptr<Held>> Gateway::make(const api::ServedDatabase& database) {
  auto tls = TRY(load_tls(database.certificate, database.key));
  auto served = std::make_shared<Served>(database.name, secret_);
  served->replace({database, std::move(tls)});
  std::vector<std::unique_ptr<Door>> doors;
  for (std::size_t i = 0; i < loops_.count(); ++i)
    doors.push_back(std::make_unique<Door>(loops_.at(i), served, keys_, tunnels_));
  auto held = std::make_shared<Held>(served, std::move(doors));
  TRY(held->check_generation(database.generation));
  return held;
}

Result<> Gateway::open(const api::ServedDatabase& database) {
  auto held = TRY(make(database));
  TRY(held->listen(config_.listen));
  databases_[database.name] = std::move(held);
  return {};
}

Result<> Gateway::serve(const api::ServedDatabase& database) {
  const std::scoped_lock lock{mutex_};
  TRY(check_here());
  const auto found = databases_.find(database.name);
  if (found == databases_.end()) {
    TRY(open(database));
    unserved_.erase(database.name);
    return save();
  }
  auto& held = *found->second;
  TRY(held.check_generation(database.generation));
  const auto now = held.served().settings()->database;
  if (now.port != database.port || now.listen_addresses != database.listen_addresses)
    return base::fail({Code::refused, fmt::format("{} is served on port {} already", database.name, now.port)});
  auto tls = TRY(load_tls(database.certificate, database.key));
  auto wanted = database;
  wanted.maintenance = now.maintenance;
  held.served().replace({std::move(wanted), std::move(tls)});
  return save();
}

Result<> Gateway::forget(const std::string& name) {
  std::shared_ptr<Held> held;
  {
    const std::scoped_lock lock{mutex_};
    TRY(check_here());
    if (unserved_.erase(name) > 0) return save();
    const auto found = databases_.find(name);
    if (found == databases_.end()) return {};
    held = found->second;
    forgotten_.push_back(held);  // its loops' tasks may still name it
    databases_.erase(found);
    TRY(save());
  }
  held->close();
  return {};
}

Result<> Gateway::move(const std::string& name, const api::Move& asked) {
  const auto held = TRY(find(name));
  return held->move(asked, [&] { return repoint(held->served(), asked.server); });
}

Result<> Gateway::repoint(Served& served, const api::ServerAddress& server) {
  const std::scoped_lock lock{mutex_};
  return change(served, [&](api::ServedDatabase& database) { database.server = server; });
}

// What could not be written down is not served: after a crash it would be forgotten.
Result<> Gateway::change(Served& served, const std::function<void(api::ServedDatabase&)>& how) {
  const auto before = *served.settings();
  auto after = before;
  how(after.database);
  served.replace(std::move(after));
  auto saved = save();
  if (!saved) served.replace(before);
  return saved;
}

Result<> Gateway::save() {
  Json all = Json::array();
  for (const auto& [name, held] : databases_) all.push_back(held->served().settings()->database);
  for (const auto& [name, database] : unserved_) all.push_back(database);
  return system::write_file_atomic(config_.data / "gateway" / "databases.json", all.dump(2) + "\n", 0600);
}

Result<std::shared_ptr<Held>> Gateway::find(const std::string& name) {
  const std::scoped_lock lock{mutex_};
  TRY(check_here());
  const auto found = databases_.find(name);
  if (found == databases_.end()) return base::fail(Code::not_found, "the gateway does not serve {}", name);
  return found->second;
}

std::vector<std::shared_ptr<Held>> Gateway::all() {
  const std::scoped_lock lock{mutex_};
  std::vector<std::shared_ptr<Held>> databases;
  if (given_away_) return databases;
  for (const auto& [name, held] : databases_) databases.push_back(held);
  return databases;
}

}  // namespace pgbaton::gateway
