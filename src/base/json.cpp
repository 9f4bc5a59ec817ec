#include "base/json.hpp"

namespace pgbaton::base {

Result<Json> parse_json(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& exception) {
    return fail(Code::invalid_argument, "not JSON: {}", exception.what());
  }
}

}  // namespace pgbaton::base
