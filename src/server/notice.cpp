#include "server/notice.hpp"

#include <ctime>

#include <fmt/chrono.h>

#include "wire/digest.hpp"

namespace pgbaton::server {

using base::Json;
using base::Millis;
using model::Detail;
using model::Event;
using model::Operation;
using model::Receiver;

namespace {

bool is_about_the_whole(const Event& event) { return event.kind == "state" || event.kind == "alarm"; }

std::string name_of(const Event& event) {
  if (event.kind != "state") return "operation." + event.kind;
  if (const auto state = model::parse_OperationState(event.message)) return "operation." + event.message;
  return event.message.starts_with("Cancelled") ? "operation.cancelling" : "operation.begun";
}

std::string subject_of(const Json& notice) {
  const auto& operation = notice.at("operation");
  const auto event = notice.at("event").get<std::string>();
  const auto database = operation.at("database").get<std::string>();
  return fmt::format("[pgbaton] {}{}: {}", database.empty() ? "" : database + ": ",
                     operation.at("kind").get<std::string>(), event.substr(event.find('.') + 1));
}

}  // namespace

bool concerns(const Receiver& receiver, const Event& event, const Operation& operation) {
  if (!receiver.database.empty() && receiver.database != operation.database) return false;
  return receiver.detail == Detail::steps || is_about_the_whole(event);
}

Json notice_of(const Event& event, const Operation& operation) {
  return {{"event", name_of(event)},
          {"time", event.time},
          {"message", event.message},
          {"step", event.step},
          {"operation",
           {{"id", operation.id},
            {"kind", operation.kind},
            {"database", operation.database},
            {"from", operation.from},
            {"to", operation.to},
            {"state", operation.state}}}};
}

std::vector<std::string> signed_headers(const base::Secret& secret, const std::string& delivery, std::int64_t timestamp,
                                        const std::string& body) {
  return {fmt::format("X-Pgbaton-Delivery: {}", delivery), fmt::format("X-Pgbaton-Timestamp: {}", timestamp),
          fmt::format("X-Pgbaton-Signature: sha256={}",
                      wire::to_hex(wire::hmac_sha256(secret.reveal(), fmt::format("{}.{}", timestamp, body))))};
}

std::string mail_of(const Json& notice, const Receiver& receiver, const std::string& id, base::WallTime now) {
  constexpr std::string_view kMailto = "mailto:";
  const auto& operation = notice.at("operation");
  const auto seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::string body = fmt::format("{}\r\n\r\n", notice.at("message").get<std::string>());
  for (const auto* field : {"database", "kind", "from", "to", "state", "id"})
    if (const auto value = operation.at(field).get<std::string>(); !value.empty())
      body += fmt::format("{:<10}{}\r\n", field, value);
  body += fmt::format("\r\nMore: pgbaton operation {}\r\n", operation.at("id").get<std::string>());
  return fmt::format(
      "From: {}\r\nTo: {}\r\nDate: {:%a, %d %b %Y %H:%M:%S} +0000\r\nMessage-ID: <{}@pgbaton>\r\nSubject: {}\r\n"
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nAuto-Submitted: auto-generated\r\n\r\n{}",
      receiver.from, receiver.url.substr(kMailto.size()), utc, id, subject_of(notice), body);
}

Millis wait_after(int failures) {
  constexpr int kDoublings = 9;
  constexpr Millis kLongest{std::chrono::minutes{5}};
  const Millis wait{1'000LL << std::clamp(failures - 1, 0, kDoublings)};
  return std::min(wait, kLongest);
}

}  // namespace pgbaton::server
