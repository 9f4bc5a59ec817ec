// How a command says which words and options it takes: rows that parsing and help both read. Each row points at the
// field of Options that it fills.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/options.hpp"

namespace pgbaton::cli {

struct Declared {
  std::string written;  // "NAME", "--to", "--yes,-y"
  std::string type;     // "V" of "--to V"; empty for words and flags
  std::string about;
  bool required = false;
  std::variant<bool*, std::string*, std::vector<std::string>*> field;

  [[nodiscard]] bool is_word() const { return !written.starts_with('-'); }
};

class Declaration {
 public:
  explicit Declaration(Options& options) : options_(options) {}
  [[nodiscard]] const std::vector<Declared>& rows() const { return rows_; }

  void word(std::string name, std::string Options::* field, std::string about) { add(name, "", about, true, field); }
  void optional_word(std::string name, std::string Options::* field, std::string about) {
    add(name, "", about, false, field);
  }
  void words(std::string name, std::vector<std::string> Options::* field, std::string about, bool required) {
    add(name, "", about, required, field);
  }
  void text(std::string option, const std::string& type, std::string Options::* field, std::string about) {
    add(option, type, about, false, field);
  }
  void required_text(std::string option, const std::string& type, std::string Options::* field, std::string about) {
    add(option, type, about, true, field);
  }
  void flag(std::string option, bool Options::* field, std::string about) { add(option, "", about, false, field); }
  [[nodiscard]] bool has(std::string_view written) const;

  // What several commands take.
  void name() { word("NAME", &Options::name, "The database's name"); }
  void engine();
  void to();
  void wait();

 private:
  template <typename T>
  void add(std::string& written, const std::string& type, std::string& about, bool required, T Options::* field) {
    rows_.push_back({std::move(written), type, std::move(about), required, &(options_.*field)});
  }
  Options& options_;
  std::vector<Declared> rows_;
};

inline void declare_nothing(Declaration& /*declaration*/) {}
inline void declare_name(Declaration& declaration) { declaration.name(); }
inline void declare_engine(Declaration& declaration) { declaration.engine(); }

}  // namespace pgbaton::cli
