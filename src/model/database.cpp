#include "model/database.hpp"

#include <algorithm>
#include <array>

namespace pgbaton::model {

const Node& primary_of(const Database& database) {
  const auto found = std::ranges::find(database.nodes, Role::primary, &Node::role);
  return found == database.nodes.end() ? database.nodes.at(0) : *found;
}

std::vector<Node> standbys_of(const Database& database) {
  std::vector<Node> standbys;
  std::ranges::copy_if(database.nodes, std::back_inserter(standbys),
                       [](const Node& node) { return node.role == Role::standby; });
  return standbys;
}

int standbys_wanted(Topology topology) {
  switch (topology) {
    case Topology::starter:
      return 0;
    case Topology::business:
      return 1;
    case Topology::enterprise:
      return 2;
  }
  return 0;
}

base::Result<> check_database_name(std::string_view name) {
  constexpr std::size_t kLongest = 48;  // PostgreSQL allows 63 bytes; nodes and slots add a suffix
  static constexpr std::array<std::string_view, 5> kReserved{"postgres", "template0", "template1", "pgbaton", "public"};
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool well_formed = !name.empty() && name.size() <= kLongest && is_letter(name.front()) &&
                           std::ranges::all_of(name, [&](char c) { return is_letter(c) || is_digit(c); });
  if (!well_formed)
    return base::fail(
        {base::Code::invalid_argument, fmt::format("\"{}\" cannot be the name of a database", name),
         fmt::format("Use lower-case letters, digits and underscores, starting with a letter, at most {}.", kLongest)});
  if (name.starts_with("pg_") || std::ranges::find(kReserved, name) != kReserved.end())
    return base::fail(
        {base::Code::invalid_argument, fmt::format("the name \"{}\" is reserved", name), "Choose another name."});
  return {};
}

}  // namespace pgbaton::model
