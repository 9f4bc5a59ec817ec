#include "cli/report.hpp"

#include "cli/follow.hpp"
#include "cli/json_view.hpp"
#include "cli/operation_text.hpp"

namespace pgbaton::cli {

using base::Json;
using base::Result;
using model::Operation;
using Success = std::function<std::string(const Operation&)>;

Result<int> report_end(const Json& answer, const Success& success, const Context& context) {
  const auto& console = context.console;
  const auto operation = TRY(read_operation(answer));
  if (console.json) console.print(answer);
  if (operation.state == model::OperationState::finished) {
    if (!console.json) console.out << success(operation) << std::flush;
  } else {
    console.print(failure(operation));
  }
  return exit_status(operation.state);
}

Result<int> report(const Api& api, const Json& answer, Wait wait, const Success& success, const Context& context) {
  const auto& console = context.console;
  const auto id = text_at(answer, "id");
  if (wait == Wait::no) {
    if (console.json)
      console.print(answer);
    else
      console.out << id << '\n' << std::flush;
    if (console.err_terminal && !console.json)
      console.err << fmt::format("It runs. `pgbaton operation {} --follow` shows how it goes.\n", id);
    return 0;
  }
  std::string label = id;
  for (const auto* field : {"to", "database"})
    if (auto name = text_at(answer, field); !name.empty()) label = std::move(name);
  const auto ended = follow_all(api, {{label, id}}, Detail::steps, console);
  return report_end(TRY(ended.front()), success, context);
}

}  // namespace pgbaton::cli
