// Anybody who reaches the port can send this.
#include <cstdlib>

#include "wire/startup.hpp"

using namespace pgbaton::wire;

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  const auto parsed = parse_startup({data, size});
  if (!parsed || !*parsed) return 0;
  if ((*parsed)->size > size) std::abort();
  const auto* message = std::get_if<StartupMessage>(&(*parsed)->packet);
  if (message == nullptr) return 0;
  const auto forwarded = parse_startup(build_startup(*message, negotiate(*message).version));
  if (!forwarded || !*forwarded) std::abort();
  return 0;
}
