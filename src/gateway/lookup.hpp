// Asks the server for roles' password verifiers, as the platform's superuser, for the sessions of
// one loop and one database. One connection, opened when somebody asks and closed when nobody has for a while.
#pragma once

#include <deque>
#include <memory>

#include "gateway/dialer.hpp"
#include "gateway/leg.hpp"
#include "gateway/served.hpp"
#include "wire/server_login.hpp"

namespace pgbaton::gateway {

class Lookup final : Leg::Owner {
 public:
  /// pg_authid.rolpassword; empty: no such role that may log in, or it has no password. An error: ask again later.
  using Answer = std::move_only_function<void(const base::Result<base::Secret>&)>;

  Lookup(Loop& loop, std::shared_ptr<Served> served, Dialer& dialer);
  ~Lookup() override;
  void ask(const std::string& user, Answer answer);
  /// Its server is another one now.
  void forget_server();

 private:
  struct Question {
    std::string user;
    Answer answer;
  };
  void on_ready(Leg& leg) override;
  void connect();
  void send_questions();
  [[nodiscard]] base::Result<> receive();
  void fail(const base::Error& error);
  void close_when_idle();

  Loop& loop_;
  std::shared_ptr<Served> served_;
  Dialer& dialer_;
  Leg leg_;
  std::optional<wire::ServerLogin> login_;
  bool ready_ = false;
  std::size_t sent_ = 0;  // how many of the questions are on their way
  std::deque<Question> questions_;
  base::Secret found_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // timers and answers may outlive us
};

}  // namespace pgbaton::gateway
