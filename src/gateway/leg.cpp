#include "gateway/leg.hpp"

#include <sys/epoll.h>

namespace pgbaton::gateway {

void Leg::open(system::Fd fd) { open(Stream{std::move(fd)}); }

void Leg::open(Stream opened) {
  stream = std::move(opened);
  unread = {};
  unsent = {};
  walker = {};
  readable = hung_up_ = ended = false;
  watch();
}

void Leg::watch() {
  loop_.watch(stream.fd(), *this);
  awaits_room_ = false;
  if (stream.is_tls()) await_room(true);  // reading may have to write, too
}

Stream Leg::release() {
  if (stream.is_open()) loop_.unwatch(stream.fd());
  return std::exchange(stream, Stream{});
}

void Leg::close() {
  if (!stream.is_open()) return;
  loop_.unwatch(stream.fd());
  stream.close();
  unread = {};
  unsent = {};
}

void Leg::take_over(Leg& other) {
  close();
  loop_.unwatch(other.stream.fd());
  stream = std::move(other.stream);
  unread = std::exchange(other.unread, {});
  unsent = std::exchange(other.unsent, {});
  walker = {};
  hung_up_ = other.hung_up_;
  ended = other.ended;
  readable = true;
  watch();
}

void Leg::on_events(std::uint32_t events) {
  if (!stream.is_open()) return;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) hung_up_ = true;
  // TLS may have to write before it can read on.
  if ((events & EPOLLIN) != 0 || hung_up_ || stream.is_tls()) readable = true;
  owner_.on_ready(*this);
}

std::size_t Leg::receive(std::span<char> into) {
  if (!readable || into.empty()) return 0;
  const auto moved = stream.read(into);
  if (moved.end == Stream::End::closed) ended = true;
  // The end may have been told of together with the last bytes, and is not told of again.
  if (moved.end != Stream::End::none || (moved.drained && !hung_up_)) readable = false;
  return moved.bytes;
}

bool Leg::fill(std::size_t limit) {
  if (unread.size() >= limit) return false;
  const auto scratch = loop_.scratch();
  const auto got = receive(scratch.first(std::min(scratch.size(), limit - unread.size())));
  unread.append(scratch.data(), got);
  return got > 0;
}

void Leg::await_room(bool wanted) {
  if (awaits_room_ == wanted) return;
  awaits_room_ = wanted;
  loop_.watch_room(stream.fd(), *this, wanted);
}

Stream::Moved Leg::write(std::string_view bytes) {
  const auto moved = stream.write(bytes);
  if (!stream.is_tls()) await_room(moved.end == Stream::End::again);
  return moved;
}

base::Result<> Leg::begin_tls(SSL_CTX& context) {
  TRY(stream.begin_tls(context));
  await_room(true);
  return {};
}

bool Leg::flush() {
  std::size_t sent = 0;
  while (sent < unsent.size()) {
    const auto moved = write(std::string_view{unsent}.substr(sent));
    sent += moved.bytes;
    if (moved.end == Stream::End::closed) return false;
    if (moved.end == Stream::End::again) break;
  }
  if (sent == unsent.size())
    unsent = {};
  else
    unsent.erase(0, sent);
  return true;
}

bool Leg::send(std::string_view bytes) {
  if (!is_open()) return false;
  unsent += bytes;
  return flush();
}

std::optional<wire::Message> Leg::next_message() const {
  const auto frame = wire::peek(unread);
  if (!frame || unread.size() < frame->size()) return std::nullopt;
  return wire::Message{*frame, std::string_view{unread}.substr(wire::kHeader, frame->length - 4)};
}

void Leg::consume(std::size_t bytes) {
  if (bytes == unread.size())
    unread = {};
  else
    unread.erase(0, bytes);
}

}  // namespace pgbaton::gateway
