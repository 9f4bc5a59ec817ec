#include "wire/request.hpp"

#include <gtest/gtest.h>

#include "wire/messages.hpp"

namespace pgbaton::wire {
namespace {

using namespace std::string_literals;

const std::string kQuery = "Q\0\0\0\rSELECT 1\0"s;
const std::string kCall = "F\0\0\0\4"s;
const std::string kCopyData = "d\0\0\0\4"s;

TEST(WholeRequest, EndsWhereTheServerWouldSayReadyForQuery) {
  const auto extended = parse("", "SELECT 1") + bind("") + execute() + sync();
  for (const auto& request : {kQuery, kCall, sync(), extended, flush() + close_statement("a") + sync()}) {
    EXPECT_EQ(whole_request(request), request.size());
    EXPECT_EQ(whole_request(request + kQuery), request.size());
    for (std::size_t cut = 0; cut < request.size(); ++cut)
      EXPECT_FALSE(whole_request(std::string_view{request}.substr(0, cut)));
  }
}

TEST(WholeRequest, IsNothingElse) {
  for (const auto& bytes : {terminate(), kCopyData, parse("", "SELECT 1") + kQuery, bind("") + terminate(),
                            "Q\0\0\0\0"s + kQuery, bind("") + "Q\xff\xff\xff\xff"s})
    EXPECT_FALSE(whole_request(bytes));
}

}  // namespace
}  // namespace pgbaton::wire
