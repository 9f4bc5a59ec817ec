#include "witness/crew.hpp"

#include <algorithm>

#include "witness/rows.hpp"

namespace pgbaton::witness {

using base::Result;

Crew::Crew(Shared& shared, int clients) : together_(clients) {
  for (int number = 1; number <= clients; ++number) clients_.emplace_back(shared, number);
}

Result<> Crew::open() {
  constexpr std::size_t kAtOnce = 8;  // more would only queue at the server, which forks for each
  std::atomic<std::size_t> next{0};
  std::vector<Outcome<>> opened(clients_.size());
  {
    std::vector<std::jthread> openers;
    for (std::size_t opener = 0; opener < std::min(kAtOnce, clients_.size()); ++opener)
      openers.emplace_back([&] {
        for (auto at = next++; at < clients_.size(); at = next++) opened[at] = clients_[at].open();
      });
  }
  const auto refused = std::ranges::find_if(opened, [](const auto& outcome) { return !outcome; });
  if (refused == opened.end()) return {};
  const auto number = refused - opened.begin() + 1;
  return base::fail(to_error(refused->error()).with_context(fmt::format("connection {} of {}", number, opened.size())));
}

void Crew::work() {
  for (auto& client : clients_) threads_.emplace_back([this, &client] { live(client); });
}

// Nobody leaves before all have looked at each other.
void Crew::live(Client& client) {
  client.work();
  together_.arrive_and_wait();
  client.look_again();
  together_.arrive_and_wait();
  client.conclude();
}

std::vector<Tally> Crew::finish() {
  threads_.clear();  // joins them
  std::vector<Tally> tallies;
  for (const auto& client : clients_) tallies.push_back(client.tally());
  return tallies;
}

}  // namespace pgbaton::witness
