#include "gateway/takeover_take.hpp"

#include <poll.h>
#include <sys/syscall.h>

#include "gateway/takeover_format.hpp"
#include "system/failpoint.hpp"
#include "system/log.hpp"

namespace pgbaton::gateway {

using base::Code;
using base::Deadline;
using base::Json;
using base::Millis;
using base::Result;

namespace {

constexpr Millis kFirstAnswer{10'000};  // the old one may be in the middle of something, and waits for logins
constexpr Millis kDecision{30'000};
constexpr Millis kDeath{1'000};

Result<> check_refusal(const Json& message) {
  if (!message.contains("refused")) return {};
  return base::fail(
      {Code::refused, "the gateway that runs refuses: " + message.value("refused", ""), message.value("remedy", "")});
}

system::Fd open_process(pid_t pid) { return system::Fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}; }

bool has_died(const system::Fd& process) {
  pollfd polled{.fd = process.get(), .events = POLLIN, .revents = 0};
  return process.valid() && ::poll(&polled, 1, static_cast<int>(kDeath.count())) == 1;
}

}  // namespace

Result<> Taking::take(const system::Path& socket) {
  try {
    return take_from(socket);
  } catch (const nlohmann::json::exception& exception) {
    return base::fail(Code::corrupt, "what the gateway that runs has sent makes no sense: {}", exception.what());
  }
}

Result<> Taking::take_from(const system::Path& socket) {
  auto channel = TRY(base::in_context("there is no gateway to take over from", Channel::connect(socket)));
  const auto peer = TRY(channel.peer());
  if (peer.uid != ::geteuid()) return base::fail(Code::unauthorized, "the gateway that runs is another user's");
  const auto process = open_process(peer.pid);
  system::failpoint("gateway.take.connected");
  TRY(agree(channel));
  TRY(gateway_.read_secret());
  frozen_ = std::make_unique<Frozen>(loops_);
  TRY(receive_all(channel));
  system::failpoint("gateway.take.received");
  TRY(channel.send({{"ready", true}}, {}, Deadline::after(kTakeoverAnswer)));
  system::failpoint("gateway.take.ready");
  TRY(await_decision(channel, process));
  system::failpoint("gateway.take.yours");
  return {};
}

Result<> Taking::agree(Channel& channel) {
  const auto deadline = Deadline::after(kFirstAnswer);
  TRY(channel.send({{"formats", {kTakeoverFormat}}}, {}, deadline));
  const auto offer = TRY(channel.receive(deadline));
  TRY(check_refusal(offer));
  if (const auto format = offer.value("format", 0); format != kTakeoverFormat)
    return base::fail(
        {Code::refused,
         fmt::format("the gateway that runs hands over in format {}, this program knows {}", format, kTakeoverFormat),
         "Restart pgbaton when its clients may lose their connections."});
  return channel.send({{"go", true}}, {}, deadline);
}

Result<> Taking::receive_all(Channel& channel) {
  while (TRY(receive_one(channel))) {
  }
  return {};
}

// False: that was the last.
Result<bool> Taking::receive_one(Channel& channel) {
  const auto message = TRY(channel.receive(Deadline::after(kFirstAnswer)));
  TRY(check_refusal(message));
  if (message.contains("database")) {
    TRY(take_database(message, channel));
  } else if (message.contains("session")) {
    TRY(take_session(message, channel));
  } else if (message.at("end").get<std::size_t>() != sessions_.size()) {
    return base::fail(Code::corrupt, "the gateway that runs has sent {} sessions and speaks of {}", sessions_.size(),
                      message.at("end").get<std::size_t>());
  } else {
    return false;
  }
  return true;
}

Result<> Taking::take_database(const Json& message, Channel& channel) {
  const auto database = message.at("database").get<api::ServedDatabase>();
  auto held = TRY(gateway_.make(database));
  TRY(held->check_generation(message.at("generation").get<base::Generation>()));
  add_counted(message.at("counters"), held->served_->counters);
  for (auto left = message.at("listeners").get<std::size_t>(); left > 0; --left)
    held->adopt_listener(TRY(channel.take_descriptor()));
  gateway_.databases_[database.name] = std::move(held);
  return {};
}

Result<> Taking::take_session(const Json& message, Channel& channel) {
  const auto& image = message.at("session");
  const auto found = gateway_.databases_.find(image.at("database").get<std::string>());
  if (found == gateway_.databases_.end()) return base::fail(Code::corrupt, "a session came of no database");
  auto& doors = found->second->doors_;
  auto& door = *doors[message.at("loop").get<std::size_t>() % doors.size()];
  auto& session = door.adopt(image.at("id").get<std::int64_t>(), image.at("address").get<std::string>());
  auto client = TRY(channel.take_descriptor());
  system::Fd server;
  if (image.contains("server")) server = TRY(channel.take_descriptor());
  session.unpack(image, std::move(client), std::move(server));
  sessions_.emplace_back(&door.loop(), &session);
  return {};
}

// The other one has closed the connection without a decision: either it goes on, or it has died and nobody serves.
Result<> Taking::await_decision(Channel& channel, const system::Fd& process) {
  const auto decision = channel.receive(Deadline::after(kDecision));
  if (decision) return check_refusal(*decision);
  if (decision.error().code == Code::unreachable && has_died(process)) {
    system::log_warning("the gateway that ran has died while it handed over; its sessions go on here");
    return {};
  }
  return std::unexpected(decision.error());
}

void Taking::go_on() {
  for (const auto& [loop, session] : sessions_) loop->post([raw = session] { raw->go_on(); });
  for (const auto& [name, held] : gateway_.databases_) held->begin();
  system::log_info("took over from the gateway that ran", {{"sessions", sessions_.size()}});
  sessions_.clear();
  frozen_.reset();
}

}  // namespace pgbaton::gateway
