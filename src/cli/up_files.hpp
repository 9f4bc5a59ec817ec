// The files that `pgbaton up` writes before it starts its parts: the token, certificates, settings.
#pragma once

#include "cli/house.hpp"

namespace pgbaton::cli {

struct PartFiles {
  system::Path config;
  system::Path log;
};
struct UpFiles {
  PartFiles server;
  PartFiles agent;
  PartFiles gateway;
};

/// Writes everything that is missing or changes with the settings; the token and the certificate authority stay.
[[nodiscard]] base::Result<UpFiles> write_up_files(const House& house, const std::string& host_name);

/// The contents of the two settings files: pure.
[[nodiscard]] std::string server_settings(const House& house, const std::string& socket, const std::string& host_name);
[[nodiscard]] std::string agent_settings(const House& house, const std::string& socket, const std::string& user);

[[nodiscard]] std::string gateway_settings(const House& house, const std::string& socket);

/// Where the agent listens: in the data folder, or in /tmp where that path is too long for a Unix socket.
[[nodiscard]] system::Path agent_socket(const system::Path& data);
/// Beside it.
[[nodiscard]] system::Path gateway_socket(const system::Path& data);

}  // namespace pgbaton::cli
