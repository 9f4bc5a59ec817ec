#include "system/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "system/clock.hpp"

namespace pgbaton::system {
namespace {

std::string& part() {
  static std::string name = "pgbaton";
  return name;
}

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = spdlog::stderr_logger_mt("pgbaton");
    made->set_pattern("%v");
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *instance;
}

void write(std::string_view level, std::string_view message, const base::Json& fields) {
  base::Json record{{"time", timestamp()}, {"level", level}, {"part", part()}, {"message", message}};
  record.update(fields);
  logger().info("{}", record.dump(-1, ' ', false, base::Json::error_handler_t::replace));
}

}  // namespace

void set_log_part(std::string_view name) { part() = name; }
void log_info(std::string_view message, const base::Json& fields) { write("info", message, fields); }
void log_warning(std::string_view message, const base::Json& fields) { write("warning", message, fields); }
void log_error(std::string_view message, const base::Json& fields) { write("error", message, fields); }

}  // namespace pgbaton::system
