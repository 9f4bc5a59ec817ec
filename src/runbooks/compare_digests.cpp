#include "runbooks/major_steps.hpp"

namespace pgbaton::runbooks {

using base::Json;

namespace {

// The table of this name in the other list; null when it is gone.
const Json* same_in(const Json& list, const Json& wanted, const char* name) {
  for (const auto& one : list)
    if (one.at("database") == wanted.at("database") && one.at(name) == wanted.at(name)) return &one;
  return nullptr;
}

void compare_one(const Json& before, const Json* after, const char* name, const char* value, Json& different) {
  const auto called =
      fmt::format("{} in {}", before.at(name).get<std::string>(), before.at("database").get<std::string>());
  if (after == nullptr)
    different.push_back(called + " is gone");
  else if (before.at(value) != after->at(value))
    different.push_back(fmt::format("{} was {} and is {}", called, before.at(value).dump(), after->at(value).dump()));
}

}  // namespace

Json compare_digests(const Json& before, const Json& after) {
  Json different = Json::array();
  std::int64_t read = 0;
  std::int64_t rows = 0;
  for (const auto& table : before.at("tables")) {
    const auto* now = same_in(after.at("tables"), table, "table");
    if (table.at("digest").get<std::string>().empty()) {
      if (now == nullptr) compare_one(table, now, "table", "digest", different);
      continue;
    }
    ++read;
    rows += table.at("rows").get<std::int64_t>();
    compare_one(table, now, "table", "digest", different);
  }
  for (const auto& objects : before.at("objects"))
    compare_one(objects, same_in(after.at("objects"), objects, "kind"), "kind", "value", different);
  for (const auto& objects : after.at("objects"))
    if (same_in(before.at("objects"), objects, "kind") == nullptr)
      different.push_back(fmt::format("{} in {} are new", objects.at("kind").get<std::string>(),
                                      objects.at("database").get<std::string>()));
  for (const auto& sequence : before.at("sequences"))
    compare_one(sequence, same_in(after.at("sequences"), sequence, "sequence"), "sequence", "value", different);
  return {{"whole", before.at("whole")},
          {"tables", before.at("tables").size()},
          {"tables_read", read},
          {"rows_read", rows},
          {"sequences", before.at("sequences").size()},
          {"objects", before.at("objects")},
          {"equal", different.empty()},
          {"different", different}};
}

}  // namespace pgbaton::runbooks
