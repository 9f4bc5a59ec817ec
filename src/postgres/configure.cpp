#include "postgres/configure.hpp"

#include <charconv>

#include "base/text.hpp"
#include "postgres/conf.hpp"
#include "postgres/control_data.hpp"
#include "postgres/replication_text.hpp"
#include "system/child.hpp"

namespace pgbaton::postgres {
namespace {

using base::Code;
using base::fail;
using base::Result;
using system::Path;

Result<bool> write_if_changed(const Path& path, std::string_view content) {
  if (const auto now = system::read_file(path); now && *now == content) return false;
  TRY(system::write_file_atomic(path, content, 0600));
  return true;
}

// With fewer connections than its primary has, hot standby stops. When a plan grows its standbys are restarted first;
// when it shrinks, a standby keeps what it has until its primary was restarted.
Result<Spec> as_its_primary_needs(const Spec& spec, const Path& data) {
  auto needed = spec;
  const bool replays =
      std::filesystem::exists(data / "standby.signal") || std::filesystem::exists(data / "recovery.signal");
  if (!replays) return needed;
  const auto control = TRY(control_data(spec.bindir, data, base::Deadline::after(std::chrono::seconds{10})));
  needed.least_connections = control.max_connections;
  return needed;
}

}  // namespace

Result<bool> configure(const Spec& spec) {
  return base::in_context("configuring " + spec.name, configure_in(spec, spec.data()));
}

Result<bool> configure_in(const Spec& spec, const Path& data) {
  const int major = TRY(major_of_data(data));
  const auto postgresql_conf = TRY(system::read_file(data / "postgresql.conf"));
  TRY(system::make_directory(spec.log(), 0700));
  bool changed = TRY(write_if_changed(data / kConfFile, render_conf(TRY(as_its_primary_needs(spec, data)), major)));
  if (spec.upstream) changed |= TRY(write_if_changed(spec.folder / kPassFile, password_file(spec.upstream->password)));
  changed |= TRY(write_if_changed(data / "postgresql.conf", with_include(postgresql_conf)));
  changed |= TRY(write_if_changed(data / "pg_ident.conf", render_ident(spec)));
  changed |= TRY(write_if_changed(data / "pg_hba.conf", render_hba(spec)));
  return changed;
}

Result<int> major_of_data(const Path& data) {
  const auto text = system::read_file(data / "PG_VERSION");
  if (!text) return fail(Code::not_found, "{} is not an initialised data directory", data.string());
  int major = 0;
  std::from_chars(text->data(), text->data() + text->size(), major);
  if (major < 10) return fail(Code::corrupt, "{}/PG_VERSION holds no major version", data.string());
  return major;
}

// "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)"
Result<model::Version> version_of_engine(const Path& bindir) {
  const auto output = TRY(system::run_checked({.argv = {(bindir / "postgres").string(), "-V"}},
                                              base::Deadline::after(std::chrono::seconds{10})));
  const auto words = base::split(base::trim(output.out), ' ');
  if (words.size() < 3) return fail(Code::corrupt, "{}/postgres -V says \"{}\"", bindir.string(), output.out);
  return model::parse_version(words[2]);
}

}  // namespace pgbaton::postgres
