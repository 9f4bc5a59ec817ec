#include "cli/follow.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "cli/json_view.hpp"
#include "cli/progress_view.hpp"
#include "system/clock.hpp"

namespace pgbaton::cli {

using base::Code;
using base::Json;
using base::Result;

namespace {

constexpr base::Millis kPatience{60'000};
constexpr base::Millis kPause{200};    // between attempts to reach a server that does not answer
constexpr base::Millis kRepaint{250};  // so that a clock on the screen moves

bool has_ended(const Json& operation) {
  const auto state = model::parse_OperationState(text_at(operation, "state"));
  return state && model::has_ended(*state);
}

// What the painter and the followers share.
class Board {
 public:
  explicit Board(const std::vector<ToFollow>& operations) : results_(operations.size(), base::fail(Code::failed, "")) {
    for (const auto& operation : operations) lines_.push_back({.label = operation.label});
    running_ = operations.size();
  }

  void update(std::size_t at, const Json& update) {
    const std::scoped_lock lock{mutex_};
    apply(lines_[at], update);
    changed_.notify_one();
  }

  void end(std::size_t at, Result<Json> result) {
    const std::scoped_lock lock{mutex_};
    results_[at] = std::move(result);
    --running_;
    changed_.notify_one();
  }

  // Waits for news or for the time to repaint; false when all have ended.
  bool wait(std::vector<Followed>& lines) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, running_ > 0 ? kRepaint : base::Millis{0});
    lines = lines_;
    return running_ > 0;
  }

  std::vector<Result<Json>> results() {
    const std::scoped_lock lock{mutex_};
    return std::move(results_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Followed> lines_;
  std::vector<Result<Json>> results_;
  std::size_t running_ = 0;
};

void show(Board& board, Detail detail, const Console& console) {
  ProgressView view{detail == Detail::bar ? ProgressView::Shape::bar : ProgressView::Shape::steps, console};
  std::vector<Followed> lines;
  for (bool running = true; running;) {
    running = board.wait(lines);
    view.show(lines, system::now());
  }
}

}  // namespace

Result<Json> follow(const Api& api, const std::string& id, const OnUpdate& on_update) {
  const auto path = TRY(operation_path(id));
  Json last;
  std::optional<base::Deadline> give_up;  // set while nothing answers
  const auto on_event = [&](std::string_view data) {
    auto update = base::parse_json(data);
    if (!update || !update->is_object() || !update->contains("operation")) return true;
    last = (*update)["operation"];
    give_up.reset();
    on_update(*update);
    return !has_ended(last);
  };
  for (;;) {
    [[maybe_unused]] const auto broken = system::http_events(api.target(), path + "/events", on_event);
    if (has_ended(last)) return last;
    // The stream ended before the operation did: the server went away, or is coming back. What it says now counts.
    auto answer = api.get(path);
    if (answer) {
      give_up.reset();
      last = std::move(*answer);
      on_update({{"operation", last}});
      if (has_ended(last)) return last;
    } else {
      if (!give_up) give_up = base::Deadline::after(kPatience);
      if (answer.error().code == Code::unreachable && !give_up->passed()) {
        std::this_thread::sleep_for(kPause);
        continue;
      }
      return std::unexpected(
          std::move(answer.error())
              .with_context(fmt::format("operation {} may be going on, but cannot be followed", id)));
    }
    std::this_thread::sleep_for(kPause);
  }
}

std::vector<Result<Json>> follow_all(const Api& api, const std::vector<ToFollow>& operations, Detail detail,
                                     const Console& console) {
  Board board{operations};
  {
    std::vector<std::jthread> followers;
    for (std::size_t at = 0; at < operations.size(); ++at)
      followers.emplace_back([&, at] {
        board.end(at, follow(api, operations[at].id, [&](const Json& update) { board.update(at, update); }));
      });
    show(board, detail, console);
  }
  return board.results();
}

}  // namespace pgbaton::cli
