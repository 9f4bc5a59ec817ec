// What PostgreSQL has logged on the nodes of a database: asked of each node's agent, and put in the order of its times.
#include <charconv>

#include "base/text.hpp"
#include "server/databases.hpp"
#include "system/clock.hpp"

namespace pgbaton::server {

using base::Code;
using base::Json;
using base::Result;
using model::Database;

namespace {

using LogWords = std::map<std::string, std::string>;

constexpr int kUsualLogEntries = 100;

std::string word_of(const LogWords& asked, const char* name) {
  const auto found = asked.find(name);
  return found == asked.end() ? std::string{} : found->second;
}

/// "2026-11-22T17:20:03Z", or how long ago: "15min".
Result<std::string> since_of(const std::string& text) {
  if (text.empty()) return std::string{};
  if (const auto time = base::parse_rfc3339(text)) return base::to_rfc3339(*time);
  const bool has_unit = text.find_first_not_of("0123456789") != std::string::npos;
  const auto ago = base::parse_duration(text);
  if (ago && has_unit) return base::to_rfc3339(system::SystemClock{}.now() - *ago);
  return base::fail({Code::invalid_argument, fmt::format("\"{}\" is no time", text),
                     "Say since when, like 2026-11-22T17:20:03Z, or how long ago, like 30s, 15min or 2h."});
}

Result<api::LogLevel> log_level_of(std::string text) {
  if (text.empty()) return api::LogLevel::debug;
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (const auto level = api::parse_LogLevel(text)) return *level;
  return base::fail({Code::invalid_argument, fmt::format("\"{}\" is no level of the log", text),
                     "Levels are LOG, WARNING, ERROR, FATAL and PANIC; each shows the worse ones too."});
}

Result<int> lines_of(const std::string& text, int usual) {
  if (text.empty()) return usual;
  int lines = 0;
  const auto* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, lines);
  if (error == std::errc{} && rest == end && lines >= 1 && lines <= api::kMostLogEntries) return lines;
  return base::fail({Code::invalid_argument, fmt::format("\"{}\" is no number of entries", text),
                     fmt::format("Ask for 1 to {} entries.", api::kMostLogEntries)});
}

Result<api::LogQuestion> log_question_of(const LogWords& asked) {
  api::LogQuestion question{.text = word_of(asked, "text")};
  question.since = TRY(since_of(word_of(asked, "since")));
  question.level = TRY(log_level_of(word_of(asked, "level")));
  const bool is_all = !question.since.empty() || !word_of(asked, "after").empty();
  question.lines = TRY(lines_of(word_of(asked, "lines"), is_all ? api::kMostLogEntries : kUsualLogEntries));
  return question;
}

/// "shop_1=…,shop_2=…": each node's own cursor.
LogWords cursors_of(const std::string& text) {
  LogWords cursors;
  for (const auto& part : base::split(text, ','))
    if (const auto is = part.find('='); is != std::string::npos) cursors[part.substr(0, is)] = part.substr(is + 1);
  return cursors;
}

std::string joined(const LogWords& cursors) {
  std::vector<std::string> parts;
  parts.reserve(cursors.size());
  for (const auto& [node, cursor] : cursors) parts.push_back(node + "=" + cursor);
  return base::join(parts, ",");
}

/// By its name, or the number at its end; empty: all.
Result<std::vector<model::Node>> nodes_meant(const Database& database, const std::string& wanted) {
  std::vector<model::Node> meant;
  std::vector<std::string> names;
  for (const auto& node : database.nodes) {
    names.push_back(node.name);
    if (wanted.empty() || wanted == node.name || database.name + "_" + wanted == node.name) meant.push_back(node);
  }
  if (!meant.empty()) return meant;
  return base::fail({Code::not_found, fmt::format("{} has no node {}", database.name, wanted),
                     fmt::format("Its nodes: {}.", base::join(names, ", "))});
}

Json entry_view(const api::LogEntry& entry, const std::string& node) {
  Json view{{"time", entry.time}, {"node", node}};
  const Json fields(entry);
  for (const auto& [name, value] : fields.items())
    if (name != "time") view[name] = value.is_string() && value.get_ref<const std::string&>().empty() ? Json{} : value;
  return view;
}

/// The answers of all nodes, put together.
struct LogsOfNodes {
  std::vector<Json> entries;
  Json nodes = Json::array();
  LogWords cursors;
  std::optional<base::Error> failure;  // of the first that did not answer
  int answered = 0;
  bool is_cut = false;

  void add(const model::Node& node, Result<api::LogAnswer> answer) {
    nodes.push_back({{"name", node.name},
                     {"role", to_string(node.role)},
                     {"problem", answer ? Json{} : Json(answer.error().message)}});
    if (!answer) {
      if (!failure) failure = answer.error();
      return;
    }
    ++answered;
    for (const auto& entry : answer->entries) entries.push_back(entry_view(entry, node.name));
    cursors[node.name] = answer->cursor;
    is_cut = is_cut || answer->is_cut;
  }

  void put_in_order() {
    std::ranges::stable_sort(entries, {}, [](const Json& entry) { return entry["time"].get<std::string>(); });
  }

  void keep_newest(std::size_t most) {
    if (entries.size() <= most) return;
    entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(most));
    is_cut = true;
  }
};

}  // namespace

Result<Json> Databases::logs(const std::string& name, const std::map<std::string, std::string>& asked) {
  const auto database = TRY(shop_.records.database(name))
  .value;
  if (database.nodes.empty()) return base::fail(Code::refused, "database {} is being created", name);
  const auto nodes = TRY(nodes_meant(database, word_of(asked, "node")));
  auto question = TRY(log_question_of(asked));
  LogsOfNodes all{.cursors = cursors_of(word_of(asked, "after"))};
  for (const auto& node : nodes) {
    const auto cursor = all.cursors.find(node.name);
    question.after = cursor == all.cursors.end() ? "" : cursor->second;
    all.add(node, shop_.agents.of(node).log(node.name, question));
  }
  if (all.answered == 0) return std::unexpected(*all.failure);
  all.put_in_order();
  if (word_of(asked, "after").empty()) all.keep_newest(static_cast<std::size_t>(question.lines));
  return Json{{"name", name},
              {"nodes", all.nodes},
              {"entries", all.entries},
              {"cursor", joined(all.cursors)},
              {"cut", all.is_cut}};
}

}  // namespace pgbaton::server
