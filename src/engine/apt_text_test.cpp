#include "engine/apt_text.hpp"

#include <gmock/gmock.h>

namespace pgbaton::engine {
namespace {

using testing::ElementsAre;

constexpr std::string_view kTargets = R"(MetaKey: main/binary-amd64/Packages
Codename: bookworm-updates
Label: Debian
Origin: Debian
Component: main
Created-By: Packages
Release: bookworm-backports
Repo-URI: http://backports.example/debian/

MetaKey: main/binary-amd64/Packages
Label: Vendor
Origin: Vendor
Component: main
Created-By: Packages
Release: bookworm
Repo-URI: http://vendor.example/

Label: Debian
Origin: Debian
Component: main
Created-By: DEP-11
Release: bookworm
Repo-URI: http://icons.example/debian/

Label: Debian
Origin: Debian
Component: main
Created-By: Packages
Release: bookworm
Repo-URI: http://mirror.example/debian/
Signed-By: /etc/apt/keyrings/mirror.gpg

Label: Debian-Security
Origin: Debian
Component: main
Created-By: Packages
Release: bookworm-security
Repo-URI: http://security.example/debian-security/
)";

TEST(HostMirror, IsWhatTheHostUsesForDebianItself) {
  EXPECT_EQ(parse_mirror(kTargets), (Mirror{"http://mirror.example/debian/", "http://security.example/debian-security/",
                                            "/etc/apt/keyrings/mirror.gpg"}));
}

TEST(HostMirror, IsFoundBeforeTheHostEverUpdatedItsIndexes) {
  constexpr std::string_view kNoReleaseFiles =
      "Created-By: Packages\nComponent: main\nRelease: bookworm-updates\nRepo-URI: http://u.example/\n\n"
      "Created-By: Packages\nComponent: main\nRelease: bookworm-security\nRepo-URI: http://s.example/\n\n"
      "Created-By: Packages\nComponent: main\nRelease: bookworm\nRepo-URI: http://m.example/\n";
  EXPECT_EQ(parse_mirror(kNoReleaseFiles),
            (Mirror{"http://m.example/", "http://s.example/", "/usr/share/keyrings/debian-archive-keyring.gpg"}));
}

TEST(HostMirror, MissingIsAnErrorWithARemedy) {
  const auto mirror = parse_mirror("");
  ASSERT_FALSE(mirror);
  EXPECT_NE(mirror.error().remedy.find("apt-get update"), std::string::npos);
}

TEST(Madison, ListsEachVersionOnce) {
  constexpr std::string_view kText =
      "postgresql-17 | 17.12-0+deb13u1 | http://m trixie-security/main amd64 Packages\n"
      "postgresql-17 | 17.11-0+deb13u1 | http://m trixie/main amd64 Packages\n"
      "postgresql-17 | 17.11-0+deb13u1 | http://m trixie-updates/main amd64 Packages\n"
      "N: Unable to locate package postgresql-99\n";
  EXPECT_THAT(parse_madison(kText), ElementsAre(PackageVersion{"postgresql-17", "17.12-0+deb13u1"},
                                                PackageVersion{"postgresql-17", "17.11-0+deb13u1"}));
}

TEST(Uris, CarryNameVersionAndHash) {
  const auto debs = parse_uris(
      "'http://m/pool/libz/libzstd1_1.5.7%2bdfsg-1_amd64.deb' libzstd1_1.5.7+dfsg-1_amd64.deb 303836 SHA256:ab12\n"
      "'http://m/pool/l/libllvm19_19.1.7-3%2bb1_amd64.deb' libllvm19_1%3a19.1.7-3+b1_amd64.deb 25978316 SHA256:cd34\n");
  ASSERT_TRUE(debs);
  EXPECT_THAT(*debs,
              ElementsAre(Deb{"libzstd1", "1.5.7+dfsg-1", "libzstd1_1.5.7+dfsg-1_amd64.deb", 303836, "ab12"},
                          Deb{"libllvm19", "1:19.1.7-3+b1", "libllvm19_1%3a19.1.7-3+b1_amd64.deb", 25978316, "cd34"}));
}

TEST(Uris, WithoutAStrongHashAreRefused) {
  for (const auto* line :
       {"'http://m/a_1_amd64.deb' a_1_amd64.deb 12 MD5Sum:ab", "'http://m/a_1_amd64.deb' a_1_amd64.deb 12 ",
        "'http://m/a_1_amd64.deb' a_1_amd64.deb 12", "'http://m/a' a 12 SHA256:ab"})
    EXPECT_EQ(parse_uris(line).error().code, base::Code::corrupt) << line;
}

TEST(Build, IsTheDebianRevision) {
  const auto name = [](std::string_view version) {
    const auto id = engine_of(version);
    return id ? model::to_string(*id) : "none";
  };
  EXPECT_EQ(name("17.12-0+deb13u1"), "17.12-deb13u1");
  EXPECT_EQ(name("18.6-3"), "18.6-3");
  EXPECT_EQ(name("18.6-3+b1"), "18.6-3+b1");
  EXPECT_EQ(name("13.23-0+deb11u4"), "13.23-deb11u4");
  EXPECT_EQ(name("15.20-1.pgdg120+1"), "15.20-1.pgdg120+1");
  for (const auto* text : {"", "17.12", "18~beta1-1", "9.6.24-0+deb9u1", "17.12-", "17.12-0+", "-17.12-1",
                           "17.12-1 -o x", "17.12-1/../.."})
    EXPECT_EQ(name(text), "none") << text;
}

TEST(DownloadStatus, IsAFraction) {
  EXPECT_DOUBLE_EQ(*parse_download_status("dlstatus:58:98.5000:Retrieving file 58 of 59"), 0.985);
  EXPECT_EQ(parse_download_status("pmstatus:a:5:x"), std::nullopt);
  EXPECT_EQ(parse_download_status("Get:1 http://m"), std::nullopt);
}

}  // namespace
}  // namespace pgbaton::engine
