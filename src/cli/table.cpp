#include "cli/table.hpp"

#include <numeric>

#include "base/text.hpp"
#include "cli/text_layout.hpp"

namespace pgbaton::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 24;  // of a last column that is broken into lines

std::string aligned(std::string_view text, std::size_t width, Align align) {
  if (align == Align::left) return padded(text, width);
  const auto columns = display_width(text);
  return std::string(columns < width ? width - columns : 0, ' ') + std::string{text};
}

void append_line(std::string& result, std::string line) {
  while (line.ends_with(' ')) line.pop_back();
  result += line + "\n";
}

}  // namespace

void Table::add(std::vector<Cell> row) {
  row.resize(columns_.size(), Cell{""});
  rows_.push_back(std::move(row));
}

std::string Table::render(const Console& console) const {
  std::vector<std::size_t> shown;
  for (std::size_t at = 0; at < columns_.size(); ++at)
    if (std::ranges::any_of(rows_, [&](const auto& row) { return !row[at].text.empty(); })) shown.push_back(at);
  if (shown.empty()) return {};

  std::vector<std::size_t> widths;
  for (const auto at : shown) {
    widths.push_back(display_width(columns_[at].heading));
    for (const auto& row : rows_) widths.back() = std::max(widths.back(), display_width(row[at].text));
  }
  const auto before_last = std::accumulate(widths.begin(), widths.end() - 1, kGap * (widths.size() - 1));
  const bool breaks = console.out_terminal && console.width > before_last + kNarrowest;
  const auto last_width = breaks ? console.width - before_last : 0;
  const std::string gap(kGap, ' ');

  std::string result;
  const auto append_row = [&](auto&& text_of, auto&& paint_of) {
    std::string line;
    for (std::size_t at = 0; at + 1 < shown.size(); ++at)
      line += console.painted(paint_of(shown[at]), aligned(text_of(shown[at]), widths[at], columns_[shown[at]].align)) +
              gap;
    const auto last = shown.back();
    const bool right = columns_[last].align == Align::right;
    for (const auto& part : wrapped(text_of(last), right ? 0 : last_width)) {
      append_line(result,
                  line + console.painted(paint_of(last), right ? aligned(part, widths.back(), Align::right) : part));
      line = std::string(before_last, ' ');
    }
  };
  const bool headed = std::ranges::any_of(columns_, [](const auto& column) { return !column.heading.empty(); });
  if (headed) append_row([&](auto at) { return columns_[at].heading; }, [](auto) { return Paint::dim; });
  for (const auto& row : rows_)
    append_row([&](auto at) { return row[at].text; }, [&](auto at) { return row[at].paint; });
  return result;
}

}  // namespace pgbaton::cli
