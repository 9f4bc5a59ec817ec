// An application's manifest (scalingo.json): which database it wants, what its environment is, how its data come to be.
// Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "model/plan.hpp"
#include "model/version.hpp"

namespace pgbaton::manifest {

enum class Generator { none, url, secret, surroundings };

struct Variable {
  std::string name;
  Generator generator = Generator::none;
  std::string value;           // generator none; with surroundings: used when nothing of that name is there
  std::string value_template;  // with %URL% and %APP%; empty: the generated value itself
  bool required = false;       // with surroundings: refused when it is not there either
};

struct Manifest {
  model::Plan plan;
  std::optional<model::VersionRequest> version;  // absent: the default one
  std::vector<Variable> variables;
  std::string first_deploy;          // a command for a shell; empty: none
  std::vector<std::string> ignored;  // paths of what is there and means nothing to us
};

/// Code::invalid_argument with the path of what is wrong: "addons[0].options.version: …".
[[nodiscard]] base::Result<Manifest> read_manifest(const base::Json& json);

/// What a variable's value is made from.
struct Surroundings {
  std::string application;                                                  // %APP%
  std::string url;                                                          // %URL%
  std::function<std::string()> secret;                                      // a new one at each call
  std::function<std::optional<std::string>(const std::string&)> inherited;  // of our own environment
};
/// "NAME=value" of each. Code::invalid_argument for one that is required and not there.
[[nodiscard]] base::Result<std::vector<std::string>> environment_of(const Manifest& manifest,
                                                                    const Surroundings& surroundings);

}  // namespace pgbaton::manifest
