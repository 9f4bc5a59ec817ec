#include "wire/image.hpp"

namespace pgbaton::wire {

using base::Json;

Json Image::of(const FrameWalker& walker) { return walker.to_come_; }

void Image::from(const Json& image, FrameWalker& walker) { walker.to_come_ = image.get<std::size_t>(); }

Json Image::of(const SessionMachine& machine) {
  return {{"outstanding", std::string{machine.outstanding_.begin(), machine.outstanding_.end()}},
          {"unsynced", machine.unsynced_},
          {"skipping", machine.skipping_},
          {"begun", machine.begun_},
          {"lost", machine.lost_},
          {"doubtful", machine.doubtful_},
          {"status", std::string(1, machine.status_)},
          {"copy", static_cast<int>(machine.copy_)},
          {"transactions", machine.transactions_}};
}

void Image::from(const Json& image, SessionMachine& machine) {
  const auto outstanding = image.at("outstanding").get<std::string>();
  machine.outstanding_.assign(outstanding.begin(), outstanding.end());
  image.at("unsynced").get_to(machine.unsynced_);
  image.at("skipping").get_to(machine.skipping_);
  image.at("begun").get_to(machine.begun_);
  image.at("lost").get_to(machine.lost_);
  image.at("doubtful").get_to(machine.doubtful_);
  machine.status_ = image.at("status").get<std::string>().at(0);
  machine.copy_ = static_cast<Copy>(image.at("copy").get<int>());
  image.at("transactions").get_to(machine.transactions_);
}

Json Image::of(const Journal& journal) {
  return {{"dirty", journal.dirty_},           {"written", journal.written_},
          {"seeded", journal.seeded_},         {"sequence", journal.sequence_},
          {"computed", journal.computed_},     {"unnamed_lost", journal.unnamed_lost_},
          {"discarding", journal.discarding_}, {"placeholders", journal.placeholders_},
          {"touching", journal.touching_},     {"any_touches", journal.any_touches_},
          {"unnamed", journal.unnamed_},       {"unnamed_pending", journal.unnamed_pending_},
          {"failed", journal.failed_},         {"parameters", journal.parameters_}};
}

void Image::from(const Json& image, Journal& journal) {
  image.at("dirty").get_to(journal.dirty_);
  image.at("written").get_to(journal.written_);
  image.at("seeded").get_to(journal.seeded_);
  image.at("sequence").get_to(journal.sequence_);
  image.at("computed").get_to(journal.computed_);
  image.at("unnamed_lost").get_to(journal.unnamed_lost_);
  image.at("discarding").get_to(journal.discarding_);
  image.at("placeholders").get_to(journal.placeholders_);
  image.at("touching").get_to(journal.touching_);
  image.at("any_touches").get_to(journal.any_touches_);
  image.at("unnamed").get_to(journal.unnamed_);
  image.at("unnamed_pending").get_to(journal.unnamed_pending_);
  image.at("failed").get_to(journal.failed_);
  image.at("parameters").get_to(journal.parameters_);
}

Json Image::of(const StartupMessage& message) {
  return {{"major", message.version.major}, {"minor", message.version.minor}, {"parameters", message.parameters}};
}

void Image::from(const Json& image, StartupMessage& message) {
  image.at("major").get_to(message.version.major);
  image.at("minor").get_to(message.version.minor);
  image.at("parameters").get_to(message.parameters);
}

Json Image::of(const CancelKey& key) { return {{"pid", key.pid}, {"key", key.key}}; }

void Image::from(const Json& image, CancelKey& key) {
  image.at("pid").get_to(key.pid);
  image.at("key").get_to(key.key);
}

Json Image::of(const Credentials& credentials) {
  Json image = {{"kind", credentials.index()}};
  if (const auto* keys = std::get_if<ScramKeys>(&credentials)) {
    image["client_key"] = keys->client_key;
    image["stored_key"] = keys->stored_key;
    image["server_key"] = keys->server_key;
  }
  if (const auto* md5 = std::get_if<Md5Verifier>(&credentials)) image["hash"] = md5->hash;
  if (const auto* password = std::get_if<base::Secret>(&credentials)) image["password"] = *password;
  return image;
}

void Image::from(const Json& image, Credentials& credentials) {
  const auto secret = [&](const char* name) { return image.at(name).get<base::Secret>(); };
  switch (image.at("kind").get<int>()) {
    case 0:
      credentials = std::monostate{};
      return;
    case 1:
      credentials = ScramKeys{secret("client_key"), secret("stored_key"), secret("server_key")};
      return;
    case 2:
      credentials = Md5Verifier{secret("hash")};
      return;
    default:
      credentials = secret("password");
  }
}

}  // namespace pgbaton::wire
