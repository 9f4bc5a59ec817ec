#include "manifest/manifest.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace pgbaton::manifest {

using base::Code;
using base::Json;
using base::Result;

namespace {

constexpr std::string_view kShape = "docs/guide/rehearsals.md shows a manifest.";

template <typename... Args>
std::unexpected<base::Error> wrong(const std::string& path, fmt::format_string<Args...> text, Args&&... args) {
  return base::fail({Code::invalid_argument,
                     fmt::format("{}: {}", path, fmt::format(text, std::forward<Args>(args)...)), std::string{kShape}});
}

/// An object under a path, read field by field; what nobody asked for is left over.
class Fields {
 public:
  static Result<Fields> of(const Json& json, std::string path) {
    if (!json.is_object()) return wrong(path.empty() ? "the manifest" : path, "is an object, not {}", json.type_name());
    return Fields{json, std::move(path)};
  }
  [[nodiscard]] std::string at(std::string_view name) const {
    return path_.empty() ? std::string{name} : fmt::format("{}.{}", path_, name);
  }
  [[nodiscard]] const Json* find(const std::string& name) {
    known_.push_back(name);
    const auto found = json_.find(name);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }
  [[nodiscard]] Result<std::string> text(const std::string& name) {
    const auto* const found = find(name);
    if (found == nullptr) return std::string{};
    if (!found->is_string()) return wrong(at(name), "is a text, not {}", found->type_name());
    return found->get<std::string>();
  }
  void name_others(std::vector<std::string>& others) const {
    for (const auto& [name, value] : json_.items())
      if (std::ranges::find(known_, name) == known_.end()) others.push_back(at(name));
  }

 private:
  Fields(const Json& json, std::string path) : json_(json), path_(std::move(path)) {}
  const Json& json_;
  std::string path_;
  std::vector<std::string> known_;
};

bool is_postgresql(std::string_view plan) { return plan.starts_with("postgresql"); }

// "postgresql-ng:postgresql-dr-starter-4096", or only what stands behind the colon.
std::string plan_name(const std::string& plan) {
  const auto colon = plan.rfind(':');
  return colon == std::string::npos ? plan : plan.substr(colon + 1);
}

Result<> read_options(Fields& addon, Manifest& manifest) {
  const auto* const there = addon.find("options");
  if (there == nullptr) return {};
  auto options = TRY(Fields::of(*there, addon.at("options")));
  const auto version = TRY(options.text("version"));
  options.name_others(manifest.ignored);
  if (version.empty()) return {};
  const auto request = model::parse_version_request(version);
  if (!request) return wrong(options.at("version"), "{}", request.error().message);
  manifest.version = *request;
  return {};
}

// A text is the plan alone. Whether it was PostgreSQL's.
Result<bool> read_addon(const Json& json, const std::string& path, Manifest& manifest) {
  const Json as_object = json.is_string() ? Json{{"plan", json}} : json;
  auto addon = TRY(Fields::of(as_object, path));
  const auto name = TRY(addon.text("plan"));
  if (name.empty()) return wrong(addon.at("plan"), "is missing");
  if (!is_postgresql(name) && !model::parse_plan(name)) {
    manifest.ignored.push_back(path);
    return false;
  }
  const auto plan = model::parse_plan(plan_name(name));
  if (!plan) return wrong(addon.at("plan"), "{}", plan.error().message);
  manifest.plan = *plan;
  TRY(read_options(addon, manifest));
  addon.name_others(manifest.ignored);
  return true;
}

Result<> read_addons(Fields& top, Manifest& manifest) {
  const auto* const there = top.find("addons");
  if (there != nullptr && !there->is_array()) return wrong("addons", "is a list, not {}", there->type_name());
  int databases = 0;
  for (std::size_t at = 0; there != nullptr && at < there->size(); ++at)
    databases += TRY(read_addon((*there)[at], fmt::format("addons[{}]", at), manifest))
  ? 1 : 0;
  if (databases == 1) return {};
  return wrong("addons", "{}", databases == 0 ? "has no PostgreSQL database" : "has more than one PostgreSQL database");
}

Result<Generator> generator_named(const Fields& variable, const std::string& name) {
  if (name.empty()) return Generator::surroundings;
  if (name == "url") return Generator::url;
  if (name == "secret") return Generator::secret;
  if (name == "template") return Generator::url;
  return wrong(variable.at("generator"), "is url, secret or template, not \"{}\"", name);
}

Result<Variable> read_variable(const std::string& name, const Json& json, std::vector<std::string>& ignored) {
  const auto path = fmt::format("env.{}", name);
  if (name.empty() || name.find_first_of(std::string_view{"=\0", 2}) != std::string::npos)
    return wrong("env", "\"{}\" is no name of a variable", name);
  if (json.is_string()) return Variable{.name = name, .value = json.get<std::string>()};
  auto fields = TRY(Fields::of(json, path));
  Variable variable{.name = name};
  variable.generator = TRY(generator_named(fields, TRY(fields.text("generator"))));
  variable.value = TRY(fields.text("value"));
  variable.value_template = TRY(fields.text("template"));
  if (const auto* const required = fields.find("required"); required != nullptr) {
    if (!required->is_boolean()) return wrong(fields.at("required"), "is true or false");
    variable.required = required->get<bool>() && variable.value.empty();
  }
  std::ignore = fields.find("description");
  fields.name_others(ignored);
  return variable;
}

Result<> read_scripts(Fields& top, Manifest& manifest) {
  const auto* const there = top.find("scripts");
  if (there == nullptr) return {};
  auto scripts = TRY(Fields::of(*there, "scripts"));
  manifest.first_deploy = TRY(scripts.text("first-deploy"));
  scripts.name_others(manifest.ignored);
  return {};
}

std::string filled(std::string text, std::string_view word, std::string_view value) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + value.size()))
    text.replace(at, word.size(), value);
  return text;
}

}  // namespace

Result<Manifest> read_manifest(const Json& json) {
  auto top = TRY(Fields::of(json, ""));
  Manifest manifest;
  TRY(read_addons(top, manifest));
  if (const auto* const env = top.find("env"); env != nullptr) {
    TRY(Fields::of(*env, "env"));
    for (const auto& [name, value] : env->items())
      manifest.variables.push_back(TRY(read_variable(name, value, manifest.ignored)));
  }
  TRY(read_scripts(top, manifest));
  for (const auto* about : {"name", "description", "repository", "website", "logo"}) std::ignore = top.find(about);
  top.name_others(manifest.ignored);
  return manifest;
}

Result<std::vector<std::string>> environment_of(const Manifest& manifest, const Surroundings& surroundings) {
  std::vector<std::string> all;
  for (const auto& variable : manifest.variables) {
    auto value = variable.value;
    if (variable.generator == Generator::url) value = surroundings.url;
    if (variable.generator == Generator::secret) value = surroundings.secret();
    if (variable.generator == Generator::surroundings)
      if (const auto inherited = surroundings.inherited(variable.name)) value = *inherited;
    if (value.empty() && variable.required)
      return wrong("env." + variable.name, "is required, and is not set where you are");
    if (!variable.value_template.empty())
      value = filled(filled(variable.value_template, "%URL%", value), "%APP%", surroundings.application);
    all.push_back(fmt::format("{}={}", variable.name, value));
  }
  return all;
}

}  // namespace pgbaton::manifest
