#include "witness/proof.hpp"

#include <thread>

#include <gmock/gmock.h>

namespace pgbaton::witness {
namespace {

class ProofFile : public testing::Test {
 protected:
  system::TempDir folder_ = *system::TempDir::create("/tmp", "pgbaton-witness-test-");
  system::Path path_ = folder_.path() / "proof";
};

TEST_F(ProofFile, IsReadBackAsSeveralThreadsWroteIt) {
  constexpr std::int64_t kRows = 500;
  const auto proof = Proof::create(path_, "r1");
  ASSERT_TRUE(proof);
  {
    std::vector<std::jthread> clients;
    for (int client = 1; client <= 4; ++client)
      clients.emplace_back([&, client] {
        for (std::int64_t number = 1; number <= kRows; ++number) (*proof)->append({client, number}, Fate::acknowledged);
      });
  }
  (*proof)->append({2, kRows + 1}, Fate::in_doubt);
  const auto ledger = read_proof(path_);  // while the writer is still there: nothing waits in its memory
  ASSERT_TRUE(ledger) << ledger.error().message;
  for (int client = 1; client <= 4; ++client)
    for (std::int64_t number = 1; number <= kRows; ++number)
      ASSERT_EQ(ledger->fate({client, number}), Fate::acknowledged);
  EXPECT_EQ(ledger->fate({2, kRows + 1}), Fate::in_doubt);
}

TEST_F(ProofFile, ReplacesAnEarlierOne) {
  for (int turn = 0; turn < 2; ++turn) ASSERT_TRUE(Proof::create(path_, "r1"));
  EXPECT_EQ(*system::read_file(path_), "pgbaton witness 1 run r1\n");
}

TEST_F(ProofFile, AFullDiskIsSaid) {
  const auto proof = Proof::create("/dev/full", "r1");
  ASSERT_FALSE(proof);
  EXPECT_EQ(proof.error().code, base::Code::no_space);
}

TEST_F(ProofFile, AnotherFileIsNotTakenForOne) {
  ASSERT_TRUE(system::write_file_atomic(path_, "a 1 1\n", 0600));
  EXPECT_EQ(read_proof(path_).error().code, base::Code::corrupt);
  EXPECT_EQ(read_proof(folder_.path() / "absent").error().code, base::Code::corrupt);
}

}  // namespace
}  // namespace pgbaton::witness
