// A table for people: aligned columns under a heading, two blanks between them, no lines drawn.
#pragma once

#include <string>
#include <vector>

#include "cli/console.hpp"

namespace pgbaton::cli {

enum class Align { left, right };

struct Column {
  std::string heading;
  Align align = Align::left;
};

struct Cell {
  std::string text;
  Paint paint = Paint::plain;
  Cell(std::string shown) : text(std::move(shown)) {}  // NOLINT(google-explicit-constructor): rows are lists of text
  Cell(const char* shown) : text(shown) {}             // NOLINT(google-explicit-constructor)
  Cell(std::string shown, Paint colour) : text(std::move(shown)), paint(colour) {}
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// One cell per column; missing ones are empty.
  void add(std::vector<Cell> row);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  /// Columns in which no row has anything are left out. On a terminal the last column is broken into several lines.
  [[nodiscard]] std::string render(const Console& console) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace pgbaton::cli
