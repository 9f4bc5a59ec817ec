#include "system/test_main.hpp"

int main(int count, char** arguments) {
  return pgbaton::system::run_tests_as_ordinary_user(count, arguments, "postgres_test");
}
