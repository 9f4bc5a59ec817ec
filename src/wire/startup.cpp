#include "wire/startup.hpp"

#include <algorithm>
#include <cctype>

#include "wire/bytes.hpp"

namespace pgbaton::wire {

using base::Code;
using base::fail;
using base::Result;

namespace {

// Codes in the place of a version, with a major that no protocol will have (src/include/libpq/pqcomm.h).
constexpr std::uint32_t kCancelCode = 80'877'102;
constexpr std::uint32_t kSslCode = 80'877'103;
constexpr std::uint32_t kGssCode = 80'877'104;
constexpr std::size_t kShortestPacket = 8;
constexpr std::size_t kShortestKey = 4;
constexpr std::size_t kLongestKey = 256;
constexpr std::string_view kOptionPrefix = "_pq_.";

std::uint32_t code_of(ProtocolVersion version) {
  return static_cast<std::uint32_t>(version.major) << 16 | static_cast<std::uint32_t>(version.minor);
}

ProtocolVersion version_of(std::uint32_t code) {
  return {static_cast<int>(code >> 16), static_cast<int>(code & 0xffff)};
}

template <typename Request>
Result<StartupPacket> read_request(const Reader& reader) {
  if (!reader.is_done()) return fail(Code::invalid_argument, "invalid length of startup packet");
  return Request{};
}

Result<StartupPacket> read_cancel(Reader reader) {
  const auto pid = reader.number(4);
  const auto key = reader.remaining();
  if (!reader.is_done() || key.size() < kShortestKey || key.size() > kLongestKey)
    return fail(Code::invalid_argument, "invalid length of cancel request packet");
  return CancelRequest{{pid, std::string(key)}};
}

Result<StartupPacket> read_startup_message(ProtocolVersion version, Reader reader) {
  if (version.major != kNewestProtocol.major)
    return fail(Code::invalid_argument, "unsupported frontend protocol {}.{}: server supports 3.0 to 3.{}",
                version.major, version.minor, kNewestProtocol.minor);
  StartupMessage message{version, {}};
  for (auto name = reader.text(); !name.empty(); name = reader.text()) {
    const auto value = reader.text();
    message.parameters.emplace_back(name, value);
  }
  if (!reader.is_done())
    return fail(Code::invalid_argument, "invalid startup packet layout: expected terminator as last byte");
  if (message.user().empty())
    return fail(Code::invalid_argument, "no PostgreSQL user name specified in startup packet");
  return message;
}

Result<StartupPacket> read_packet(Reader reader) {
  switch (const auto code = reader.number(4)) {
    case kSslCode:
      return read_request<SslRequest>(reader);
    case kGssCode:
      return read_request<GssRequest>(reader);
    case kCancelCode:
      return read_cancel(reader);
    default:
      return read_startup_message(version_of(code), reader);
  }
}

bool is_option(std::string_view name) { return name.starts_with(kOptionPrefix); }

}  // namespace

std::string_view StartupMessage::value(std::string_view name) const {
  std::string_view found;
  for (const auto& parameter : parameters)
    if (parameter.first == name) found = parameter.second;
  return found;
}

std::string_view StartupMessage::database() const {
  const auto named = value("database");
  return named.empty() ? user() : named;
}

bool StartupMessage::is_replication() const {
  std::string word(value("replication"));
  if (word == "database") return true;
  std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::tolower(c); });
  // PostgreSQL's parse_bool takes any beginning of a word that no other word has.
  for (const std::string_view yes : {"true", "yes"})
    if (!word.empty() && yes.starts_with(word)) return true;
  return word == "on" || word == "1";
}

Result<std::optional<ParsedStartup>> parse_startup(std::string_view bytes) {
  if (bytes.size() < 4) return std::nullopt;
  const std::size_t length = Reader{bytes}.number(4);
  if (length < kShortestPacket || length > kMaxStartupPacket)
    return fail(Code::invalid_argument, "invalid length of startup packet");
  if (bytes.size() < length) return std::nullopt;
  auto packet = TRY(read_packet(Reader{bytes.substr(4, length - 4)}));
  return ParsedStartup{std::move(packet), length};
}

Negotiation negotiate(const StartupMessage& asked) {
  Negotiation result;
  // 3.1 was never released: a pooler used the number (src/include/libpq/pqcomm.h).
  result.version = asked.version >= kNewestProtocol ? kNewestProtocol : ProtocolVersion{3, 0};
  for (const auto& parameter : asked.parameters)
    if (is_option(parameter.first)) result.unknown.push_back(parameter.first);
  // libpq refuses a server that negotiates and asks for no change.
  result.must_tell = result.version != asked.version || !result.unknown.empty();
  return result;
}

std::string build_startup(const StartupMessage& message, ProtocolVersion version) {
  Writer writer;
  writer.number(4, code_of(version));
  for (const auto& [name, value] : message.parameters)
    if (!is_option(name)) writer.text(name).text(value);
  return writer.text("").finish();
}

std::string build_cancel(const CancelKey& key) {
  return Writer{}.number(4, kCancelCode).number(4, key.pid).bytes(key.key).finish();
}

std::string build_ssl_request() { return Writer{}.number(4, kSslCode).finish(); }

}  // namespace pgbaton::wire
