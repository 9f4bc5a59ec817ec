#include "wire/image.hpp"

#include <gtest/gtest.h>

#include "wire/messages.hpp"
#include "wire/snapshot.hpp"

namespace pgbaton::wire {
namespace {

using base::Json;

// As it goes to the other process and comes out there.
template <typename T>
T made_of_sent(const T& value) {
  std::string bytes;
  Json::to_cbor(Image::of(value), bytes);
  T made;
  Image::from(Json::from_cbor(bytes), made);
  return made;
}

void feed_image(auto& machine, std::string_view bytes, bool from_client) {
  FrameWalker walker;
  std::size_t passed = 0;
  walker.walk(bytes, passed, [&](const Message& message) {
    if (from_client)
      machine.client_sent(message);
    else
      machine.server_sent(message);
    return Pass::on;
  });
}

TEST(Image, AMachineInTheMiddleOfAPipelineGoesOnAsTheOneThatItWasMadeOf) {
  SessionMachine machine;
  feed_image(machine, parse("", "SELECT 1") + bind("", {}) + execute() + sync() + query("SELECT 2"), true);
  feed_image(machine, std::string{"1\0\0\0\4", 5} + std::string{"2\0\0\0\4", 5}, false);
  auto made = made_of_sent(machine);
  EXPECT_EQ(Image::of(made), Image::of(machine));
  for (auto* one : {&machine, &made}) {
    feed_image(*one, ready_for_query('I') + ready_for_query('I'), false);
    EXPECT_EQ(one->is_busy(), machine.is_busy());
    EXPECT_EQ(one->is_safe(), machine.is_safe());
  }
  EXPECT_EQ(Image::of(made), Image::of(machine));
}

TEST(Image, AJournalKeepsItsNamesAndItsUnnamedStatementWhateverTheirBytes) {
  Journal journal;
  feed_image(journal, query("SET app.t\xe9nant = 'x'") + parse("", "SELECT '\xff\xfe'::text"), true);
  feed_image(journal, std::string{"1\0\0\0\4", 5}, false);
  journal.set_parameter("TimeZone", "Europe/Paris");
  const auto made = made_of_sent(journal);
  EXPECT_EQ(Image::of(made), Image::of(journal));
  EXPECT_EQ(made.unnamed(), journal.unnamed());
  EXPECT_FALSE(made.unnamed().empty());
  EXPECT_EQ(made.placeholders(), journal.placeholders());
}

TEST(Image, AWalkerInTheMiddleOfAMessageKnowsHowMuchIsToCome) {
  FrameWalker walker;
  std::size_t passed = 0;
  const auto message = query(std::string(1000, 'x'));
  walker.walk(std::string_view{message}.substr(0, 400), passed, [](const Message&) { return Pass::on; });
  auto made = made_of_sent(walker);
  EXPECT_FALSE(made.is_between_messages());
  made.walk(std::string_view{message}.substr(400), passed, [](const Message&) { return Pass::stop; });
  EXPECT_EQ(passed, message.size() - 400);
  EXPECT_TRUE(made.is_between_messages());
}

TEST(Image, CredentialsOfEveryKindComeThrough) {
  const std::vector<Credentials> all{
      std::monostate{}, ScramKeys{base::Secret{std::string("\0\xff", 2)}, base::Secret{"s"}, base::Secret{"v"}},
      Md5Verifier{base::Secret{"0123"}}, base::Secret{"password"}};
  for (const auto& credentials : all) {
    const auto made = made_of_sent(credentials);
    EXPECT_EQ(made.index(), credentials.index());
    EXPECT_EQ(Image::of(made), Image::of(credentials));
  }
}

TEST(Image, AStartupMessageKeepsTheOrderOfItsParameters) {
  StartupMessage message{.version = {3, 2}, .parameters = {{"user", "u"}, {"options", "-c a=b"}, {"user", "v"}}};
  const auto made = made_of_sent(message);
  EXPECT_EQ(made.version, message.version);
  EXPECT_EQ(made.parameters, message.parameters);
}

TEST(Image, WhatIsNoImageIsAnExceptionOfTheLibraryAndNothingElse) {
  SessionMachine machine;
  EXPECT_THROW(Image::from(Json{{"outstanding", 1}}, machine), Json::exception);
  Journal journal;
  EXPECT_THROW(Image::from(Json::array(), journal), Json::exception);
}

}  // namespace
}  // namespace pgbaton::wire
