// An S3-compatible object store that backups are kept in, as people name it:
//
//   s3://BUCKET/PREFIX?endpoint=HOST:PORT&region=REGION&style=path&ca=FILE
//
// Who we are to it is never part of that. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace pgbaton::model {

struct ObjectStore {
  std::string bucket;
  std::string prefix = "/";  // begins with a slash
  std::string endpoint;      // host name
  int port = 443;
  std::string region;
  std::string style = "path";  // "path": HOST/BUCKET/…; "host": BUCKET.HOST/…
  std::string ca_file;         // who signed its certificate; empty: the system's own list
  base::Secret key_id;
  base::Secret key_secret;
};

[[nodiscard]] bool is_object_store(std::string_view text);
/// Without keys. Code::invalid_argument says what is wrong. Without an endpoint it is Amazon's own of the region.
[[nodiscard]] base::Result<ObjectStore> parse_object_store(std::string_view text);

}  // namespace pgbaton::model
