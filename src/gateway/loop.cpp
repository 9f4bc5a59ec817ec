#include "gateway/loop.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace pgbaton::gateway {

using base::Result;

namespace {

constexpr std::uint32_t kToRead = EPOLLIN | EPOLLRDHUP | EPOLLET;

Result<system::Fd> owned(int fd, const char* what) {
  if (fd < 0) return base::fail(base::Code::failed, "{}: {}", what, std::strerror(errno));
  return system::Fd{fd};
}

}  // namespace

Result<std::unique_ptr<Loop>> Loop::open() {
  std::unique_ptr<Loop> loop{new Loop};
  loop->epoll_ = TRY(owned(::epoll_create1(EPOLL_CLOEXEC), "epoll"));
  loop->wake_ = TRY(owned(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"));
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
  ::epoll_ctl(loop->epoll_.get(), EPOLL_CTL_ADD, loop->wake_.get(), &event);
  return loop;
}

void Loop::post(Task task) {
  {
    const std::scoped_lock lock{mutex_};
    posted_.push_back(std::move(task));
  }
  const std::uint64_t one = 1;
  std::ignore = ::write(wake_.get(), &one, sizeof one);  // full means awake already
}

void Loop::stop() {
  post([this] {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  });
}

void Loop::watch(int fd, Watcher& watcher) {
  epoll_event event{.events = kToRead, .data = {.ptr = &watcher}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void Loop::watch_room(int fd, Watcher& watcher, bool wanted) {
  epoll_event event{.events = kToRead | (wanted ? std::uint32_t{EPOLLOUT} : 0U), .data = {.ptr = &watcher}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Loop::unwatch(int fd) { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

Loop::Timer Loop::after(base::Millis delay, Task task) {
  return timers_.emplace(Steady::now() + delay, std::move(task));
}

int Loop::patience() const {
  if (timers_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - Steady::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void Loop::run() {
  std::array<epoll_event, 256> events{};
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), patience());
    // Before what the clients send: one that has seen its cancel request end may begin the next statement.
    run_posted();
    for (int i = 0; i < count; ++i) {
      const auto& event = events.at(static_cast<std::size_t>(i));
      if (event.data.ptr != nullptr) static_cast<Watcher*>(event.data.ptr)->on_events(event.events);
    }
    run_timers();
    run_later();
    const std::scoped_lock lock{mutex_};
    if (stopping_) return;
  }
}

void Loop::run_posted() {
  std::uint64_t count = 0;
  std::vector<Task> tasks;
  {
    const std::scoped_lock lock{mutex_};
    if (posted_.empty()) return;
    std::ignore = ::read(wake_.get(), &count, sizeof count);
    tasks.swap(posted_);
  }
  for (auto& task : tasks) task();
}

void Loop::run_timers() {
  const auto now = Steady::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    auto node = timers_.extract(timers_.begin());
    node.mapped()();
  }
}

void Loop::run_later() {
  while (!later_.empty()) {
    std::vector<Task> tasks;
    tasks.swap(later_);
    for (auto& task : tasks) task();
  }
}

}  // namespace pgbaton::gateway
