#include "witness/session.hpp"

#include "base/text.hpp"

namespace pgbaton::witness {

Outcome<Session> Session::open(const std::string& url, Identity identity, std::int64_t number, GiveUp give_up) {
  auto link = Link::open(url, std::move(give_up));
  if (!link) return std::unexpected(std::move(link).error());
  Session session{std::move(*link), std::move(identity), number};
  for (const auto& statement : state_making(session.identity_))
    if (auto made = session.link_->ask(statement); !made) return std::unexpected(std::move(made).error());
  if (auto prepared = session.prepare_insert(); !prepared) return std::unexpected(std::move(prepared).error());
  // The first look fills the new backend's caches: later ones are no slower than the client's other statements.
  if (auto looked = session.check(); !looked) return std::unexpected(std::move(looked).error());
  return session;
}

Outcome<> Session::prepare_insert() { return link_->prepare(kInsertName, insert_sql(identity_)); }

Outcome<> Session::insert(std::int64_t row) {
  return link_->ask_prepared(kInsertName, {identity_.run, std::to_string(identity_.client), std::to_string(row)});
}

Outcome<> Session::notify(const std::vector<std::pair<int, Letter>>& letters) {
  std::vector<std::string> calls;
  Values values;
  for (const auto& [receiver, letter] : letters) {
    calls.push_back(fmt::format("pg_notify(${}, ${})", values.size() + 1, values.size() + 2));
    values.push_back(identity_.channel_of(receiver));
    values.push_back(to_payload(letter));
  }
  auto answer = link_->ask("SELECT " + base::join(calls, ", "), values);
  if (!answer) return std::unexpected(std::move(answer).error());
  return {};
}

std::vector<Letter> Session::take_letters() {
  std::vector<Letter> letters;
  for (const auto& payload : link_->take_notifications()) letters.push_back(parse_payload(payload));
  return letters;
}

Outcome<Session::Checkup> Session::check() {
  auto answer = link_->ask(state_query(identity_));
  if (!answer) return std::unexpected(std::move(answer).error());
  const auto row = answer->empty() ? Values{} : answer->front();
  Checkup checkup{check_state(identity_, row), neighbours_lock_is_free(row)};
  if (std::ranges::find(checkup.losses, StateKind::sql_prepared_statement, &Loss::kind) == checkup.losses.end())
    if (auto executed = execute_prepared(checkup.losses); !executed)
      return std::unexpected(std::move(executed).error());
  return checkup;
}

Outcome<> Session::execute_prepared(std::vector<Loss>& losses) {
  auto answer = link_->ask(execute_sql());
  if (!answer && answer.error().sqlstate != kNoSuchPreparedStatement) return std::unexpected(std::move(answer).error());
  const auto said = !answer ? answer.error().message : answer->empty() ? "nothing" : answer->front().front();
  if (said != sql_prepared_answer(identity_))
    losses.push_back({StateKind::sql_prepared_statement, fmt::format("sql-prepared-statement answers: {}", said)});
  return {};
}

}  // namespace pgbaton::witness
