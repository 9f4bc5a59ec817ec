#include "system/outgoing.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include <curl/curl.h>

namespace pgbaton::system {

using base::Code;
using base::Deadline;
using base::Result;

namespace {

struct EndTransfer {
  void operator()(CURL* transfer) const { curl_easy_cleanup(transfer); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Transfer = std::unique_ptr<CURL, EndTransfer>;
using Lines = std::unique_ptr<curl_slist, FreeList>;

Transfer begin_transfer(const std::string& url, const char* protocols, Deadline deadline) {
  static const auto once = curl_global_init(CURL_GLOBAL_DEFAULT);
  std::ignore = once;
  Transfer transfer{curl_easy_init()};
  curl_easy_setopt(transfer.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(transfer.get(), CURLOPT_PROTOCOLS_STR, protocols);
  curl_easy_setopt(transfer.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(transfer.get(), CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(deadline.remaining().count())));
  return transfer;
}

Lines lines_of(const std::vector<std::string>& all) {
  curl_slist* list = nullptr;
  for (const auto& line : all) list = curl_slist_append(list, line.c_str());
  return Lines{list};
}

// Nobody reads what a receiver has to say.
std::size_t discard(char* /*data*/, std::size_t size, std::size_t count, void* /*nothing*/) { return size * count; }

Result<> perform(const Transfer& transfer, const std::string& url) {
  const auto outcome = curl_easy_perform(transfer.get());
  if (outcome == CURLE_OK) return {};
  return base::fail(Code::unreachable, "{}: {}", url, curl_easy_strerror(outcome));
}

struct Unread {
  std::string_view text;
};

std::size_t read_text(char* into, std::size_t size, std::size_t count, void* from) {
  auto& unread = *static_cast<Unread*>(from);
  const auto length = std::min(size * count, unread.text.size());
  std::memcpy(into, unread.text.data(), length);
  unread.text.remove_prefix(length);
  return length;
}

}  // namespace

Result<> post_json(const std::string& url, const std::vector<std::string>& headers, const std::string& body,
                   Deadline deadline) {
  const auto transfer = begin_transfer(url, "http,https", deadline);
  auto all = headers;
  all.emplace_back("Content-Type: application/json");
  all.emplace_back("User-Agent: pgbaton/" PGBATON_VERSION);
  const auto lines = lines_of(all);
  curl_easy_setopt(transfer.get(), CURLOPT_HTTPHEADER, lines.get());
  curl_easy_setopt(transfer.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(transfer.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(transfer.get(), CURLOPT_WRITEFUNCTION, discard);
  TRY(perform(transfer, url));
  long status = 0;
  curl_easy_getinfo(transfer.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status / 100 == 2) return {};
  return base::fail(Code::failed, "{} answered with status {}", url, status);
}

Result<> send_mail(const MailServer& server, const std::string& from, const std::string& to, const std::string& message,
                   Deadline deadline) {
  const auto transfer = begin_transfer(server.url, "smtp,smtps", deadline);
  curl_easy_setopt(transfer.get(), CURLOPT_USE_SSL,
                   static_cast<long>(server.user.empty() ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  if (!server.user.empty()) {
    curl_easy_setopt(transfer.get(), CURLOPT_USERNAME, server.user.c_str());
    curl_easy_setopt(transfer.get(), CURLOPT_PASSWORD, server.password.reveal().c_str());
  }
  const auto recipients = lines_of({"<" + to + ">"});
  Unread unread{message};
  curl_easy_setopt(transfer.get(), CURLOPT_MAIL_FROM, ("<" + from + ">").c_str());
  curl_easy_setopt(transfer.get(), CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(transfer.get(), CURLOPT_READFUNCTION, read_text);
  curl_easy_setopt(transfer.get(), CURLOPT_READDATA, &unread);
  curl_easy_setopt(transfer.get(), CURLOPT_UPLOAD, 1L);
  return perform(transfer, server.url);
}

}  // namespace pgbaton::system
