// PostgreSQL's own log of a node, as its agent answers it.
#pragma once

#include <string>
#include <vector>

#include "base/names.hpp"

namespace pgbaton::api {

/// How bad an entry is, worst last. PostgreSQL's INFO and NOTICE, and lines of other programs, count as log.
enum class LogLevel { debug, log, warning, error, fatal, panic };
PGBATON_ENUM_NAMES(LogLevel, {LogLevel::debug, "DEBUG"}, {LogLevel::log, "LOG"}, {LogLevel::warning, "WARNING"},
                   {LogLevel::error, "ERROR"}, {LogLevel::fatal, "FATAL"}, {LogLevel::panic, "PANIC"})

/// `word`: as PostgreSQL writes it before its message.
constexpr LogLevel level_of(std::string_view word) { return parse_LogLevel(word).value_or(LogLevel::log); }

constexpr int kMostLogEntries = 5'000;  // in one answer

struct LogQuestion {
  std::string after;  // the cursor of an earlier answer: what was written since then; empty: the newest entries
  std::string since;  // RFC 3339 with milliseconds; empty: however old
  LogLevel level = LogLevel::debug;  // that and worse
  std::string text;                  // that an entry has somewhere, whatever its case; empty: any
  int lines = 100;                   // entries, at most kMostLogEntries
};
PGBATON_JSON(LogQuestion, after, since, level, text, lines)

/// One message with what PostgreSQL adds to it. Passwords are left out, long texts cut.
struct LogEntry {
  std::string time;      // RFC 3339
  std::string level;     // PostgreSQL's word; empty: a line of another program, as an archive_command
  int pid = 0;           // of the process that said it
  std::string sqlstate;  // empty: 00000
  std::string user;      // this and the next three: of a client's session
  std::string database;
  std::string client;  // [local]: the gateway, or somebody on the host
  std::string application_name;
  std::string message;
  std::string detail;
  std::string hint;
  std::string query;  // that a function ran
  std::string context;
  std::string statement;
};
PGBATON_JSON(LogEntry, time, level, pid, sqlstate, user, database, client, application_name, message, detail, hint,
             query, context, statement)

struct LogAnswer {
  std::vector<LogEntry> entries;  // oldest first
  std::string cursor;             // to ask for what is written from here on
  bool is_cut = false;            // there is more: older entries, with `after` further ones
};
PGBATON_JSON(LogAnswer, entries, cursor, is_cut)

}  // namespace pgbaton::api
