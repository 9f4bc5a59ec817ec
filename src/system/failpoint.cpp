#include "system/failpoint.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include <sys/stat.h>

namespace pgbaton::system {

void failpoint(std::string_view name) {
  static const char* const folder = std::getenv("PGBATON_FAILPOINTS");
  if (folder == nullptr) return;
  const auto armed = std::string{folder} + "/" + std::string{name} + ".armed";
  const auto hit = std::string{folder} + "/" + std::string{name} + ".hit";
  if (std::rename(armed.c_str(), hit.c_str()) != 0) return;
  struct stat info{};
  while (::stat(hit.c_str(), &info) == 0) std::this_thread::sleep_for(std::chrono::milliseconds{2});
}

}  // namespace pgbaton::system
