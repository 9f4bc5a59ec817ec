// SessionMachine and Journal fed from both sides. The input is pieces: a byte whose lowest bit is the side and whose
// rest is the length, then that many bytes of the side's stream.
#include <cstdlib>

#include "wire/journal.hpp"
#include "wire/session.hpp"

using namespace pgbaton::wire;

namespace {

struct Side {
  FrameWalker walker;
  std::string waiting;
};

struct Session {
  SessionMachine machine;
  Journal journal;
  Side client, server;

  bool receive(bool by_client, std::string_view bytes) {
    auto& [walker, waiting] = by_client ? client : server;
    waiting += bytes;
    std::size_t passed = 0;
    const auto walk = walker.walk(waiting, passed, [&](const Message& message) {
      tell(by_client, message);
      return Pass::on;
    });
    waiting.erase(0, passed);
    if (waiting.size() > kAlwaysWhole && walk == Walk::through) std::abort();
    return walk == Walk::through;
  }

  void tell(bool by_client, const Message& message) {
    if (by_client) {
      machine.client_sent(message);
      journal.client_sent(message);
      if (machine.is_safe() && std::string_view{"QFSPBDEC"}.contains(message.frame.type)) std::abort();
    } else {
      machine.server_sent(message);
      journal.server_sent(message);
    }
    if (machine.is_safe() && (machine.is_busy() || machine.copy() != Copy::none)) std::abort();
    if (journal.placeholders().size() > Journal::kMaxNames) std::abort();
    if (journal.unnamed().size() > Journal::kMaxUnnamed) std::abort();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  std::string_view input{data, size};
  Session session;
  while (!input.empty()) {
    const auto head = static_cast<unsigned char>(input[0]);
    const auto piece = input.substr(1, head >> 1);
    if (!session.receive((head & 1) != 0, piece)) return 0;
    input.remove_prefix(1 + piece.size());
  }
  (void)session.journal.uncarried();
  return 0;
}
