#include "wire/messages.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "wire/test_data.hpp"

namespace pgbaton::wire {
namespace {

using namespace std::string_literals;
using base::Code;

TEST(Messages, AreBuiltAsTheDocumentationHasThem) {
  const std::pair<std::string, std::string> cases[] = {
      {error_response({"FATAL", "57P01", "bye", "", "later"}), "E\0\0\0\x26SFATAL\0VFATAL\0C57P01\0Mbye\0Hlater\0\0"s},
      {notice_response({"INFO", "00000", "m", "d", ""}), "N\0\0\0\x1eSINFO\0VINFO\0C00000\0Mm\0Dd\0\0"s},
      {authentication_ok(), "R\0\0\0\x08\0\0\0\0"s},
      {authentication_md5("salt"), "R\0\0\0\x0c\0\0\0\5salt"s},
      {authentication_sasl({"A", "BC"}), "R\0\0\0\x0e\0\0\0\x0a"s + "A\0BC\0\0"s},
      {authentication_sasl_continue("r=x"), "R\0\0\0\x0b\0\0\0\x0br=x"s},
      {authentication_sasl_final("v=x"), "R\0\0\0\x0b\0\0\0\x0cv=x"s},
      {parameter_status("a", "b"), "S\0\0\0\x08"s + "a\0b\0"s},
      {backend_key_data({258, "keys"}), "K\0\0\0\x0c\0\0\1\2keys"s},
      {negotiate_protocol_version({{3, 2}, {"_pq_.x"}, true}), "v\0\0\0\x13\0\3\0\2\0\0\0\1_pq_.x\0"s},
      {ready_for_query('T'), "Z\0\0\0\5T"s},
      {query("q"), "Q\0\0\0\6q\0"s},
      {parse("s", "q", {23}), "P\0\0\0\x0es\0q\0\0\1\0\0\0\x17"s},
      {bind("s", {"v", std::nullopt}), "B\0\0\0\x16\0s\0\0\0\0\2\0\0\0\1v\xff\xff\xff\xff\0\0"s},
      {describe_statement("s"), "D\0\0\0\7Ss\0"s},
      {execute(), "E\0\0\0\x09\0\0\0\0\0"s},
      {close_statement("s"), "C\0\0\0\7Ss\0"s},
      {sync(), "S\0\0\0\4"s},
      {flush(), "H\0\0\0\4"s},
      {terminate(), "X\0\0\0\4"s},
      {password_message("pw"), "p\0\0\0\7pw\0"s},
      {sasl_initial_response("M", "n,,"), "p\0\0\0\x0dM\0\0\0\0\3n,,"s},
      {sasl_response("c=x"), "p\0\0\0\7c=x"s},
  };
  for (const auto& [built, expected] : cases) EXPECT_EQ(built, expected);
}

TEST(Text, EndsAtItsFirstZeroByte) { EXPECT_EQ(query("select 1\0; drop"s), query("select 1")); }

TEST(Notice, PrefersTheSeverityThatIsNeverTranslated) {
  const auto notice = read_notice("SFEHLER\0VERROR\0C42601\0Mwords\0Dmore\0Htry\0P12\0Ffile.c\0\0"s);
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->severity, "ERROR");
  EXPECT_EQ(notice->sqlstate, "42601");
  EXPECT_EQ(notice->message, "words");
  EXPECT_EQ(notice->detail, "more");
  EXPECT_EQ(notice->hint, "try");
  EXPECT_EQ(read_notice("SFEHLER\0\0"s)->severity, "FEHLER");
}

TEST(DataRow, TellsNullFromEmpty) {
  const auto row = read_data_row("\0\3\0\0\0\2ab\xff\xff\xff\xff\0\0\0\0"s);
  ASSERT_TRUE(row);
  EXPECT_EQ(*row, (std::vector<std::optional<std::string>>{"ab", std::nullopt, ""}));
}

TEST(SaslInitial, MayComeWithoutData) {
  const auto body = "M\0\xff\xff\xff\xff"s;
  const auto initial = read_sasl_initial(body);
  ASSERT_TRUE(initial);
  EXPECT_EQ(initial->mechanism, "M");
  EXPECT_TRUE(initial->data.empty());
}

/// Each decoder with the body of a message that it reads.
struct Decoder {
  std::string_view name;
  std::optional<Code> (*read)(std::string_view body);
  std::string body;
};

template <auto Read>
std::optional<Code> outcome(std::string_view body) {
  const auto result = Read(body);
  return result ? std::nullopt : std::optional{result.error().code};
}

std::vector<Decoder> decoders() {
  return {
      {"notice", outcome<read_notice>, std::string(body_of(error_response({"ERROR", "42601", "m", "d", "h"})))},
      {"parameter status", outcome<read_parameter_status>, "TimeZone\0UTC\0"s},
      {"backend key data", outcome<read_backend_key_data>, "\0\0\0\1"s + std::string(256, 'k')},
      {"negotiation", outcome<read_negotiation>, "\0\3\0\0\0\0\0\2a\0b\0"s},
      {"data row", outcome<read_data_row>, "\0\2\0\0\0\1a\xff\xff\xff\xff"s},
      {"text", outcome<read_text>, "SELECT 1\0"s},
      {"sasl mechanisms", outcome<read_sasl_mechanisms>, "A\0B\0\0"s},
      {"parse", outcome<read_parse>, "s\0select\0\0\1\0\0\0\x17"s},
      {"sasl initial", outcome<read_sasl_initial>, "M\0\0\0\0\3n,,"s},
  };
}

TEST(Decoders, TakeAWholeBodyAndNothingShorterOrLonger) {
  for (const auto& [name, read, body] : decoders()) {
    EXPECT_EQ(read(body), std::nullopt) << name;
    EXPECT_EQ(read(body + "\1"s), Code::invalid_argument) << name;
    if (name == "backend key data") continue;  // its key may be shorter
    for (std::size_t size = 0; size < body.size(); ++size)
      EXPECT_EQ(read(std::string_view(body).substr(0, size)), Code::invalid_argument) << name << " of " << size;
  }
}

TEST(Decoders, DoNotBelieveCountsAndLengthsThatAreNotThere) {
  EXPECT_FALSE(read_data_row("\xff\xff"s));
  EXPECT_FALSE(read_data_row("\0\1\x7f\xff\xff\xffx"s));
  EXPECT_FALSE(read_data_row("\0\1\xff\xff\xff\xfex"s));  // a length of -2
  EXPECT_FALSE(read_negotiation("\0\3\0\0\xff\xff\xff\xff"s));
  EXPECT_FALSE(read_parse("\0\0\xff\xff"s));
  EXPECT_FALSE(read_sasl_initial("M\0\x7f\xff\xff\xffx"s));
  EXPECT_FALSE(read_authentication("\0\0\0"s));
}

TEST(CancelKey, HasFourBytesAtLeastAnd256AtMost) {
  for (const auto& [size, is_good] : {std::pair{3, false}, {4, true}, {32, true}, {256, true}, {257, false}})
    EXPECT_EQ(read_backend_key_data("\0\0\0\1"s + std::string(size, 'k')).has_value(), is_good) << size;
}

RC_GTEST_PROP(Decoders, GiveAValueOrAnErrorForAnyBytes, ()) {
  const auto bytes = any_bytes();
  for (const auto& decoder : decoders()) {
    const auto code = decoder.read(bytes);
    RC_ASSERT(!code || code == Code::invalid_argument);
  }
}

RC_GTEST_PROP(Messages, AreReadAsTheyWereBuilt, ()) {
  const Notice notice{any_text(), any_text(), any_text(), any_text(), any_text()};
  const auto error = error_response(notice);
  const auto read = read_notice(body_of(error));
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->severity == notice.severity && read->sqlstate == notice.sqlstate && read->message == notice.message);
  RC_ASSERT(read->detail == notice.detail && read->hint == notice.hint);

  const auto name = any_text();
  const auto value = any_text();
  const auto status = parameter_status(name, value);
  RC_ASSERT((read_parameter_status(body_of(status)) == std::pair(name, value)));

  const auto parsing = parse(name, value, *rc::gen::arbitrary<std::vector<std::uint32_t>>());
  const auto statement = read_parse(body_of(parsing));
  RC_ASSERT(statement.has_value());
  RC_ASSERT(statement->name == name && statement->sql == value);

  const auto data = any_bytes();
  const auto initial = sasl_initial_response(name, data);
  const auto sasl = read_sasl_initial(body_of(initial));
  RC_ASSERT(sasl.has_value());
  RC_ASSERT(sasl->mechanism == name && sasl->data == data);
}

RC_GTEST_PROP(Negotiation, IsReadAsItWasBuilt, ()) {
  const Negotiation told{{3, *rc::gen::element(0, 2)}, {"_pq_.a", "_pq_." + any_text()}, true};
  const auto message = negotiate_protocol_version(told);
  const auto read = read_negotiation(body_of(message));
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->version == told.version && read->unknown == told.unknown);
}

}  // namespace
}  // namespace pgbaton::wire
