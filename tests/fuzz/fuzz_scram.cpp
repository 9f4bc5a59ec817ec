// Both sides of a login against a peer that sends anything: its messages are the lines of the input.
#include <cstdlib>

#include "base/text.hpp"
#include "wire/client_login.hpp"
#include "wire/server_login.hpp"

using namespace pgbaton;
using namespace pgbaton::wire;

namespace {

Message message_of(char type, std::string_view body) {
  return {{type, static_cast<std::uint32_t>(body.size() + 4)}, body};
}

void as_server(const std::vector<std::string>& lines) {
  const base::Secret secret{"cluster"};
  ClientLogin login{"alice", mock_verifier(secret, "alice"), "hash", std::string(32, 'r')};
  for (const auto& line : lines)
    if (!login.receive(message_of('p', line))) break;
  if (login.state() == ClientLogin::State::proven) std::abort();  // nobody knows this password
}

void as_client(const std::vector<std::string>& lines) {
  const base::Secret key{std::string(32, 'k')};
  ServerLogin login{{{3, 2}, {{"user", "alice"}}}, {3, 2}, ScramKeys{key, key, key}, "nonce"};
  for (const auto& line : lines)
    if (!line.empty() && !login.receive(message_of(line[0], std::string_view(line).substr(1)))) break;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  const std::string_view bytes{data, size};
  (void)parse_verifier(bytes);
  const auto lines = base::split(bytes, '\n');
  as_server(lines);
  as_client(lines);
  ScramClient client{base::Secret{"geheim"}, "nonce"};
  (void)client.first();
  if (bytes.find("i=4096") != std::string_view::npos) (void)client.final(bytes);  // more would only be slower
  (void)client.verify(bytes);
  return 0;
}
