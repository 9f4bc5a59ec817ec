// What pgbaton sends to addresses that people gave it: HTTP POST to webhooks, and mail. By libcurl.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"

namespace pgbaton::system {

/// POSTs a JSON text. No redirect is followed; an answer that is not 2xx is Code::failed with its status, a peer that
/// does not answer in time Code::unreachable. The peer's certificate is verified by the system's list of authorities.
[[nodiscard]] base::Result<> post_json(const std::string& url, const std::vector<std::string>& headers,
                                       const std::string& body, base::Deadline deadline);

struct MailServer {
  std::string url;   // smtp://host:port, or smtps://host:port
  std::string user;  // empty: nobody signs in
  base::Secret password;
};
/// One message, complete with its headers (RFC 5322), to one address. A password is sent inside TLS only.
[[nodiscard]] base::Result<> send_mail(const MailServer& server, const std::string& from, const std::string& to,
                                       const std::string& message, base::Deadline deadline);

}  // namespace pgbaton::system
