// What the API answers: the nouns of src/model and src/server.

export type Role = 'read-only' | 'operator' | 'owner'
export type Impact = 'none' | 'degraded' | 'stall' | 'down'
export type OperationState = 'pending' | 'running' | 'finished' | 'error' | 'user-error' | 'cancelling' | 'cancelled'
export type StepState = 'pending' | 'running' | 'finished' | 'failed' | 'undoing' | 'undone'

export interface Session {
  user: string
  role: Role
  csrf: string
  version: string
}

export interface Replication {
  timeline: number
  position_lsn: string
  streaming: boolean | null
  sync_state: string | null
  trouble: string | null
}

export interface Node {
  name: string
  role: 'primary' | 'standby'
  version: string
  state: string
  lag_bytes: number | null
  host: string
  replication: Replication | null
}

export interface Kept {
  version: string
  transfer: string
  upgraded_at: string
  until: string
  can_revert: boolean
}

export interface Maintenance {
  message: string
  until: string
  since: string
}

export interface Database {
  name: string
  plan: string
  topology: 'starter' | 'business' | 'enterprise'
  version: string
  build: string
  state: string
  replication: string
  port: number | null
  nodes: Node[]
  current_operation: string | null
  next_upgrade: string | null
  revert_until: string | null
  kept: Kept | null
  locale: { provider: string; name: string }
  size_bytes: number | null
  park_after_ms: number
  allow: string[]
  window: string | null
  auto_minor: boolean
  scheduled: Scheduled | null
  maintenance: Maintenance | null
  created_at: string
}

/** An upgrade that begins by itself. */
export interface Scheduled {
  to: string
  from: string
  until: string
  in_window: boolean
  automatic: boolean
  problem: string | null
}

export interface Estimate {
  total_ms: [number, number]
  outage_ms: [number, number]
  learnt: boolean
}

export interface Step {
  name: string
  text: string
  impact: Impact
  state: StepState
  point_of_no_return: boolean
  estimate_ms: number
  actual_ms: number | null
  started_at: string
}

export interface Note {
  kind: string
  text: string
  link: string
}

export interface Offer {
  version: string
  build: string
  kind: 'minor' | 'major' | 'rebuild'
  direct: boolean
  text: string
  estimate: Estimate
  notes: Note[]
}

export interface Offers {
  current: { version: string; build: string }
  offers: Offer[]
  refused: { version: string; build: string; reason: string; remedy: string }[]
}

export interface Finding {
  check: string
  severity: 'know' | 'act' | 'stop'
  database: string
  text: string
  remedy: string
  objects: string[]
  statements: string[]
  by_hand: string[]
}

export interface Preflight {
  verdict: 'clean' | 'know' | 'act' | 'stop'
  checks: { id: string; title: string; worst: 'know' | 'act' | 'stop' | null }[]
  findings: Finding[]
}

export interface Plan {
  database: string
  kind: string
  title: string
  from: string
  to: string
  text: string
  notes?: Note[]
  steps: Step[]
  estimate: Estimate
  preflight: Preflight
  transfer?: string
  way_back?: string
}

export interface ResizePlan {
  kind: string
  title: string
  text?: string
  steps: Step[]
  estimate: Estimate
}

export interface RevertPlan {
  from: string
  to: string
  text: string
  steps: Step[]
  estimate: Estimate
}

export interface Failure {
  code: string
  message: string
  in_service: string
  remedy: string
}

export interface Operation {
  id: string
  database: string | null
  kind: string
  state: OperationState
  from: string
  to: string
  steps: Step[]
  facts: Record<string, unknown>
  stall: { max_ms: number; p99_ms: number; sessions_moved: number; sessions_ended: number } | null
  certificate: Record<string, unknown> | null
  error: Failure | null
  created_at: string
  ended_at: string | null
  events?: OperationEvent[]
}

export interface OperationEvent {
  number: number
  time: string
  step: string
  kind: string
  message: string
}

export interface Progress {
  operation: Operation
  events: OperationEvent[]
  progress: { phase?: string; fraction?: number } | null
}

export interface Engine {
  version: string
  major: number
  build: string
  id: string | { version: string; build: string }
  source: string
  state: string
  installed: boolean
  released: boolean
  end_of_life: string | null
  changelog: string
  size_bytes: number | null
  used_by: string[]
  qualifications: { passed: boolean; level: string; finished_at: string }[]
}

export interface ClientSession {
  id: number
  user: string
  database: string
  application_name: string
  client: string
  state: string
  since: string
  tls: boolean
  uncarried: string[]
}

export interface BackupSpan {
  from: string
  to: string
  major: number
}

export interface BackupWindow {
  earliest: string | null
  latest: string | null
  spans: BackupSpan[]
}

export interface BackupSet {
  label: string
  kind: 'full' | 'incremental'
  started_at: string
  stopped_at: string
  major: number
  size_bytes: number
  stored_bytes: number
  damaged_pages: boolean
}

export interface Archiving {
  state: 'on' | 'off' | 'failing'
  last_archived_at: string
  last_failure: string
  waiting_segments: number
  tail: { state: 'streaming' | 'off'; lag_bytes: number; lag_ms: number }
}

export interface Backups {
  name: string
  window: BackupWindow
  retention_days: number
  archiving: Archiving
  problem: string // why the repository cannot be read now; empty: it can
  backups: BackupSet[]
}

export interface RunningQuery {
  pid: number
  user: string
  database: string
  application_name: string
  client: string
  state: string
  wait_event: string | null
  began: string | null
  since: string | null
  transaction_since: string | null
  text: string
}

export interface TopStatement {
  text: string
  user: string
  calls: number
  total_ms: number
  mean_ms: number
  rows: number
  cached: number | null
}

export interface Queries {
  name: string
  queries: RunningQuery[]
  statements: { available: boolean; why: string; how: string[]; top: TopStatement[] }
}

export interface LogEntry {
  time: string
  node: string
  level: string | null
  pid: number
  sqlstate: string | null
  user: string | null
  database: string | null
  client: string | null
  application_name: string | null
  message: string | null
  detail: string | null
  hint: string | null
  query: string | null
  context: string | null
  statement: string | null
}

export interface Logs {
  name: string
  nodes: { name: string; role: 'primary' | 'standby'; problem: string | null }[]
  entries: LogEntry[]
  cursor: string
  cut: boolean
}

export interface User {
  name: string
  role: Role
  created_at: string
}

export interface AuditEntry {
  time: string
  user: string
  via: string
  address: string
  action: string
  method: string
  path: string
  status: number
  detail: string
}

export const hasEnded = (state: OperationState): boolean =>
  state === 'finished' || state === 'error' || state === 'user-error' || state === 'cancelled'
