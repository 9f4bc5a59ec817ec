#include <algorithm>
#include <future>

#include "engine/debian.hpp"
#include "engine/engine.hpp"
#include "engine/host.hpp"

namespace pgbaton::engine {

using base::Code;
using base::Result;

namespace {

Result<SuiteContents> ask(const Folder& folder, const Source& source, const Patience& patience) {
  if (source.kind == SourceKind::debian) return find_debian(folder, source, patience);
  SuiteContents contents;
  for (auto& engine : find_host(source, patience))
    contents.engines.push_back({.id = std::move(engine.id), .source = source.name});
  return contents;
}

void add(Found& found, const Source& source, Result<SuiteContents> answer) {
  if (!answer) {
    found.warnings.push_back(
        fmt::format("source {}: {}. {}", source.name, answer.error().message, answer.error().remedy_or_default()));
    return;
  }
  found.engines.insert(found.engines.end(), answer->engines.begin(), answer->engines.end());
  found.warnings.insert(found.warnings.end(), answer->warnings.begin(), answer->warnings.end());
}

}  // namespace

Result<Found> sync(const Folder& wanted, const std::vector<Source>& sources, base::Deadline deadline,
                   std::stop_token stop) {
  const auto folder = TRY(prepare(wanted));
  const Patience patience{deadline, std::move(stop)};
  sweep(folder, nullptr);
  std::vector<std::future<Result<SuiteContents>>> answers;
  for (const auto& source : sources)
    answers.push_back(std::async(std::launch::async, [&] { return ask(folder, source, patience); }));
  Found found;
  for (std::size_t at = 0; at < sources.size(); ++at) add(found, sources[at], answers[at].get());
  if (patience.stop.stop_requested()) return base::fail(Code::cancelled, "asking the engine sources was cancelled");
  std::ranges::stable_sort(found.engines, std::greater{}, &model::FoundEngine::id);
  return found;
}

}  // namespace pgbaton::engine
