#include "model/object_store.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.hpp"

namespace pgbaton::model {

using base::Code;
using base::Result;

namespace {

constexpr std::string_view kScheme = "s3://";
constexpr std::string_view kForm = "Write it as s3://BUCKET/PREFIX?endpoint=HOST:PORT&region=REGION.";

std::unexpected<base::Error> bad_store(std::string_view text, std::string_view why) {
  return base::fail({Code::invalid_argument, fmt::format("\"{}\": {}", text, why), std::string{kForm}});
}

// All of it gets into a file of settings, line by line.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; });
}

bool is_bucket(std::string_view name) {
  constexpr std::size_t kShortest = 3;
  constexpr std::size_t kLongest = 63;
  return name.size() >= kShortest && name.size() <= kLongest && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
         });
}

bool set_endpoint(ObjectStore& store, std::string_view value) {
  const auto colon = value.rfind(':');
  store.endpoint = value.substr(0, colon);
  if (colon == std::string_view::npos) return !store.endpoint.empty();
  const auto port = value.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), store.port);
  constexpr int kLast = 65535;
  return !store.endpoint.empty() && error == std::errc{} && end == port.data() + port.size() && store.port > 0 &&
         store.port <= kLast;
}

Result<> set_parameter(ObjectStore& store, std::string_view text, std::string_view parameter) {
  const auto equals = parameter.find('=');
  const auto name = parameter.substr(0, equals);
  const auto value = equals == std::string_view::npos ? std::string_view{} : parameter.substr(equals + 1);
  if (name == "endpoint") {
    if (!set_endpoint(store, value)) return bad_store(text, "the endpoint is no HOST or HOST:PORT");
  } else if (name == "region") {
    store.region = value;
  } else if (name == "style") {
    if (value != "path" && value != "host") return bad_store(text, "the style is path or host");
    store.style = value;
  } else if (name == "ca") {
    if (!value.starts_with('/')) return bad_store(text, "ca is the path of a file, from the root on");
    store.ca_file = value;
  } else {
    return bad_store(text, fmt::format("nothing is known of \"{}\"; there are endpoint, region, style and ca", name));
  }
  return {};
}

}  // namespace

bool is_object_store(std::string_view text) { return text.starts_with(kScheme); }

Result<ObjectStore> parse_object_store(std::string_view text) {
  if (!is_object_store(text) || !is_plain(text)) return bad_store(text, "not an object store");
  const auto rest = text.substr(kScheme.size());
  const auto question = rest.find('?');
  const auto place = rest.substr(0, question);
  const auto slash = place.find('/');
  ObjectStore store{.bucket = std::string{place.substr(0, slash)}};
  if (!is_bucket(store.bucket)) return bad_store(text, "the bucket's name has 3 to 63 of a-z, 0-9, dot and hyphen");
  if (slash != std::string_view::npos) store.prefix = place.substr(slash);
  while (store.prefix.size() > 1 && store.prefix.ends_with('/')) store.prefix.pop_back();
  if (question != std::string_view::npos)
    for (const auto& parameter : base::split(rest.substr(question + 1), '&'))
      TRY(set_parameter(store, text, parameter));
  if (store.region.empty()) return bad_store(text, "the region is missing; stores that have none take us-east-1");
  if (store.endpoint.empty()) {
    store.endpoint = fmt::format("s3.{}.amazonaws.com", store.region);
    store.style = "host";
  }
  return store;
}

}  // namespace pgbaton::model
