#include "postgres/control_data.hpp"

#include <charconv>
#include <map>

#include "base/text.hpp"
#include "system/child.hpp"

namespace pgbaton::postgres {
namespace {

using base::Code;
using base::fail;
using base::Result;

class Fields {
 public:
  explicit Fields(std::string_view text) {
    for (const auto& line : base::lines(text))
      if (const auto colon = line.find(':'); colon != std::string::npos)
        values_.emplace(line.substr(0, colon), base::trim(std::string_view{line}.substr(colon + 1)));
  }

  [[nodiscard]] Result<std::string> text(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return fail(Code::corrupt, "pg_controldata says nothing of \"{}\"", name);
    return found->second;
  }

  [[nodiscard]] Result<std::int64_t> number(const std::string& name) const {
    const auto value = TRY(text(name));
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size())
      return fail(Code::corrupt, "pg_controldata: \"{}\" is no number: {}", name, value);
    return number;
  }

  [[nodiscard]] Result<base::Lsn> lsn(const std::string& name) const { return base::parse_lsn(TRY(text(name))); }

 private:
  std::map<std::string, std::string> values_;
};

Result<ClusterState> state_of(const Fields& fields) {
  const auto text = TRY(fields.text("Database cluster state"));
  if (const auto state = parse_ClusterState(text)) return *state;
  return fail(Code::corrupt, "pg_controldata names the unknown cluster state \"{}\"", text);
}

}  // namespace

Result<ControlData> parse_control_data(std::string_view text) {
  const Fields fields{text};
  ControlData data;
  data.system_identifier = TRY(fields.text("Database system identifier"));
  data.cluster_state = TRY(state_of(fields));
  data.checkpoint = TRY(fields.lsn("Latest checkpoint location"));
  data.redo = TRY(fields.lsn("Latest checkpoint's REDO location"));
  data.minimum_recovery_end = TRY(fields.lsn("Minimum recovery ending location"));
  data.timeline = static_cast<int>(TRY(fields.number("Latest checkpoint's TimeLineID")));
  data.checksum_version = static_cast<int>(TRY(fields.number("Data page checksum version")));
  data.wal_segment.count = TRY(fields.number("Bytes per WAL segment"));
  data.block_size.count = TRY(fields.number("Database block size"));
  data.catalog_version = TRY(fields.number("Catalog version number"));
  data.control_version = TRY(fields.number("pg_control version number"));
  data.wal_level = TRY(fields.text("wal_level setting"));
  data.max_connections = static_cast<int>(TRY(fields.number("max_connections setting")));
  return data;
}

Result<ControlData> control_data(const system::Path& bindir, const system::Path& data, base::Deadline deadline) {
  const auto output = TRY(system::run_checked(
      {.argv = {(bindir / "pg_controldata").string(), "-D", data.string()}, .environment = {"LC_ALL=C", "LANGUAGE"}},
      deadline));
  return base::in_context("reading the control file of " + data.string(), parse_control_data(output.out));
}

// The file is written in one piece of this size (PG_CONTROL_FILE_SIZE in catalog/pg_control.h).
bool is_about_the_control_file(const base::Error& error, const system::Path& data) {
  constexpr std::size_t kSize = 8192;
  if (error.code == Code::corrupt) return true;
  if (error.code == Code::timed_out) return false;
  const auto text = system::read_file(data / "global" / "pg_control");
  return !text || text->size() < kSize;
}

}  // namespace pgbaton::postgres
