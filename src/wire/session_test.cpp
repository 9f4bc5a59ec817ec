#include "wire/session.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pgbaton::wire {
namespace {

// A script is what passed, in its order: `>` and the client's message types, `<` and the server's; Z is followed by its
// status. At a `.` the session must be safe, at a `!` it must not be. The answers are those that PostgreSQL 15.18 and
// 17.12 gave to the same messages.
struct Script {
  std::string_view name, text;
};

void tell(SessionMachine& machine, bool by_client, char type, std::string_view body) {
  const Message message{{type, static_cast<std::uint32_t>(4 + body.size())}, body};
  if (by_client)
    machine.client_sent(message);
  else
    machine.server_sent(message);
}

void run(SessionMachine& machine, std::string_view text) {
  bool by_client = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char type = text[i];
    if (type == ' ') continue;
    if (type == '>' || type == '<')
      by_client = type == '>';
    else if (type == '.' || type == '!')
      EXPECT_EQ(machine.is_safe(), type == '.') << "at " << text.substr(0, i + 1);
    else
      tell(machine, by_client, type, type == 'Z' ? text.substr(++i, 1) : std::string_view{});
  }
}

class SessionScript : public testing::TestWithParam<Script> {};
INSTANTIATE_TEST_SUITE_P(
    Session, SessionScript,
    testing::Values(Script{"nothing", "."},  //
                    Script{"simple", "> Q! < T! D! C! ZI."}, Script{"empty_query", "> Q! < I! ZI."},
                    Script{"two_simple_at_once", "> QQ! < TDC! ZI! TDC! ZI."}, Script{"simple_error", "> Q! < E! ZI."},
                    Script{"transaction", "> Q < C ZT! > Q < E ZE! > Q < C ZI."},
                    Script{"asynchronous_messages", "> < NSA. > Q < N TDC S A ZI."},
                    Script{"extended", "> PDBDECCS! < 1tT2T DC 33! ZI."}, Script{"no_data", "> PDBDES < 1tn2n C! ZI."},
                    Script{"portal_suspended", "> PBEES < 12 Ds Ds! ZI."},
                    Script{"empty_extended", "> PDBES < 1tn2I! ZI."},
                    Script{"flush_alone_changes_nothing", "> H. S! < ZI."},
                    Script{"flushed_parse_waits_for_sync", "> PH! < 1! > S! < ZI."},
                    Script{"flushed_pipeline_waits_for_sync", "> PBEH! < 12DC! > S! < ZI."},
                    Script{"syncs_alone", "> SS! < ZI! ZI."},
                    Script{"errors_of_several_pipelines", "> PBES PBES PBSSS < 1E! ZI! 12DC! ZI! E! ZI! ZI! ZI."},
                    Script{"error_at_the_sync", "> PBES PBES < 12C E! ZI! 12DC! ZI."},
                    Script{"error_discards_a_query", "> PQSQ < E! ZI! TDC! ZI."},
                    Script{"error_discards_a_function_call", "> PFSF < E! ZI! V! ZI."},
                    Script{"error_discards_what_comes_later", "> P < E! > Q! PBE! H! S! < ZI."},
                    Script{"error_in_a_transaction", "> PBES PBES QQ < 12C ZT! 1E! ZE! E! ZE! C! ZI."},
                    Script{"function_call", "> F! < V! ZI."}, Script{"function_call_error", "> F! < E! ZI."},
                    Script{"function_call_in_a_pipeline", "> PBFES < 12 V! ZI! E! ZI."},
                    Script{"query_in_a_pipeline", "> PBEQ! < 12DC! TDC! ZI."},
                    Script{"query_in_a_pipeline_and_sync", "> PBEQ! S < 12DC TDC ZI! ZI."},
                    Script{"copy_out", "> Q < H! d! c! C! ZI."},
                    Script{"several_copies_out", "> Q < HcC TDC Hc! C! ZI."},
                    Script{"extended_copy_out_with_error", "> PBESS < 12Hdd E! ZI! ZI."},
                    Script{"copy_in", "> Q < G! > d! c! < C! ZI."}, Script{"copy_in_all_at_once", "> Qdc! < G! C! ZI."},
                    Script{"sync_and_flush_in_copy_in", "> Q < G! > SH! d c! < C! ZI."},
                    Script{"sync_in_copy_in_and_one_after", "> QSdcS < G! C! ZI! ZI."},
                    Script{"copy_in_fails", "> Q < G > f! < E! ZI."},
                    Script{"copy_in_error_then_data", "> Q < G > d < E! ZI. > dc."},
                    Script{"copy_in_error_before_a_query", "> QddcQ < G E! ZI! TDC! ZI."},
                    Script{"two_copies_in_one_query", "> Q < TDC G > d! c! < C TDC G! > dc < C TDC! ZI."},
                    Script{"two_copies_at_once", "> Qdcdc < G C G C! ZI."},
                    Script{"first_of_two_copies_fails", "> Qfdc < G E! ZI."},
                    Script{"copy_in_a_transaction_fails", "> Qdc < C G E! ZE! > Q < C ZI."},
                    Script{"extended_copy_in", "> PBE < 12G! > HS! d! c! < C! > S! < ZI."},
                    Script{"extended_copy_in_of_libpq", "> PBES! < 12G! > dc! S! < C! ZI."},
                    Script{"extended_copy_in_at_once", "> PBESSdcSS < 12GC! ZI! ZI."},
                    Script{"extended_copy_in_sync_still_to_come", "> PBESdc < 12GC! > S! < ZI."},
                    Script{"copy_in_and_more_in_a_pipeline", "> PBEdcPBES < 12GC! 12DC! ZI."},
                    Script{"two_extended_copies", "> PBEdcPBESdcSS < 12GC 12GC! ZI! ZI."},
                    Script{"extended_copy_in_that_never_begins", "> PBESdcS < 12E! ZI! ZI."},
                    Script{"extended_copy_in_error_without_sync", "> PBEddcS < 12GE! ZI."},
                    Script{"stray_copy_messages", "> cdf. S! < ZI."},
                    Script{"stray_copy_messages_behind_a_query", "> Qcdf S < TDC ZI! ZI."},
                    Script{"queries_around_a_copy", "> QQdcQ < TDC ZI! GC! ZI! TDC! ZI."},
                    Script{"replication_is_never_safe", "> Q < W! d! > d! c! < c! C! ZI."},
                    Script{"ready_without_its_status", "> Q < TDC Z?! > Q < C ZI."}),
    [](const auto& each) { return std::string{each.param.name}; });

TEST_P(SessionScript, IsSafeWhereItMayBe) {
  SessionMachine machine;
  run(machine, GetParam().text);
}

class SessionInDoubt : public testing::TestWithParam<Script> {};
INSTANTIATE_TEST_SUITE_P(
    Session, SessionInDoubt,
    testing::Values(Script{"sync_was_taken", "> PBESddcS < 12GE! ZI! > Q! < TDC! ZI."},
                    Script{"sync_was_taken_and_more_follows", "> PBESddcS PBES < 12GE! ZI! 12DC! ZI."},
                    Script{"sync_was_answered", "> PBESdcS < 12GE! ZI! ZI."},
                    Script{"sync_was_answered_before_the_data_came", "> PBES < 12GE! ZI. > dcS! < ZI."},
                    Script{"one_of_two_was_taken", "> PBESdSdcS < 12GE! ZI! ZI! > Q < TDC ZI."},
                    Script{"simple_copy_took_it", "> QSdcS < GE! ZI! ZI! > PBES < 12DC ZI."},
                    Script{"simple_copy_answered_it", "> QSdcS < GE! ZI! ZI! ZI."},
                    Script{"simple_copy_answered_both", "> QdSdSc < GE! ZI! ZI! ZI."},
                    Script{"ready_before_the_answer_to_a_query", "> QSdcSQ < GE! ZI! ZI! ZI! TDC! ZI."},
                    Script{"a_pipeline_behind_it_cannot_be_told", "> PBESdcPBES < 12GE! ZI! 12DC! ZI!"}),
    [](const auto& each) { return std::string{each.param.name}; });

TEST_P(SessionInDoubt, IsNotSafeBeforeTheDoubtIsSettled) {
  SessionMachine machine;
  run(machine, GetParam().text);
}

TEST(Session, IsFullWhenTooManyRequestsWait) {
  SessionMachine machine;
  for (std::size_t i = 0; i < SessionMachine::kMaxOutstanding; ++i) {
    EXPECT_FALSE(machine.is_full());
    tell(machine, true, 'S', "");
  }
  EXPECT_TRUE(machine.is_full());
  tell(machine, false, 'Z', "I");
  EXPECT_FALSE(machine.is_full());
}

TEST(Session, CountsTheReadyForQueryOfItsRequests) {
  SessionMachine machine;
  run(machine, "< ZI > QS < C ZI ZI ZI");
  EXPECT_EQ(machine.transactions(), 2);
}

TEST(Session, TellsHowManyAnswersAreOwed) {
  using Case = std::pair<std::string_view, std::optional<std::size_t>>;
  for (const auto& [script, owed] :
       {Case{"", 0}, Case{"> Q < TD", 1}, Case{"> PBES PBES Q PBE < 12", 3}, Case{"> P < E", 0},
        Case{"> Q < G", std::nullopt}, Case{"> Q < H", std::nullopt}}) {
    SessionMachine machine;
    run(machine, script);
    EXPECT_EQ(machine.owed(), owed) << script;
  }
}

TEST(Session, IsIdleAfterAMove) {
  SessionMachine machine;
  run(machine, "> Q < C ZT > PBE");
  EXPECT_TRUE(machine.is_busy());
  machine.moved();
  EXPECT_TRUE(machine.is_safe());
  EXPECT_EQ(machine.transactions(), 1);
}

// What PostgreSQL's main loop does with the same messages, one client message at a time.
class Server {
 public:
  /// `luck` says whether what may fail fails, what may be a COPY is one, and the like.
  std::string receive(char type, unsigned luck) {
    if (copying_) return receive_in_copy(type, luck);
    if (type == 'S') return discarding_ = false, synced_ = true, "Z";
    if (discarding_ || std::string_view{"dcfH"}.contains(type)) return "";
    if (type == 'Q') return synced_ = true, simple(luck);
    if (type == 'F') return synced_ = true, luck % 3 == 0 ? "EZ" : "VZ";
    synced_ = false;
    if (luck % 5 == 0) return discarding_ = true, "E";
    if (type == 'E' && luck % 3 == 0) return copy(false, luck);
    return answer(type);
  }
  [[nodiscard]] bool is_idle() const { return !copying_ && !discarding_ && synced_; }
  [[nodiscard]] bool copies() const { return copying_; }

 private:
  static std::string answer(char type) {
    if (type == 'P') return "1";
    if (type == 'B') return "2";
    if (type == 'C') return "3";
    return type == 'D' ? "T" : "DDC";
  }
  std::string simple(unsigned luck) {
    if (luck % 7 == 0) return "EZ";
    if (luck % 3 == 0) return copy(true, luck);
    return luck % 2 == 0 ? "TDCZ" : "TDCHdcCZ";
  }
  std::string copy(bool simple, unsigned luck) {
    simple_ = simple;
    copying_ = true;
    return luck % 4 == 0 ? "G" + failed() : "G";
  }
  std::string failed() {
    copying_ = false;
    discarding_ = !simple_;
    return simple_ ? "EZ" : "E";
  }
  std::string receive_in_copy(char type, unsigned luck) {
    if (type == 'f' || (type == 'd' && luck % 4 == 0)) return failed();
    if (type != 'c') return "";
    copying_ = false;
    if (simple_ && luck % 3 == 0) return "C" + copy(true, luck);
    return simple_ ? "CZ" : "C";
  }

  bool copying_ = false, simple_ = false, discarding_ = false, synced_ = true;
};

// Messages on their ways: what the gateway has seen of the client before the server, and of the server before itself.
struct Exchange {
  SessionMachine machine;
  Server server;
  std::string to_server, to_gateway;
  bool ended = false;  // PostgreSQL closes the connection at a request that comes in the midst of COPY data

  void client_sends(char type) {
    tell(machine, true, type, "");
    to_server += type;
  }
  void server_works(unsigned luck) {
    if (to_server.empty()) return;
    const char type = to_server.front();
    to_server.erase(0, 1);
    if (server.copies() && std::string_view{"PBDECQF"}.contains(type))
      ended = true;
    else
      to_gateway += server.receive(type, luck);
  }
  void gateway_reads() {
    if (to_gateway.empty()) return;
    tell(machine, false, to_gateway.front(), to_gateway.front() == 'Z' ? "I" : "");
    to_gateway.erase(0, 1);
  }
  /// COPY messages outside of a COPY, and Flush, mean nothing to a server.
  [[nodiscard]] bool is_quiet() const {
    return to_server.find_first_not_of("dcfH") == std::string::npos && to_gateway.empty() && server.is_idle();
  }
};

RC_GTEST_PROP(SessionProperty, IsNeverSafeWhileAnythingIsInFlight, (const std::vector<std::uint16_t>& choices)) {
  constexpr std::string_view kTypes = "PBDECQFSSSQHdddccf";
  Exchange exchange;
  for (const unsigned choice : choices) {
    const unsigned luck = choice / 64;
    if (choice % 8 < 3)
      exchange.client_sends(kTypes[luck % kTypes.size()]);
    else if (choice % 8 < 5)
      exchange.server_works(luck);
    else
      exchange.gateway_reads();
    if (exchange.ended) return;
    RC_ASSERT(!exchange.machine.is_safe() || exchange.is_quiet());
  }
}

RC_GTEST_PROP(SessionProperty, IsSafeInTheEndWhenNoSyncComesDuringACopy, (const std::vector<std::uint16_t>& choices)) {
  constexpr std::string_view kTypes = "PBDECQFSQdcf";
  Exchange exchange;
  const auto settle = [&] {
    while (!exchange.to_server.empty()) exchange.server_works(1);
    while (!exchange.to_gateway.empty()) exchange.gateway_reads();
  };
  for (const unsigned choice : choices) {
    const char type = exchange.server.copies() ? "dcf"[choice % 3] : kTypes[choice % kTypes.size()];
    exchange.client_sends(type);
    exchange.server_works(choice / 64);
    while (!exchange.to_gateway.empty()) exchange.gateway_reads();
  }
  exchange.client_sends('f');
  exchange.client_sends('S');
  settle();
  RC_ASSERT(exchange.is_quiet());
  RC_ASSERT(exchange.machine.is_safe());
}

RC_GTEST_PROP(SessionProperty, SurvivesAnyMessages, (const std::string& bytes)) {
  SessionMachine machine;
  for (const char byte : bytes) tell(machine, (byte & 1) != 0, static_cast<char>(byte >> 1), "I");
}

}  // namespace
}  // namespace pgbaton::wire
