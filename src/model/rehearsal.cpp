#include "model/rehearsal.hpp"

namespace pgbaton::model {

std::optional<Expired> expired(const Binding& then, const Binding& now, std::chrono::hours counts) {
  if (then.from != now.from) return Expired::engine;
  if (now.at - then.at > counts) return Expired::age;
  if (then.schema != now.schema) return Expired::schema;
  if (then.configuration != now.configuration) return Expired::configuration;
  return std::nullopt;
}

}  // namespace pgbaton::model
