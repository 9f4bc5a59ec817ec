// All clients of a run, a thread each, taken through its parts together.
#pragma once

#include <barrier>
#include <thread>

#include "witness/client.hpp"

namespace pgbaton::witness {

class Crew {
 public:
  Crew(Shared& shared, int clients);

  /// Connects all of them; nobody writes before all are there. The failure of the first that cannot.
  [[nodiscard]] base::Result<> open();
  /// Starts the writing. It goes on until the end is asked for.
  void work();
  /// Returns when every client has stopped, looked at its session once more and left.
  [[nodiscard]] std::vector<Tally> finish();

 private:
  void live(Client& client);

  std::vector<Client> clients_;
  std::barrier<> together_;
  std::vector<std::jthread> threads_;
};

}  // namespace pgbaton::witness
