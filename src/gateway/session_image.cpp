// A session as a value, for the process that takes it over: what it remembers, what it has received and not passed on,
// and its descriptors. Bytes that neither side has been given yet wait in the kernel meanwhile.
//
// Every member of Session that outlives a turn of the loop is in here, or is said to be left out.
#include <array>

#include <sys/socket.h>

#include "base/text.hpp"
#include "gateway/pump.hpp"
#include "gateway/session.hpp"
#include "system/file.hpp"
#include "wire/image.hpp"

namespace pgbaton::gateway {

using base::Json;
using base::Result;
using wire::Image;

namespace {

constexpr base::Millis kImageLogin{60'000};  // as for a new client
constexpr base::Millis kImageVerify{200};

// Both processes are on one machine and in one boot: the monotonic clock is the same.
std::int64_t nanos(Session::Steady::time_point time) { return time.time_since_epoch().count(); }

Session::Steady::time_point time_of(const Json& nanos) {
  return Session::Steady::time_point{Session::Steady::duration{nanos.get<std::int64_t>()}};
}

template <typename T>
Json image_of_optional(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json image_of_leg(const Leg& leg) {
  return {{"unread", leg.unread}, {"unsent", leg.unsent}, {"walker", Image::of(leg.walker)}, {"ended", leg.ended}};
}

void take_leg(const Json& image, system::Fd fd, Leg& leg) {
  leg.open(std::move(fd));
  image.at("unread").get_to(leg.unread);
  image.at("unsent").get_to(leg.unsent);
  Image::from(image.at("walker"), leg.walker);
  image.at("ended").get_to(leg.ended);
  leg.readable = !leg.ended;  // what came before is not told of again
}

}  // namespace

bool Session::is_in_passage() const {
  switch (phase_) {
    case Phase::entry:
      return is_cancel_ || in_handshake_ || client_.stream.is_tls();
    case Phase::proving:
      return true;
    case Phase::joining:
      return join_ == Join::logging_in || join_ == Join::restoring || join_ == Join::finishing;
    case Phase::active:
      return asking_ || cancels_ > 0;
    case Phase::parked:
    case Phase::closing:
      return false;
  }
  return false;
}

// A cancel that is still on its way must not hit a later request, and only this process sees it arrive.
std::string_view Session::stays_because() const {
  if (is_lost()) return "its server has died and it waits for the next one";
  return phase_ == Phase::active && cancels_ > 0 ? "a cancel request of it is on its way" : "";
}

bool Session::can_be_given() const {
  switch (phase_) {
    case Phase::entry:
      return !is_cancel_ && !in_handshake_ && !client_.stream.is_tls();
    case Phase::proving:
      return !proof_ && !client_.stream.is_tls();  // SCRAM is bound to this TLS connection
    case Phase::closing:
      return false;
    default:
      return true;
  }
}

Json Session::image_of_login() const {
  return {{"startup", Image::of(startup_)}, {"protocol", {protocol_.major, protocol_.minor}},
          {"proof_end", proof_end_},        {"credentials", Image::of(credentials_)},
          {"key", Image::of(key_)},         {"server_key", Image::of(server_key_)},
          {"welcomed", welcomed_},          {"counted", counted_},
          {"key_is_old", key_is_old_}};
}

Json Session::image_of_state() const {
  return {{"machine", Image::of(machine_)},
          {"journal", Image::of(journal_)},
          {"known", image_of_optional(known_)},
          {"restored", image_of_optional(restored_)},
          {"asking", asking_},
          {"settling", settling_},
          {"verifying", verifying_},
          {"unverified", unverified_},
          {"parks_next", parks_next_},
          {"ask_error", ask_error_},
          {"leaving", leaving_},
          {"terminated", terminated_},
          {"moving", is_moving_},
          {"syncs_left", syncs_left_},
          {"restore_error", restore_error_},
          {"restore_sqlstate", restore_sqlstate_},
          {"was_changed", was_changed_},
          {"commit_sent", commit_sent_},
          {"only_begins", only_begins_},
          {"denial", static_cast<int>(denial_)},
          {"denied_rest", denied_rest_},
          {"loss_error", loss_error_},
          {"server_parameters", server_parameters_},
          {"touched", nanos(touched_)},
          {"request_began", nanos(request_began_)},
          {"waiting_since", waiting_since_ ? Json(nanos(*waiting_since_)) : Json()},
          {"waited", passage_.waited ? Json(passage_.waited->count()) : Json()},
          {"moved", passage_.moved}};
}

// Left out: its spare, which the next preparation opens again; login_ and what a login to the server has come to (it
// begins anew), proof_ (see can_be_given), checks_ (of a preparation, which is repeated), timers.
Result<Parcel> Session::pack() {
  const bool logs_in_again = phase_ == Phase::joining && join_ != Join::restoring;
  const bool has_server = server_.is_open() && !logs_in_again;
  Parcel parcel;
  parcel.image = {{"id", id_},
                  {"address", client_address_},
                  {"phase", static_cast<int>(phase_)},
                  {"since", since_.time_since_epoch().count()},
                  {"restoring", phase_ == Phase::joining && join_ == Join::restoring},
                  {"tls", client_.stream.is_tls() || has_detour_},
                  {"login", image_of_login()},
                  {"state", image_of_state()}};
  TRY(pack(client_, "client", parcel));
  if (has_server) TRY(pack(server_, "server", parcel));
  return parcel;
}

Result<> Session::pack(Leg& leg, const char* name, Parcel& parcel) {
  parcel.image[name] = image_of_leg(leg);
  if (!leg.stream.is_tls()) {
    parcel.descriptors.push_back(leg.stream.fd());
    return {};
  }
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
    return system::os_failure("cannot make", "a socketpair");
  parcel.image[name]["unsent"] = "";  // OpenSSL has begun with it
  parcel.detours.push_back({&leg, system::Fd{ends[0]}, system::Fd{ends[1]}});
  parcel.descriptors.push_back(ends[0]);
  return {};
}

void Session::given_away(Parcel& parcel, Pumps& pumps) {
  *alive_ = false;
  if (timer_) loop_.cancel(*std::exchange(timer_, std::nullopt));
  phase_ = Phase::closing;
  for (auto& detour : parcel.detours) {
    auto unsent = std::exchange(detour.leg->unsent, {});
    pumps.add(loop_, detour.leg->release(), std::move(unsent), std::move(detour.here));
  }
  // Without a word: the same connections go on elsewhere.
  client_.close();
  server_.close();
  sessions_.ended(*this);
}

void Session::take_login(const Json& image) {
  Image::from(image.at("startup"), startup_);
  image.at("protocol").at(0).get_to(protocol_.major);
  image.at("protocol").at(1).get_to(protocol_.minor);
  image.at("proof_end").get_to(proof_end_);
  Image::from(image.at("credentials"), credentials_);
  Image::from(image.at("key"), key_);
  Image::from(image.at("server_key"), server_key_);
  image.at("welcomed").get_to(welcomed_);
  image.at("counted").get_to(counted_);
  image.at("key_is_old").get_to(key_is_old_);
}

void Session::take_state(const Json& image) {
  Image::from(image.at("machine"), machine_);
  Image::from(image.at("journal"), journal_);
  known_ = image.at("known").get<std::optional<wire::SessionState>>();
  restored_ = image.at("restored").get<std::optional<wire::SessionState>>();
  image.at("asking").get_to(asking_);
  image.at("settling").get_to(settling_);
  image.at("verifying").get_to(verifying_);
  image.at("unverified").get_to(unverified_);
  image.at("parks_next").get_to(parks_next_);
  image.at("ask_error").get_to(ask_error_);
  image.at("leaving").get_to(leaving_);
  image.at("terminated").get_to(terminated_);
  image.at("moving").get_to(is_moving_);
  image.at("syncs_left").get_to(syncs_left_);
  image.at("restore_error").get_to(restore_error_);
  image.at("restore_sqlstate").get_to(restore_sqlstate_);
  image.at("was_changed").get_to(was_changed_);
  image.at("commit_sent").get_to(commit_sent_);
  image.at("only_begins").get_to(only_begins_);
  denial_ = static_cast<Denial>(image.at("denial").get<int>());
  image.at("denied_rest").get_to(denied_rest_);
  image.at("loss_error").get_to(loss_error_);
  image.at("server_parameters").get_to(server_parameters_);
  touched_ = time_of(image.at("touched"));
  request_began_ = time_of(image.at("request_began"));
  if (const auto& since = image.at("waiting_since"); !since.is_null()) waiting_since_ = time_of(since);
  if (const auto& waited = image.at("waited"); !waited.is_null())
    passage_.waited = std::chrono::nanoseconds{waited.get<std::int64_t>()};
  image.at("moved").get_to(passage_.moved);
}

void Session::unpack(const Json& image, system::Fd client, system::Fd server) {
  phase_ = static_cast<Phase>(image.at("phase").get<int>());
  since_ =
      std::chrono::system_clock::time_point{std::chrono::system_clock::duration{image.at("since").get<std::int64_t>()}};
  if (image.at("restoring").get<bool>()) join_ = Join::restoring;
  image.at("tls").get_to(has_detour_);
  take_login(image.at("login"));
  take_state(image.at("state"));
  take_leg(image.at("client"), std::move(client), client_);
  if (server.valid()) take_leg(image.at("server"), std::move(server), server_);
  if (counted_) ++served_->sessions;
  if (welcomed_) sessions_.put_key(key_, *this);
}

void Session::go_on() {
  if (!welcomed_)
    timer_ = loop_.after(kImageLogin, [this] {
      timer_.reset();
      close();
    });
  if (phase_ == Phase::active && unverified_)
    loop_.after(kImageVerify, [this, alive = alive_] {
      if (*alive) verify();
    });
  if (join_ == Join::restoring) give_up_ = Steady::now() + std::chrono::seconds{60};
  if (phase_ == Phase::proving) return begin_proving();
  if (phase_ == Phase::joining && join_ == Join::none) return begin_joining();
  if (phase_ == Phase::active && !server_.is_open() && !leaving_) return rejoin();
  step();
}

}  // namespace pgbaton::gateway
