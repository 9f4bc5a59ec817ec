// Durations counted in buckets of powers of two from 16 µs up: what Prometheus' histograms want, at one increment each.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>

namespace pgbaton::gateway {

class Histogram {
 public:
  static constexpr std::size_t kBuckets = 24;  // up to 16 µs * 2^23 = 134 s; the last one takes all above

  void add(std::chrono::nanoseconds duration) {
    const auto micros = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count() / 1000, 0));
    const auto bucket = std::min<std::size_t>(std::bit_width(micros >> 4), kBuckets - 1);
    buckets_.at(bucket).fetch_add(1, std::memory_order_relaxed);
    sum_micros_.fetch_add(micros, std::memory_order_relaxed);
  }
  /// The bucket's upper bound in seconds.
  static double bound(std::size_t bucket) { return 16e-6 * static_cast<double>(std::uint64_t{1} << bucket); }
  [[nodiscard]] std::uint64_t count(std::size_t bucket) const {
    return buckets_.at(bucket).load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t sum_micros() const { return sum_micros_.load(std::memory_order_relaxed); }
  /// What another process has counted.
  void add_counted(std::size_t bucket, std::uint64_t count) { buckets_.at(bucket) += count; }
  void add_micros(std::uint64_t micros) { sum_micros_ += micros; }
  [[nodiscard]] double sum_seconds() const {
    return static_cast<double>(sum_micros_.load(std::memory_order_relaxed)) / 1e6;
  }

 private:
  std::array<std::atomic<std::uint64_t>, kBuckets> buckets_{};
  std::atomic<std::uint64_t> sum_micros_{0};
};

}  // namespace pgbaton::gateway
