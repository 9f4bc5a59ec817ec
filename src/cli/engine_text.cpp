#include "cli/engine_text.hpp"

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/json_view.hpp"
#include "cli/operation_text.hpp"
#include "cli/table.hpp"

namespace pgbaton::cli {

using base::Json;

namespace {

Paint paint_of_state(std::string_view state) {
  if (state == "available" || state == "default") return Paint::good;
  if (state == "withdrawn") return Paint::bad;
  return state == "found" ? Paint::dim : Paint::warning;
}

// "short", "long", "short failed": the newest, which comes first.
std::string tested(const Json& engine) {
  const auto all = part_at(engine, "qualifications");
  if (all.empty() || !all.is_array()) return {};
  const auto& newest = all.front();
  return text_at(newest, "level") + (flag_at(newest, "passed") ? "" : " failed");
}

std::string names(const Json& array) {
  std::vector<std::string> parts;
  for (const auto& name : array)
    if (name.is_string()) parts.push_back(name.get<std::string>());
  return base::join(parts, ", ");
}

}  // namespace

std::string engine_name(const Json& engine) {
  const auto build = text_at(engine, "build");
  return build.empty() ? text_at(engine, "version") : fmt::format("{} ({})", text_at(engine, "version"), build);
}

std::string engine_table(const Json& answer, const Console& console) {
  Table table{{{"VERSION"},
               {"BUILD"},
               {"SOURCE"},
               {"STATE"},
               {"INSTALLED"},
               {"SIZE", Align::right},
               {"TESTED"},
               {"END OF LIFE"},
               {"USED BY"}}};
  for (const auto& engine : part_at(answer, "engines")) {
    const auto state = text_at(engine, "state");
    const auto qualified = tested(engine);
    table.add({{text_at(engine, "version"), Paint::strong},
               text_at(engine, "build"),
               text_at(engine, "source"),
               {state, paint_of_state(state)},
               flag_at(engine, "installed") ? "yes" : "",
               size_text(number_at(engine, "size_bytes")),
               {qualified, qualified.ends_with("failed") ? Paint::bad : Paint::plain},
               text_at(engine, "end_of_life"),
               names(part_at(engine, "used_by"))});
  }
  std::string text =
      table.empty() ? "No engine is known yet. Ask the sources: pgbaton engines sync\n" : table.render(console);
  for (const auto& warning : part_at(answer, "warnings"))
    if (warning.is_string())
      text += fmt::format("{} {}\n", console.painted(Paint::warning, "warning:"), warning.get<std::string>());
  return text;
}

std::string qualification_text(const Json& answer, std::string_view name, const Console& console) {
  for (const auto& engine : part_at(answer, "engines")) {
    if (text_at(engine, "id") != name && text_at(engine, "version") != name) continue;
    const auto all = part_at(engine, "qualifications");
    if (all.empty() || !all.is_array()) continue;
    const auto& newest = all.front();
    const bool passed = flag_at(newest, "passed");
    Table checks{{{""}, {""}, {"", Align::right}, {""}}};
    for (const auto& check : part_at(newest, "checks")) {
      const bool good = flag_at(check, "passed");
      checks.add({{good ? "  passed" : "  failed", good ? Paint::good : Paint::bad},
                  text_at(check, "name"),
                  base::humanise(base::Millis{number_at(check, "duration_ms")}),
                  text_at(check, "detail")});
    }
    return fmt::format("{} {} the {} qualification.\n{}", engine_name(engine), passed ? "passed" : "failed",
                       text_at(newest, "level"), checks.render(console));
  }
  return fmt::format("{} is qualified.\n", name);
}

std::string took_text(const model::Operation& operation) {
  const auto took = duration(operation);
  return took ? " in " + base::humanise(*took) : "";
}

}  // namespace pgbaton::cli
