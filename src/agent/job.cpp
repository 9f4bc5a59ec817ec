#include "agent/job.hpp"

namespace pgbaton::agent {
namespace {

using api::JobKind;
using std::chrono::hours;
using std::chrono::minutes;

// Limits stop what hangs; none is an estimate. A start may have to recover what a crash left, a CHECKPOINT to write all
// of shared_buffers to a slow disk.
constexpr std::array kRows{
    JobRow{JobKind::sync_engines, sync_engines, minutes{5}},
    JobRow{JobKind::install_engine, install_engine, hours{1}},
    JobRow{JobKind::qualify_engine, qualify_engine, hours{2}},
    JobRow{JobKind::create_instance, create_instance, minutes{10}},
    JobRow{JobKind::start_instance, start_instance, minutes{30}},
    JobRow{JobKind::stop_instance, stop_instance, minutes{10}},
    JobRow{JobKind::checkpoint_instance, checkpoint_instance, hours{1}},
    JobRow{JobKind::provision_instance, provision_instance, minutes{2}},
    JobRow{JobKind::update_extensions, update_extensions, hours{1}},
    JobRow{JobKind::run_statements, run_statements, hours{12}},
    JobRow{JobKind::destroy_instance, destroy_instance, minutes{10}},
    JobRow{JobKind::configure_replication, configure_replication, minutes{2}},
    JobRow{JobKind::create_standby, create_standby, hours{24}},
    JobRow{JobKind::ready_instance, ready_instance, hours{1}},
    JobRow{JobKind::detach_instance, detach_instance, minutes{1}},
    JobRow{JobKind::promote_instance, promote_instance, minutes{5}},
    JobRow{JobKind::fence_instance, fence_instance, minutes{2}},
    JobRow{JobKind::rejoin_instance, rejoin_instance, hours{24}},
    JobRow{JobKind::resize_instance, resize_instance, minutes{2}},
    JobRow{JobKind::prepare_target, prepare_target, minutes{10}},
    JobRow{JobKind::convert_instance, convert_instance, hours{24}},
    JobRow{JobKind::take_back_instance, take_back_instance, minutes{30}},
    JobRow{JobKind::remove_data, remove_data, hours{1}},
    JobRow{JobKind::open_instance, open_instance, minutes{2}},
    JobRow{JobKind::analyze_instance, analyze_instance, hours{24}},
    JobRow{JobKind::rehearse_schema, rehearse_schema, hours{2}},
    JobRow{JobKind::digest_instance, digest_instance, hours{24}},
    JobRow{JobKind::configure_backups, configure_backups, hours{1}},
    JobRow{JobKind::backup_instance, backup_instance, hours{24}},
    JobRow{JobKind::secure_log, secure_log, minutes{10}},
    JobRow{JobKind::restore_instance, restore_instance, hours{24}},
    JobRow{JobKind::verify_backups, verify_backups, hours{24}},
    JobRow{JobKind::remove_backups, remove_backups, hours{1}},
    JobRow{JobKind::restore_beside, restore_beside, hours{24}},
    JobRow{JobKind::discard_restore, discard_restore, hours{1}},
    JobRow{JobKind::safety_point, make_safety_point, hours{24}},
};
static_assert(kRows.size() == api::kJobKindNames.size());

}  // namespace

const JobRow& row_of(JobKind kind) { return *std::ranges::find(kRows, kind, &JobRow::kind); }

}  // namespace pgbaton::agent
