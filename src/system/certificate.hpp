// pgbaton's own certificate authority and the certificates made with it: EC P-256, SHA-256.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "system/file.hpp"

namespace pgbaton::system {

/// Makes FOLDER/ca.crt (0644) and FOLDER/ca.key (0600), valid for ten years, unless they are there already.
[[nodiscard]] base::Result<> ensure_authority(const Path& folder);

/// What a certificate may be shown for: by a server to its clients, or by a client to a server.
enum class Usage { server, client };

struct CertificateRequest {
  std::string common_name;
  std::vector<std::string> dns_names;
  std::vector<std::string> addresses;
  Usage usage = Usage::server;
};
/// Makes `certificate` (0644) and `key` (0600) signed by the authority in `authority`, valid for two years.
[[nodiscard]] base::Result<> issue_certificate(const Path& authority, const CertificateRequest& request,
                                               const Path& certificate, const Path& key);

}  // namespace pgbaton::system
