#include "witness/failure.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace pgbaton::witness {

Failure connect_failure(std::string_view text) {
  constexpr std::string_view kFatal = "FATAL:  ";
  constexpr std::size_t kLength = 5;
  const auto at = text.rfind(kFatal);  // of several addresses the last one tried
  const auto said = at == std::string_view::npos ? std::string_view{} : text.substr(at + kFatal.size());
  if (said.size() <= kLength || said[kLength] != ':')
    return {.sqlstate = std::string{kNobodyAnswers}, .message = std::string{base::trim(text)}, .lost = true};
  const auto sentence = said.substr(kLength + 1, said.find('\n') - kLength - 1);
  return {.sqlstate = std::string{said.substr(0, kLength)}, .message = std::string{base::trim(sentence)}, .lost = true};
}

}  // namespace pgbaton::witness
