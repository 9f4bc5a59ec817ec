#include "cli/upgrade_text.hpp"

#include <array>

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/json_view.hpp"
#include "cli/operation_text.hpp"
#include "cli/table.hpp"
#include "cli/text_layout.hpp"

namespace pgbaton::cli {

using base::Json;

namespace {

struct VerdictRow {
  std::string_view name;
  Paint paint;
  std::string_view sentence;
};
constexpr std::array kVerdicts{VerdictRow{"clean", Paint::good, "nothing stands against it"},
                               VerdictRow{"know", Paint::good, "it can be done; there is something to know"},
                               VerdictRow{"act", Paint::warning, "it can be done; something asks for your action"},
                               VerdictRow{"stop", Paint::bad, "it is refused until what is marked stop is mended"}};

std::string verdict_sentence(std::string_view verdict, const Console& console) {
  const auto* row = std::ranges::find(kVerdicts, verdict, &VerdictRow::name);
  if (row == kVerdicts.end()) return std::string{verdict};
  return fmt::format("{}: {}.", console.painted(row->paint, verdict), row->sentence);
}

Paint paint_of_severity(std::string_view severity) {
  const auto* row = std::ranges::find(kVerdicts, severity, &VerdictRow::name);
  return row == kVerdicts.end() ? Paint::plain : row->paint;
}

// The first few by name: a whole catalog of indexes would hide what is said about them.
std::string names_text(const Json& objects) {
  constexpr std::size_t kNamed = 8;
  std::vector<std::string> names;
  for (const auto& object : objects)
    if (object.is_string() && names.size() < kNamed) names.push_back(object.get<std::string>());
  auto text = base::join(names, ", ");
  if (objects.size() > kNamed) text += fmt::format(" and {} more", objects.size() - kNamed);
  return text;
}

std::string findings_text(const Json& findings, const Console& console) {
  constexpr std::size_t kIndent = 8;
  std::string text;
  for (const auto& finding : findings) {
    const auto severity = text_at(finding, "severity");
    const auto database = text_at(finding, "database");
    auto lines = paragraph(
        database.empty() ? text_at(finding, "text") : fmt::format("{}: {}", database, text_at(finding, "text")),
        console.width, kIndent);
    // The paragraph's indent is where the severity goes.
    lines.replace(0, kIndent, "  " + console.painted(paint_of_severity(severity), padded(severity, kIndent - 2)));
    text += lines;
    if (const auto names = names_text(part_at(finding, "objects")); !names.empty())
      text += paragraph(names, console.width, kIndent);
    if (const auto remedy = text_at(finding, "remedy"); !remedy.empty())
      text += paragraph("→ " + remedy, console.width, kIndent);
  }
  return text;
}

std::string estimate_sentence(const Json& estimate) {
  const auto total = range_text(part_at(estimate, "total_ms"));
  if (total.empty()) return {};
  const auto outage = range_text(part_at(estimate, "outage_ms"));
  return fmt::format("Expected: {} in all{} ({}).", total,
                     outage.empty() || outage == "0 ms" ? "" : fmt::format("; clients wait {}", outage),
                     flag_at(estimate, "learnt") ? "learnt from earlier ones on this machine"
                                                 : "a first guess: none was done on this machine yet");
}

std::string engine_text(const Json& engine) {
  if (!engine.is_object()) return engine.is_string() ? engine.get<std::string>() : "";
  const auto build = text_at(engine, "build");
  return build.empty() ? text_at(engine, "version") : fmt::format("{} ({})", text_at(engine, "version"), build);
}

std::string steps_table(const Json& plan, const Console& console) {
  Table steps{{{"", Align::right}, {"CLIENTS"}, {"TIME", Align::right}, {"WHAT"}}};
  int number = 0;
  for (const auto& step : part_at(plan, "steps")) {
    const auto impact = model::parse_Impact(text_at(step, "impact")).value_or(model::Impact::none);
    const auto estimate = number_at(step, "estimate_ms");
    const bool no_return = flag_at(step, "point_of_no_return");
    steps.add({std::to_string(++number),
               {std::string{impact_text(impact)}, impact == model::Impact::none ? Paint::dim : Paint::warning},
               estimate > 0 ? base::humanise(base::Millis{estimate}) : "",
               text_at(step, "text") + (no_return ? " (from here on only forward)" : "")});
  }
  return steps.empty() ? "" : "\n" + steps.render(console);
}

// Each outage by itself: what leads to it, and how long it is.
std::string hops_text(const Json& hops, const Console& console) {
  std::string text;
  int number = 0;
  for (const auto& hop : hops) {
    text += "\n" +
            console.painted(Paint::strong,
                            fmt::format("Hop {} of {}: {} from {} to {}", ++number, hops.size(),
                                        noun(text_at(hop, "kind")), text_at(hop, "from"), text_at(hop, "to"))) +
            "\n" + paragraph(estimate_sentence(part_at(hop, "estimate")), console.width, 0);
    text += steps_table(hop, console);
  }
  return text;
}

std::string version_field(const Json& json, std::string_view field) {
  const auto part = part_at(json, field);
  return part.is_object() ? engine_text(part) : text_at(json, field);
}

void append_offer(std::string& text, std::string_view database, const Json& offer, const Console& console) {
  const bool direct = flag_at(offer, "direct");
  const auto version = text_at(offer, "version");
  text += fmt::format("\n  {}  {}{}\n", console.painted(Paint::strong, engine_text(offer)), text_at(offer, "kind"),
                      direct ? ", in one step over several majors" : "");
  for (const auto& line : {text_at(offer, "text"), estimate_sentence(part_at(offer, "estimate"))})
    if (!line.empty()) text += paragraph(line, console.width, 4);
  for (const auto& note : part_at(offer, "notes"))
    if (note.is_string()) text += paragraph("Note: " + note.get<std::string>(), console.width, 4);
  text += fmt::format("    pgbaton upgrade {} --to {}{}\n", database, version, direct ? " --direct" : "");
}

}  // namespace

std::string offers_text(std::string_view database, const Json& answer, const Console& console) {
  const auto offers = part_at(answer, "offers");
  std::string text = fmt::format("{} runs PostgreSQL {}.", database, version_field(answer, "current"));
  text += offers.empty() ? " There is no newer version to go to.\n" : " It can go to:\n";
  for (const auto& offer : offers) append_offer(text, database, offer, console);
  Table refused{{{""}, {""}}};
  for (const auto& row : part_at(answer, "refused")) {
    const auto remedy = text_at(row, "remedy");
    refused.add({"  " + engine_text(row), text_at(row, "reason") + (remedy.empty() ? "" : " → " + remedy)});
  }
  if (!refused.empty()) text += "\nNot offered:\n" + refused.render(console);
  return text;
}

std::string upgrade_plan_text(const Json& plan, const Console& console) {
  const auto from = version_field(plan, "from");
  std::string text = fmt::format("{} of {} from {} to {}\n", capitalised(noun(text_at(plan, "kind"))),
                                 text_at(plan, "database"), from, version_field(plan, "to"));
  if (const auto said = text_at(plan, "text"); !said.empty()) text += "\n" + paragraph(said, console.width, 0);
  for (const auto& note : part_at(plan, "notes"))
    if (note.is_string()) text += paragraph("Note: " + note.get<std::string>(), console.width, 0);
  const auto hops = part_at(plan, "hops");
  text += hops.empty() ? steps_table(plan, console) : hops_text(hops, console);
  if (const auto expected = estimate_sentence(part_at(plan, "estimate")); !expected.empty())
    text += "\n" + paragraph(expected, console.width, 0);
  if (const auto way_back = text_at(plan, "way_back"); !way_back.empty()) text += paragraph(way_back, console.width, 0);
  const auto preflight = part_at(plan, "preflight");
  if (!preflight.is_object()) return text;
  return text + fmt::format("\nPreflight: {}\n", verdict_sentence(text_at(preflight, "verdict"), console)) +
         findings_text(part_at(preflight, "findings"), console);
}

namespace {

std::string report_text(const Json& report, const Console& console) {
  Table checks{{{""}, {""}}};
  for (const auto& check : part_at(report, "checks")) {
    const auto worst = text_at(check, "worst");
    checks.add(
        {{"  " + (worst.empty() ? std::string{"passed"} : worst), paint_of_severity(worst.empty() ? "clean" : worst)},
         text_at(check, "title")});
  }
  const auto findings = findings_text(part_at(report, "findings"), console);
  return checks.render(console) + (findings.empty() ? "" : "\n" + findings);
}

// Of one that was kept. One that was run just now needs no words.
std::string age_text(const Json& report, const Console& console) {
  const auto expired = text_at(report, "expired");
  const base::Millis age{number_at(report, "age_ms")};
  if (!report.contains("holds") || (expired.empty() && age < std::chrono::seconds{1})) return {};
  const auto text = fmt::format("As of {}, {} ago. {}", short_time(text_at(report, "ended_at")), base::humanise(age),
                                expired.empty() ? "It still holds." : "It does not hold any more: " + expired);
  return console.painted(expired.empty() ? Paint::good : Paint::warning, text) + "\n";
}

std::string later_hops_text(const Json& answer, const Console& console) {
  const auto hops = part_at(answer, "hops");
  std::string text;
  for (std::size_t at = 0; at < hops.size(); ++at)
    text += fmt::format("\nHop {} of {}, from {} to {}, as far as it can be known now: {}\n", at + 2, hops.size() + 1,
                        text_at(hops[at], "from"), text_at(hops[at], "target"),
                        verdict_sentence(text_at(hops[at], "verdict"), console)) +
            report_text(hops[at], console);
  return text;
}

}  // namespace

std::string checks_text(const Json& answer, const Console& console) {
  Table table{{{"CHECK"}, {"FINDS"}, {"UPGRADES"}, {"WHAT HOLDS WHEN IT HAS PASSED"}}};
  for (const auto& check : part_at(answer, "checks")) {
    const auto severity = text_at(check, "severity");
    table.add({text_at(check, "id"),
               {severity, paint_of_severity(severity)},
               text_at(check, "upgrades"),
               text_at(check, "title")});
  }
  return table.render(console);
}

std::string preflight_text(std::string_view database, const Json& answer, const Console& console) {
  return fmt::format("{} to {}: {}\n", database, version_field(answer, "target"),
                     verdict_sentence(text_at(answer, "verdict"), console)) +
         age_text(answer, console) + report_text(answer, console) + later_hops_text(answer, console);
}

}  // namespace pgbaton::cli
