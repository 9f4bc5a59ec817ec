#include "catalog/refusal.hpp"

#include <array>

#include "catalog/build_order.hpp"

namespace pgbaton::catalog {

using model::EngineState;
using model::to_string;

namespace {

struct Reason {
  std::string text;
  std::string remedy = {};
};

struct LifeRule {
  bool (*holds)(const model::EngineRecord&);
  Reason (*say)(const std::string& engine);
};

constexpr std::array kLifeRules{
    LifeRule{[](const auto& engine) { return engine.state == EngineState::withdrawn; },
             [](const auto& engine) {
               return Reason{fmt::format("{} has been withdrawn: nothing new may run on it", engine)};
             }},
    LifeRule{[](const auto& engine) { return !engine.installed(); },
             [](const auto& engine) {
               return Reason{fmt::format("{} is not installed", engine),
                             fmt::format("`pgbaton engines install {}` installs it.", engine)};
             }},
    LifeRule{[](const auto& engine) { return engine.state == EngineState::found; },
             [](const auto& engine) {
               return Reason{fmt::format("{} is installed but not qualified", engine),
                             fmt::format("`pgbaton engines qualify {}` tests it.", engine)};
             }},
    LifeRule{[](const auto& engine) { return engine.state == EngineState::qualified; },
             [](const auto& engine) {
               return Reason{fmt::format("{} is qualified but not released", engine),
                             fmt::format("`pgbaton engines release {}` releases it.", engine)};
             }},
};

const LifeRule* life_rule_for(const model::EngineRecord& engine) {
  for (const auto& rule : kLifeRules)
    if (rule.holds(engine)) return &rule;
  return nullptr;
}

bool is_passed_over(const Refused& it) { return it.newest != nullptr && is_newer(it.newest->id, it.engine.id); }

std::string other_builds_name(const Refused& it) {
  const bool same_version = it.newest->id.version == it.engine.id.version;
  return same_version ? to_string(it.newest->id) : to_string(it.newest->id.version);
}

struct Rule {
  bool (*holds)(const Refused&);
  Reason (*say)(const Refused&);
};

// In this order: what can never be comes before what can be mended, so that nobody installs an engine in vain.
constexpr std::array kRules{
    Rule{[](const Refused& it) { return it.engine.id == it.current; },
         [](const Refused&) { return Reason{"this is what runs"}; }},
    Rule{[](const Refused& it) { return it.engine.id.version.major < it.current.version.major; },
         [](const Refused& it) {
           return Reason{fmt::format("this would be a downgrade: data of PostgreSQL {} cannot be read by {}",
                                     it.current.version.major, it.engine.id.version.major)};
         }},
    Rule{[](const Refused& it) { return is_newer(it.current, it.engine.id); },
         [](const Refused& it) {
           return Reason{fmt::format("this would be a downgrade: {} runs already", to_string(it.current))};
         }},
    Rule{[](const Refused& it) { return it.engine.state == EngineState::withdrawn; },
         [](const Refused& it) { return kLifeRules[0].say(to_string(it.engine.id)); }},
    Rule{[](const Refused& it) {
           return is_passed_over(it) && skip_reason(it.releases, it.engine.id.version).has_value();
         },
         [](const Refused& it) {
           return Reason{fmt::format("it is on the list of versions to skip: {}",
                                     *skip_reason(it.releases, it.engine.id.version)),
                         fmt::format("Take {}.", other_builds_name(it))};
         }},
    Rule{[](const Refused& it) { return is_passed_over(it); },
         [](const Refused& it) {
           return Reason{fmt::format("it is passed over: {} is available", other_builds_name(it)),
                         fmt::format("Take {}.", other_builds_name(it))};
         }},
    Rule{[](const Refused& it) { return life_rule_for(it.engine) != nullptr; },
         [](const Refused& it) { return life_rule_for(it.engine)->say(to_string(it.engine.id)); }},
};

// What is left is available, and the newest of a higher major: only the current major's own latest stands before it.
Reason not_latest_yet(const Refused& it) {
  const auto first = it.first == nullptr ? std::string{"the latest minor"} : to_string(it.first->engine);
  return {fmt::format("{} is not the latest of PostgreSQL {} yet", to_string(it.current), it.current.version.major),
          fmt::format("Upgrade to {} first.", first)};
}

Reason reason_for(const Refused& refused) {
  for (const auto& rule : kRules)
    if (rule.holds(refused)) return rule.say(refused);
  return not_latest_yet(refused);
}

}  // namespace

Refusal refuse(const Refused& refused) {
  auto reason = reason_for(refused);
  return {refused.engine.id, std::move(reason.text), std::move(reason.remedy)};
}

std::optional<Refusal> refuse_by_life(const model::EngineRecord& engine) {
  const auto* rule = life_rule_for(engine);
  if (rule == nullptr) return std::nullopt;
  auto reason = rule->say(to_string(engine.id));
  return Refusal{engine.id, std::move(reason.text), std::move(reason.remedy)};
}

bool is_available(const model::EngineRecord& engine) { return engine.installed() && model::is_released(engine.state); }

const model::EngineRecord* newest_available(const std::vector<model::EngineRecord>& engines, int major) {
  const model::EngineRecord* newest = nullptr;
  for (const auto& engine : engines)
    if (engine.id.version.major == major && is_available(engine) && (!newest || is_newer(engine.id, newest->id)))
      newest = &engine;
  return newest;
}

}  // namespace pgbaton::catalog
