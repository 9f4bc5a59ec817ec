// A stream of messages as the gateway sees it: cut by FrameWalker, each body given to every decoder.
#include <cstdlib>

#include "wire/frame.hpp"
#include "wire/messages.hpp"
#include "wire/request.hpp"

using namespace pgbaton::wire;

namespace {

void read_as_everything(std::string_view body) {
  (void)read_notice(body);
  (void)read_parameter_status(body);
  (void)read_backend_key_data(body);
  (void)read_negotiation(body);
  (void)read_data_row(body);
  (void)read_text(body);
  (void)read_authentication(body);
  (void)read_sasl_mechanisms(body);
  (void)read_parse(body);
  (void)read_sasl_initial(body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  const std::string_view bytes{data, size};
  FrameWalker walker;
  std::size_t passed = 0;
  const auto walk = walker.walk(bytes, passed, [&](const Message& message) {
    read_as_everything(message.body);
    return message.frame.type == 'X' ? Pass::stop : Pass::on;
  });
  if (passed > size || (walk == Walk::through && size - passed >= kAlwaysWhole)) std::abort();
  if (const auto request = whole_request(bytes); request && (*request > size || *request < kHeader)) std::abort();
  read_as_everything(bytes);
  return 0;
}
