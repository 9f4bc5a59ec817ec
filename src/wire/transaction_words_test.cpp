#include "wire/transaction_words.hpp"

#include <gtest/gtest.h>

namespace pgbaton::wire {
namespace {

TEST(TransactionWords, AnyStatementOfATextMayCommit) {
  for (const auto* sql : {"COMMIT", "commit;", " /* why */ CoMmIt AND CHAIN", "-- why\nEND", "PREPARE TRANSACTION 'a'",
                          "INSERT INTO t VALUES (1); COMMIT", "SELECT ';commit'"})
    EXPECT_TRUE(may_commit(sql)) << sql;
}

TEST(TransactionWords, WhatOnlyLooksLikeACommitIsNone) {
  for (const auto* sql : {"", "SELECT 1", "ROLLBACK", "SELECT CASE WHEN a THEN b END", "INSERT INTO commit VALUES (1)",
                          "ENDS", "SELECT 1;", "/*", "--"})
    EXPECT_FALSE(may_commit(sql)) << sql;
}

TEST(TransactionWords, ABeginIsNothingElse) {
  for (const auto* sql : {"BEGIN", "begin;", "START TRANSACTION ISOLATION LEVEL SERIALIZABLE", " BEGIN /* a */ ; "})
    EXPECT_TRUE(only_begins(sql)) << sql;
  for (const auto* sql : {"BEGIN; SELECT 1", "SELECT 1", "", "BEGINS"}) EXPECT_FALSE(only_begins(sql)) << sql;
}

TEST(TransactionWords, ARollbackIsOfTheWholeTransaction) {
  for (const auto* sql : {"ROLLBACK", "abort work;", "ROLLBACK TRANSACTION", "rollback -- all"})
    EXPECT_TRUE(only_rolls_back(sql)) << sql;
  for (const auto* sql :
       {"ROLLBACK TO a", "ROLLBACK PREPARED 'a'", "ROLLBACK; SELECT 1", "ROLLBACK AND CHAIN", "SELECT"})
    EXPECT_FALSE(only_rolls_back(sql)) << sql;
}

}  // namespace
}  // namespace pgbaton::wire
