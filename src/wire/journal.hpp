// What a session's messages tell of its state that the server cannot be asked for, and whether its state may have
// changed.
//
// SQL is not parsed: words are looked for, so a journal may believe in a change that never was, and says so by a fresh
// snapshot; it must not miss one that the table of words covers. Calls of functions that it
// does not know count as changes, and so does what may run triggers; what views and operators call is out of its sight.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "wire/frame.hpp"

namespace pgbaton::wire {

class Journal {
 public:
  /// Longest unnamed Parse that is kept for a move.
  static constexpr std::size_t kMaxUnnamed = 65'536;
  /// Most names of custom settings, and of statements that change state, that are kept. Beyond: every Bind makes it
  /// dirty, and uncarried() tells of the settings.
  static constexpr std::size_t kMaxNames = 1'000;

  void client_sent(const Message& message);
  void server_sent(const Message& message);

  /// Whether state may have changed since the last snapshot was taken.
  [[nodiscard]] bool is_dirty() const { return dirty_ || written_; }
  /// The same, but for what only triggers of the rows that were written could have changed.
  [[nodiscard]] bool is_changed() const { return dirty_; }
  void snapshot_taken() { dirty_ = written_ = false; }

  /// Names of custom settings (a.b) that were set, or may have been: pg_settings does not list them.
  [[nodiscard]] const std::set<std::string>& placeholders() const { return placeholders_; }
  /// The last unnamed Parse message that the server has taken, whole; empty: none, or a simple Query destroyed it.
  [[nodiscard]] const std::string& unnamed() const { return unnamed_; }
  /// What of the session cannot be carried although the server does not show it: setseed, currval and lastval, a
  /// custom setting whose name was computed, an unnamed statement too long to keep. In words for people.
  [[nodiscard]] std::vector<std::string> uncarried() const;
  /// The ParameterStatus values that the client has last seen.
  [[nodiscard]] const std::map<std::string, std::string>& parameters() const { return parameters_; }
  void set_parameter(std::string name, std::string value);

 private:
  friend struct Image;

  void client_parse(const Message& message);
  void client_bind(const Message& message);
  void client_close(std::string_view body);
  void keep_unnamed(const Message& message);
  void parse_completed();
  void completed(std::string_view tag);
  void parameter_reported(const Message& message);
  bool look_at(std::string_view sql);
  void look_at_config(std::string_view rest);
  void found_name(std::string name);

  bool dirty_ = false;
  bool written_ = false;       // rows, and triggers may have run
  bool seeded_ = false;        // setseed
  bool sequence_ = false;      // currval, lastval
  bool computed_ = false;      // set_config of an expression
  bool unnamed_lost_ = false;  // too long, or not whole
  bool discarding_ = false;    // DISCARD was sent, and nothing since that it must not wipe out
  std::set<std::string> placeholders_;
  std::set<std::string, std::less<>> touching_;  // prepared statements that change state when they are executed
  bool any_touches_ = false;                     // too many of them to keep their names, or a name not whole
  std::string unnamed_;
  std::string unnamed_pending_;  // the next one, its ParseComplete still to come
  bool failed_ = false;          // an error came since that was sent
  std::map<std::string, std::string> parameters_;
};

}  // namespace pgbaton::wire
