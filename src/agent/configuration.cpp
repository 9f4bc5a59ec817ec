#include "agent/configuration.hpp"

#include "base/text.hpp"
#include "catalog/builtin.hpp"
#include "catalog/major.hpp"

namespace pgbaton::agent {

base::Result<std::string> translated_configuration(const system::Path& data, int from, int to) {
  const auto facts = TRY(catalog::parse_major_facts(catalog::builtin::majors()));
  const auto text = system::read_file(data / "postgresql.auto.conf");
  if (!text) return std::string{};
  std::string translated;
  for (const auto& line : base::lines(*text)) translated += catalog::translated_line(facts, line, from, to) + "\n";
  return translated;
}

}  // namespace pgbaton::agent
