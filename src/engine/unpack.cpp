#include "engine/unpack.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "engine/sha256.hpp"

namespace pgbaton::engine {

using base::Code;
using base::Result;
using system::Path;

namespace {

Result<> unpack_one(const Deb& deb, const Path& file, const Path& target, const Patience& patience) {
  TRY(verify(deb, file));
  TRY(run_tool({"dpkg-deb", "-x", file.string(), target.string()}, patience));
  return {};
}

// Decompression is most of the work and single-threaded per package: two at a time. The biggest come first, or the last
// one would keep a single thread busy at the end.
class Unpacking {
 public:
  Unpacking(std::vector<Deb> debs, Path cache, Path target, const Patience& patience, const OnFraction& on_unpack)
      : debs_(std::move(debs)),
        cache_(std::move(cache)),
        target_(std::move(target)),
        patience_(patience),
        on_unpack_(on_unpack) {
    std::ranges::sort(debs_, std::greater{}, &Deb::size);
    for (const auto& deb : debs_) total_ += deb.size;
  }

  Result<> run() {
    {
      const std::jthread helper{[this] { work(); }};
      work();
    }
    return outcome_;
  }

 private:
  void work() {
    for (std::size_t at = 0; (at = next_++) < debs_.size();)
      finish(debs_[at], unpack_one(debs_[at], cache_ / debs_[at].file, target_, patience_));
  }

  void finish(const Deb& deb, Result<> unpacked) {
    const std::scoped_lock lock{mutex_};
    done_ += deb.size;
    if (on_unpack_) on_unpack_(static_cast<double>(done_) / static_cast<double>(total_));
    if (unpacked || !outcome_) return;
    outcome_ = std::move(unpacked);
    next_ = debs_.size();
  }

  std::vector<Deb> debs_;
  Path cache_;
  Path target_;
  Patience patience_;
  OnFraction on_unpack_;
  std::int64_t total_ = 0;
  std::int64_t done_ = 0;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  Result<> outcome_;
};

}  // namespace

Result<> verify(const Deb& deb, const Path& file) {
  const auto sha256 = TRY(sha256_of(file));
  if (sha256 == deb.sha256) return {};
  return base::fail({Code::corrupt,
                     fmt::format("{} is not what the signed index of the archive says: its SHA-256 is {}, expected {}",
                                 file.string(), sha256, deb.sha256),
                     "Nothing was installed. Try again: it will be fetched again."});
}

Result<> unpack(std::vector<Deb> debs, const Path& cache, const Path& target, const Patience& patience,
                const OnFraction& on_unpack) {
  return Unpacking{std::move(debs), cache, target, patience, on_unpack}.run();
}

}  // namespace pgbaton::engine
