#include "catalog/offers.hpp"

#include <gmock/gmock.h>

#include "catalog/test_data.hpp"

namespace pgbaton::catalog {
namespace {

using model::EngineRecord;
using model::EngineState;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

const model::CollationVersions kBookworm{"2.36", "72.1"};
const model::CollationVersions kTrixie{"2.41", "76.1"};

Offers offers_at(std::string_view current, const std::vector<EngineRecord>& engines,
                 std::string_view today = "2026-11-22") {
  return offers(id_of(current), kBookworm, engines, real_catalog(), day(today));
}

std::vector<std::string> summary(const Offers& offers) {
  std::vector<std::string> lines;
  for (const auto& offer : offers.offers)
    lines.push_back(
        fmt::format("{} {}{}", model::to_string(offer.engine), to_string(offer.kind), offer.direct ? " direct" : ""));
  return lines;
}

std::string reason(const Offers& offers, std::string_view engine) {
  for (const auto& refusal : offers.refused)
    if (refusal.engine == id_of(engine)) return refusal.reason + " | " + refusal.remedy;
  return "no refusal";
}

const std::vector<EngineRecord> kHost{engine("15.18-deb12u1"), engine("15.20-deb12u1"), engine("17.11-deb13u1"),
                                      engine("17.12-deb13u1"), engine("18.6-3")};

struct Case {
  const char* current;
  std::vector<std::string> offered;
};

TEST(Offers, TheLatestMinorComesFirstThenTheNextMajorThenTheOthersDirectly) {
  const std::vector<Case> cases{
      {"15.18-deb12u1", {"15.20-deb12u1 minor"}},
      {"15.20-deb12u1", {"17.12-deb13u1 major", "18.6-3 major direct"}},
      {"17.11-deb13u1", {"17.12-deb13u1 minor"}},
      {"17.12-deb13u1", {"18.6-3 major"}},
      {"18.6-3", {}},
      {"13.23-deb11u4", {"15.20-deb12u1 major", "17.12-deb13u1 major direct", "18.6-3 major direct"}},
      {"17.99-deb13u1", {"18.6-3 major"}},
  };
  for (const auto& [current, offered] : cases) EXPECT_EQ(summary(offers_at(current, kHost)), offered) << current;
}

TEST(Offers, ANewerBuildOfTheSameVersionIsAMinorThatNamesTheChangeOfCollation) {
  const auto found =
      offers_at("15.20-deb12u1", {engine("15.20-deb12u1"), engine("15.20-deb13u1", EngineState::available, kTrixie)});
  ASSERT_THAT(found.offers, SizeIs(1));
  EXPECT_EQ(found.offers[0].kind, OfferKind::minor);
  EXPECT_EQ(found.offers[0].text,
            "Build deb13u1 replaces deb12u1 of the same PostgreSQL 15.20; the order of strings may change: libc 2.36 "
            "becomes 2.41, ICU 72.1 becomes 76.1.");
  EXPECT_THAT(found.offers[0].notes, Contains(Field(&Note::kind, NoteKind::collation)));
}

TEST(Offers, ABuildWithTheSameCollationHasNoSuchNote) {
  const auto found = offers_at("15.20-deb12u1", {engine("15.20-deb12u2")});
  ASSERT_THAT(found.offers, SizeIs(1));
  EXPECT_THAT(found.offers[0].notes, Not(Contains(Field(&Note::kind, NoteKind::collation))));
}

struct RefusalCase {
  const char* engine;
  const char* says;
};

TEST(Offers, EveryOtherEngineHasAReasonAndWhereItHelpsACommand) {
  const auto found = offers_at("17.11-deb13u1", {
                                                    engine("15.20-deb12u1"),
                                                    engine("17.10-deb13u1"),
                                                    engine("17.11-deb13u1"),
                                                    engine("17.11-1", EngineState::withdrawn),
                                                    engine("17.12-deb13u1"),
                                                    engine("17.13-deb13u1", EngineState::found),
                                                    engine("17.14-deb13u1", EngineState::qualified),
                                                    engine("18.3-1"),
                                                    engine("18.4-1"),
                                                    engine("18.6-3"),
                                                    not_installed("18.7-1"),
                                                });
  EXPECT_EQ(summary(found), (std::vector<std::string>{"17.12-deb13u1 minor"}));
  for (const auto& [engine, says] : std::to_array<RefusalCase>({
           {"15.20-deb12u1", "this would be a downgrade: data of PostgreSQL 17 cannot be read by 15"},
           {"17.10-deb13u1", "this would be a downgrade: 17.11-deb13u1 runs already"},
           {"17.11-deb13u1", "this is what runs"},
           {"17.11-1", "17.11-1 has been withdrawn"},
           {"17.13-deb13u1", "17.13-deb13u1 is installed but not qualified | `pgbaton engines qualify 17.13-deb13u1`"},
           {"17.14-deb13u1", "17.14-deb13u1 is qualified but not released | `pgbaton engines release 17.14-deb13u1`"},
           {"18.3-1", "it is on the list of versions to skip: a standby of it can crash in a loop"},
           {"18.4-1", "it is passed over: 18.6 is available"},
           {"18.6-3", "17.11-deb13u1 is not the latest of PostgreSQL 17 yet | Upgrade to 17.12-deb13u1 first."},
           {"18.7-1", "18.7-1 is not installed | `pgbaton engines install 18.7-1` installs it."},
       }))
    EXPECT_THAT(reason(found, engine), StartsWith(says)) << engine;
}

TEST(Offers, AMinorBetweenIsPassedOverEvenWhenItIsNotInstalled) {
  const auto found = offers_at("17.10-deb13u1", {not_installed("17.11-deb13u1"), engine("17.12-deb13u1")});
  EXPECT_THAT(reason(found, "17.11-deb13u1"), StartsWith("it is passed over: 17.12 is available"));
}

TEST(Offers, ASkippedMinorIsOfferedOnlyWhenNothingNewerIsThereAndSaysSo) {
  const auto alone = offers_at("17.7-deb13u1", {engine("17.8-deb13u1")});
  EXPECT_EQ(summary(alone), (std::vector<std::string>{"17.8-deb13u1 minor"}));
  EXPECT_THAT(alone.offers[0].notes, Contains(Field(&Note::kind, NoteKind::skip)));
  const auto newer = offers_at("17.7-deb13u1", {engine("17.8-deb13u1"), engine("17.10-deb13u1")});
  EXPECT_EQ(summary(newer), (std::vector<std::string>{"17.10-deb13u1 minor"}));
}

TEST(Offers, TheEndOfLifeIsNamedFromHalfAYearBefore) {
  const auto notes_at = [](std::string_view today) {
    std::vector<std::string> texts;
    const auto found = offers_at("15.18-deb12u1", kHost, today);
    for (const auto& note : found.offers.at(0).notes)
      if (note.kind == NoteKind::end_of_life) texts.push_back(note.text);
    return texts;
  };
  EXPECT_THAT(notes_at("2027-01-01"), IsEmpty());
  EXPECT_THAT(notes_at("2027-06-01"), ElementsAre(HasSubstr("reaches its end of life on 2027-11-11: plan the next")));
  EXPECT_THAT(notes_at("2027-11-11"), ElementsAre(HasSubstr("reaches")));
  EXPECT_THAT(notes_at("2027-11-12"),
              ElementsAre(HasSubstr("reached its end of life on 2027-11-11: it gets no fixes")));
}

TEST(Offers, NotesBringTheReleaseNotesAndTheHazards) {
  const auto found = offers_at("15.18-deb12u1", kHost);
  EXPECT_THAT(found.offers.at(0).notes,
              Contains(AllOf(Field(&Note::text, "PostgreSQL 15.20 was released on 2026-11-12."),
                             Field(&Note::link, "https://www.postgresql.org/docs/release/15.20/"))));
  EXPECT_THAT(found.offers.at(0).notes, Contains(AllOf(Field(&Note::kind, NoteKind::hazard),
                                                       Field(&Note::text, HasSubstr("output_plugin_libraries")))));
}

TEST(Offers, AVersionThatTheCatalogDoesNotKnowIsOfferedAllTheSame) {
  EXPECT_EQ(summary(offers_at("17.12-deb13u1", {engine("17.99-1"), engine("42.0-1")})),
            (std::vector<std::string>{"17.99-1 minor"}));
}

struct Way {
  const char* current;
  const char* to;
  std::vector<std::string> hops;
};

TEST(Path, LeadsByWhatIsOfferedOneAfterTheOther) {
  const std::vector<Way> ways{
      {"15.18-deb12u1", "17", {"15.20", "17.12"}}, {"15.18-deb12u1", "18", {"15.20", "17.12", "18.6"}},
      {"15.20-deb12u1", "17", {"17.12"}},          {"13.23-deb11u4", "18", {"15.20", "17.12", "18.6"}},
      {"15.18-deb12u1", "15", {"15.20"}},
  };
  for (const auto& [current, to, expected] : ways) {
    const auto found =
        path(model::parse_version_request(to).value(), id_of(current), kHost, real_catalog(), day("2026-11-22"));
    ASSERT_TRUE(found) << current << " " << found.error().message;
    std::vector<std::string> versions;
    for (const auto& hop : *found) versions.push_back(model::to_string(hop.engine.version));
    EXPECT_EQ(versions, expected) << current;
  }
}

TEST(Path, IsRefusedAsAnOfferIs) {
  const auto refused = [](std::string_view current, const char* to) {
    return path(model::parse_version_request(to).value(), id_of(current), kHost, real_catalog(), day("2026-11-22"))
        .error()
        .code;
  };
  EXPECT_EQ(refused("15.18-deb12u1", "99"), base::Code::not_found);
  EXPECT_EQ(refused("17.12-deb13u1", "15"), base::Code::refused);
  EXPECT_EQ(refused("18.6-3", "18"), base::Code::refused);
}

}  // namespace
}  // namespace pgbaton::catalog
