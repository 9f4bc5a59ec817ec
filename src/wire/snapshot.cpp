#include "wire/snapshot.hpp"

#include <algorithm>

#include "wire/messages.hpp"
#include "wire/one_statement.hpp"

namespace pgbaton::wire {
namespace {

constexpr std::string_view kStateStatement = "__pgbaton_state";
constexpr std::uint32_t kTextArray = 1009;

// Casts and ORDER BY find their functions without search_path; operators do not, and are qualified. What pg_temp has is
// looked for only when there is such a schema: the catalogs are read whole for it.
constexpr std::string_view kStateSql = R"(/* pgbaton: session state */
with known as materialized (select name, setting, source from pg_catalog.pg_settings)
select pg_catalog.json_build_object(
 'session_user', session_user,
 'login_user', (select pg_catalog.pg_get_userbyid(a.usesysid)
   from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a),
 'role', pg_catalog.current_setting('role'),
 'settings', coalesce((select pg_catalog.json_agg(pg_catalog.json_build_object('name', k.name, 'value', k.setting)
     order by k.name)
   from known k where k.source operator(pg_catalog.=) 'session' and k.name operator(pg_catalog.<>) all
   ('{role,session_authorization,transaction_isolation,transaction_read_only,transaction_deferrable}'::pg_catalog.text[])),
   '[]'::pg_catalog.json),
 'placeholders', coalesce((select pg_catalog.json_agg(pg_catalog.json_build_object('name', n.name,
     'value', pg_catalog.current_setting(n.name, true)) order by n.name)
   from pg_catalog.unnest($1::pg_catalog.text[]) n(name)
   where not exists (select from known k where pg_catalog.lower(k.name) operator(pg_catalog.=) pg_catalog.lower(n.name))
   and pg_catalog.current_setting(n.name, true) is not null), '[]'::pg_catalog.json),
 'statements', coalesce((select pg_catalog.json_agg(pg_catalog.json_build_object('name', p.name, 'sql', p.statement,
     'types', p.parameter_types::pg_catalog.oid[]::pg_catalog.int8[], 'from_sql', p.from_sql)
     order by p.prepare_time, p.name)
   from pg_catalog.pg_prepared_statements p where p.name operator(pg_catalog.<>) all
   ('{__pgbaton_state,__pgbaton_restore}'::pg_catalog.text[])),
   '[]'::pg_catalog.json),
 'channels', coalesce((select pg_catalog.json_agg(c.name order by c.name)
   from pg_catalog.pg_listening_channels() c(name)), '[]'::pg_catalog.json),
 'locks', coalesce((select pg_catalog.json_agg(pg_catalog.json_build_object('classid', l.classid::pg_catalog.int8,
     'objid', l.objid::pg_catalog.int8, 'objsubid', l.objsubid,
     'shared', l.mode operator(pg_catalog.=) 'ShareLock') order by l.classid, l.objid, l.objsubid, l.mode)
   from pg_catalog.pg_locks l where l.locktype operator(pg_catalog.=) 'advisory' and l.granted
   and l.pid operator(pg_catalog.=) pg_catalog.pg_backend_pid()
   and l.database operator(pg_catalog.=) (select d.oid from pg_catalog.pg_database d
     where d.datname operator(pg_catalog.=) pg_catalog.current_database())), '[]'::pg_catalog.json),
 'holdable_cursors', coalesce((select pg_catalog.json_agg(c.name order by c.name)
   from pg_catalog.pg_cursors c where c.is_holdable), '[]'::pg_catalog.json),
 'temporary', coalesce((select pg_catalog.json_agg(t.name order by t.name) from (
     select r.relname from pg_catalog.pg_class r
     where pg_catalog.pg_my_temp_schema() operator(pg_catalog.<>) 0::pg_catalog.oid
     and r.relnamespace operator(pg_catalog.=) pg_catalog.pg_my_temp_schema()
     and r.relkind operator(pg_catalog.<>) all ('{i,I,t}'::pg_catalog."char"[])
     union all select f.proname from pg_catalog.pg_proc f
     where pg_catalog.pg_my_temp_schema() operator(pg_catalog.<>) 0::pg_catalog.oid
     and f.pronamespace operator(pg_catalog.=) pg_catalog.pg_my_temp_schema()) t(name)), '[]'::pg_catalog.json)
)::pg_catalog.text)";

// Their characters may end with a byte of ASCII, a backslash among them, which JSON in that encoding cannot bear.
constexpr std::string_view kUnsafeEncodings[] = {"SJIS", "BIG5", "GBK", "UHC", "GB18030", "JOHAB", "SHIFT_JIS_2004"};

bool is_unsafe(std::string_view encoding) {
  return std::ranges::find(kUnsafeEncodings, encoding) != std::end(kUnsafeEncodings);
}

std::string array_literal(const std::set<std::string>& names) {
  std::string literal = "{";
  for (const auto& name : names) {
    literal += literal.size() > 1 ? ",\"" : "\"";
    for (const char byte : name) {
      if (byte == '"' || byte == '\\') literal += '\\';
      if (byte != '\0') literal += byte;
    }
    literal += '"';
  }
  return literal + '}';
}

// Whatever standard_conforming_strings is.
std::string quote_literal(std::string_view text) {
  std::string literal = "E'";
  for (const char byte : text) {
    if (byte == '\'' || byte == '\\') literal += byte;
    literal += byte;
  }
  return literal + '\'';
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0x80) == 0; });
}

/// Bytes of any encoding as UTF-8 that JSON takes: each as the character of its number.
std::string widened(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    const auto number = static_cast<unsigned char>(byte);
    if (number < 0x80)
      text += byte;
    else
      text.append({static_cast<char>(0xc0 | number >> 6), static_cast<char>(0x80 | (number & 0x3f))});
  }
  return text;
}

std::string narrowed(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0xc2 || lead > 0xc3 || i + 1 == text.size())
      bytes += text[i];
    else
      bytes += static_cast<char>((lead & 3) << 6 | (text[++i] & 0x3f));
  }
  return bytes;
}

void narrow(base::Json& json) {
  if (json.is_string()) json = narrowed(json.get_ref<const std::string&>());
  if (json.is_structured())
    for (auto& part : json) narrow(part);
}

}  // namespace

std::string ask_state(const std::set<std::string>& placeholders) {
  const auto close = close_statement(kStateStatement);  // one that failed, or was kept, is there still
  return close + parse(kStateStatement, kStateSql, {kTextArray}) +
         bind(kStateStatement, {array_literal(placeholders)}) + execute() + close + sync();
}

// A statement with parameters is planned anew at its first five executions (choose_custom_plan in plancache.c), one
// without them never. ASCII is itself in every encoding.
std::optional<std::string> ask_state_and_keep(const std::set<std::string>& placeholders) {
  const auto names = array_literal(placeholders);
  if (!is_ascii(names)) return std::nullopt;
  std::string sql{kStateSql};
  sql.replace(sql.find("$1"), 2, quote_literal(names));
  return close_statement(kStateStatement) + parse(kStateStatement, sql) + bind(kStateStatement) + execute() + sync();
}

std::string ask_state_again(Kept after) {
  const auto close = after == Kept::no ? close_statement(kStateStatement) : std::string{};
  return bind(kStateStatement) + execute() + close + sync();
}

base::Result<SessionState> read_state(std::string_view json) {
  if (is_ascii(json)) return base::from_json_text<SessionState>(json);
  auto parsed = TRY(base::parse_json(widened(json)));
  narrow(parsed);
  return base::convert<SessionState>(parsed);
}

std::vector<std::string> uncarried(const SessionState& state, const Journal& journal) {
  auto reasons = journal.uncarried();
  for (const auto& name : state.holdable_cursors) reasons.push_back(fmt::format("cursor {} WITH HOLD is open", name));
  for (const auto& name : state.temporary) reasons.push_back(fmt::format("{} exists in pg_temp", name));
  for (const auto& statement : state.statements)
    if (statement.from_sql && !is_one_prepare(statement.sql))
      reasons.push_back(fmt::format("PREPARE {} came in one string with other statements", statement.name));
  const auto encoding = journal.parameters().find("client_encoding");
  if (encoding != journal.parameters().end() && is_unsafe(encoding->second) && !is_plain(state))
    reasons.push_back(fmt::format("the state of a session in encoding {} cannot be read", encoding->second));
  return reasons;
}

bool can_be_parked(const SessionState& state) {
  return state.channels.empty() && state.locks.empty() && state.holdable_cursors.empty() && state.temporary.empty();
}

bool is_plain(const SessionState& state) {
  const bool is_login_user = state.login_user.empty() || state.login_user == state.session_user;
  return is_login_user && (state.role.empty() || state.role == "none") && state.settings.empty() &&
         state.placeholders.empty() && state.statements.empty() && can_be_parked(state);
}

}  // namespace pgbaton::wire
