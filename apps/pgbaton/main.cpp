// Wiring: which function serves as which part. Everything else is in the modules.
#include "agent/agent.hpp"
#include "cli/run.hpp"
#include "gateway/run.hpp"
#include "server/server.hpp"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const pgbaton::cli::Daemons daemons{.server = &pgbaton::server::run,
                                      .agent = &pgbaton::agent::run,
                                      .gateway = &pgbaton::gateway::run,
                                      .gateway_takeover = &pgbaton::gateway::run_takeover};
  return pgbaton::cli::run(arguments, pgbaton::cli::process_console(), pgbaton::cli::process_environment(), daemons);
}
