#include "preflight/table.hpp"

namespace pgbaton::preflight {

void judge_prepared(const Inputs&, const std::vector<Row>& rows, Findings& findings) {
  for (const auto& row : rows)
    findings.push_back(
        {.severity = Severity::know,
         .database = column(row, "database"),
         .text = fmt::format("The prepared transaction {} of {} waits since {}; it survives the restart with "
                             "its locks.",
                             column(row, "name"), column(row, "owner"), column(row, "since")),
         .remedy = "COMMIT PREPARED or ROLLBACK PREPARED it, if nobody else will.",
         .objects = {column(row, "name")}});
}

void judge_transactions(const Inputs&, const std::vector<Row>& rows, Findings& findings) {
  for (const auto& row : rows)
    findings.push_back(
        {.severity = Severity::know,
         .database = column(row, "database"),
         .text =
             fmt::format("A transaction of {} has been open for {} s ({}, {}); the stop ends it and it is "
                         "rolled back.",
                         column(row, "role"), column(row, "seconds"), column(row, "state"), column(row, "application")),
         .remedy = "Wait for it, or upgrade when it is not running.",
         .objects = {column(row, "pid")}});
}

void judge_invalid_databases(const Inputs&, const std::vector<Row>& rows, Findings& findings) {
  for (const auto& row : rows)
    findings.push_back(
        {.severity = Severity::act,
         .text = fmt::format("A DROP DATABASE of {} was interrupted; nobody can connect to it.", column(row, "name")),
         .remedy = fmt::format("DROP DATABASE {} once more.", catalog::quoted_name({"", column(row, "name"), "", ""})),
         .objects = {column(row, "name")}});
}

}  // namespace pgbaton::preflight
