#include "cli/database_text.hpp"

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/json_view.hpp"
#include "cli/table.hpp"

namespace pgbaton::cli {

using base::Json;

namespace {

/// One that runs and lets nobody in does not look like one that runs.
std::string state_of(const Json& database) {
  const auto state = text_at(database, "state");
  return state == "running" && part_at(database, "maintenance").is_object() ? "maintenance" : state;
}

Paint paint_of_state(std::string_view state) {
  if (state == "running") return Paint::good;
  return state == "stopped" ? Paint::bad : Paint::warning;
}

// A version, or an object that has one.
std::string next_upgrade(const Json& database) {
  const auto next = part_at(database, "next_upgrade");
  return next.is_object() ? text_at(next, "version") : text_at(database, "next_upgrade");
}

std::string id_of(const Json& database, std::string_view field) {
  const auto part = part_at(database, field);
  return part.is_object() ? text_at(part, "id") : text_at(database, field);
}

std::string version_and_build(const Json& json) {
  const auto build = text_at(json, "build");
  return build.empty() ? text_at(json, "version") : fmt::format("{} ({})", text_at(json, "version"), build);
}

// Of a standby: what is wrong, or how commits count it; of every node its timeline.
Cell replication_cell(const Json& node) {
  const auto replication = part_at(node, "replication");
  if (!replication.is_object() || replication.empty()) return "";
  const auto timeline = fmt::format("timeline {}", number_at(replication, "timeline"));
  if (text_at(node, "role") != "standby") return timeline;
  if (const auto trouble = text_at(replication, "trouble"); !trouble.empty()) return {trouble, Paint::bad};
  const auto sync = text_at(replication, "sync_state");
  return {fmt::format("streaming{}, {}", sync.empty() ? "" : ", " + sync, timeline), Paint::good};
}

std::string node_table(const Json& nodes, const Console& console) {
  Table table{{{"NODE"}, {"ROLE"}, {"VERSION"}, {"STATE"}, {"REPLICATION"}, {"BEHIND", Align::right}, {"LIMITS"}}};
  for (const auto& node : nodes) {
    const auto state = text_at(node, "state");
    const auto lag = node.contains("lag_bytes") && node["lag_bytes"].is_number()
                         ? base::humanise(base::Bytes{number_at(node, "lag_bytes")})
                         : "";
    table.add({text_at(node, "name"),
               text_at(node, "role"),
               text_at(node, "version"),
               {state, paint_of_state(state)},
               replication_cell(node),
               text_at(node, "role") == "standby" ? lag : "",
               text_at(node, "limits")});
  }
  return table.render(console);
}

}  // namespace

std::string database_table(const Json& answer, const Console& console) {
  Table table{
      {{"NAME"}, {"PLAN"}, {"VERSION"}, {"STATE"}, {"PORT", Align::right}, {"SIZE", Align::right}, {"UPGRADE TO"}}};
  for (const auto& database : part_at(answer, "databases")) {
    const auto state = state_of(database);
    table.add({{text_at(database, "name"), Paint::strong},
               text_at(database, "plan"),
               text_at(database, "version"),
               {state, paint_of_state(state)},
               text_at(database, "port"),
               size_text(number_at(database, "size_bytes")),
               next_upgrade(database)});
  }
  if (table.empty()) return "There are no databases yet. Make one: pgbaton create NAME --plan starter-512\n";
  return table.render(console);
}

namespace {

std::string park_text(const Json& database) {
  const auto after = number_at(database, "park_after_ms");
  return after > 0 ? base::humanise(base::Millis{after}) : "";
}

std::string allowed_text(const Json& database) {
  std::vector<std::string> ranges;
  for (const auto& range : part_at(database, "allow")) ranges.push_back(range.get<std::string>());
  return base::join(ranges, ", ");
}

std::string restorable_text(const Json& database) {
  const auto backups = part_at(database, "backups");
  if (!backups.is_object()) return {};
  const auto window = part_at(backups, "window");
  const auto earliest = window.is_object() ? text_at(window, "earliest") : std::string{};
  if (earliest.empty()) return "not yet: there is no backup";
  const auto archiving = part_at(backups, "archiving");
  const auto state = archiving.is_object() ? text_at(archiving, "state") : std::string{};
  if (state != "on")
    return fmt::format("from {} on; the log does not get into the repository now", short_time(earliest));
  const auto tail = part_at(archiving, "tail");
  if (!tail.is_object() || text_at(tail, "state") != "streaming")
    return fmt::format("from {} on", short_time(earliest));
  return fmt::format("from {} on; the log is streamed, {} ms behind", short_time(earliest), number_at(tail, "lag_ms"));
}

std::string kept_text(const Json& database) {
  const auto kept = part_at(database, "kept");
  if (!kept.is_object() || kept.empty()) return {};
  return fmt::format("PostgreSQL {} until {}{}", text_at(kept, "version"), short_time(text_at(kept, "until")),
                     flag_at(kept, "can_revert") ? "" : "; it cannot be gone back to: its files were linked");
}

std::string scheduled_text(const Json& database) {
  const auto scheduled = part_at(database, "scheduled");
  if (!scheduled.is_object() || scheduled.empty()) return {};
  const auto problem = text_at(scheduled, "problem");
  return fmt::format("{}{} between {} and {} (UTC){}", flag_at(scheduled, "automatic") ? "by itself to " : "to ",
                     text_at(scheduled, "to"), short_time(text_at(scheduled, "from")),
                     short_time(text_at(scheduled, "until")), problem.empty() ? "" : "; it has not begun: " + problem);
}

std::string window_text(const Json& database) {
  const auto window = text_at(database, "window");
  return window.empty() || !flag_at(database, "auto_minor") ? window : window + ", newer minors by themselves";
}

}  // namespace

std::string maintenance_text(const Json& database) {
  const auto maintenance = part_at(database, "maintenance");
  if (!maintenance.is_object()) return {};
  const auto until = text_at(maintenance, "until");
  const auto message = text_at(maintenance, "message");
  return fmt::format("since {}{}{}", short_time(text_at(maintenance, "since")),
                     until.empty() ? "" : " until " + short_time(until), message.empty() ? "" : ": " + message);
}

std::string describe_database(const Json& database, const Console& console) {
  const auto state = state_of(database);
  Table table{{{""}, {""}}};
  table.add({"name", {text_at(database, "name"), Paint::strong}});
  table.add({"plan", text_at(database, "plan")});
  table.add({"version", version_and_build(database)});
  table.add({"state", {state, paint_of_state(state)}});
  const std::vector<std::pair<const char*, std::string>> others{
      {"operation", id_of(database, "current_operation")},
      {"maintenance", maintenance_text(database)},
      {"replication", part_at(database, "nodes").size() > 1 ? text_at(database, "replication") : ""},
      {"port", text_at(database, "port")},
      {"size", size_text(number_at(database, "size_bytes"))},
      {"created", short_time(text_at(database, "created_at"))},
      {"park after", park_text(database)},
      {"allowed", allowed_text(database)},
      {"upgrade to", next_upgrade(database)},
      {"window", window_text(database)},
      {"scheduled", scheduled_text(database)},
      {"restorable", restorable_text(database)},
      {"kept", kept_text(database)},
      {"revert until", short_time(text_at(database, "revert_until"))}};
  for (const auto& [name, value] : others)
    if (!value.empty()) table.add({name, value});
  const auto nodes = part_at(database, "nodes");
  return table.render(console) + (nodes.empty() ? "" : "\n" + node_table(nodes, console));
}

std::string sessions_text(const Json& answer, const Console& console) {
  Table table{{{"ID", Align::right},
               {"USER"},
               {"DATABASE"},
               {"APPLICATION"},
               {"CLIENT"},
               {"STATE"},
               {"SINCE"},
               {"NOT CARRIED"}}};
  for (const auto& session : part_at(answer, "sessions")) {
    std::vector<std::string> reasons;
    for (const auto& reason : part_at(session, "uncarried")) reasons.push_back(reason.get<std::string>());
    table.add({text_at(session, "id"), text_at(session, "user"), text_at(session, "database"),
               text_at(session, "application_name"), text_at(session, "client"), text_at(session, "state"),
               short_time(text_at(session, "since")), base::join(reasons, ", ")});
  }
  return table.empty() ? "Nobody is connected.\n" : table.render(console);
}

std::string what_destroy_deletes(const Json& database) {
  const auto size = size_text(number_at(database, "size_bytes"));
  return fmt::format("destroy would delete {} for good: PostgreSQL {}{}, {}", text_at(database, "name"),
                     text_at(database, "version"), size.empty() ? "" : ", " + size + " of data",
                     base::counted(part_at(database, "nodes").size(), "node"));
}

}  // namespace pgbaton::cli
