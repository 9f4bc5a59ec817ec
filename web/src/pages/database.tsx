// One database: its frame with tabs, and the overview.
import { type ReactNode, useState } from 'react'
import { Problem, databasePath, post } from '../api'
import { useMay } from '../app'
import { useLive, useOperation } from '../live'
import { OperationView } from '../operation_view'
import { Act, Badge, Block, Copy, Dialog, Link, Loading, ProblemBox, Table, Time } from '../parts'
import { TABS, type Tab, databaseAddress, operationAddress } from '../routes'
import type { ClientSession, Database, Node } from '../types'
import { bytes } from '../words'
import { BackupsTab } from './backups'
import { healthOf } from './databases'
import { LogsTab } from './logs'
import { OperationsTable } from './operations'
import { QueriesTab } from './queries'
import { SettingsTab } from './settings'

const LABEL: Record<Tab, string> = { overview: 'Overview', sessions: 'Sessions', queries: 'Queries', logs: 'Logs', backups: 'Backups', operations: 'Operations', settings: 'Settings' }

function Connection(props: { database: Database }): ReactNode {
  const url = useLive<{ url: string }>(databasePath(props.database.name, '/url'), 0)
  const [shown, setShown] = useState(false)
  if (!url.value) return url.problem ? <ProblemBox problem={url.problem} /> : <Loading />
  const text = url.value.url
  const secret = new URL(text.replace('postgresql:', 'http:')).password
  return (
    <>
      <Copy label="connection string" text={text} {...(shown ? {} : { secret })} />
      <Copy label="psql command" text={`psql '${text}'`} {...(shown ? {} : { secret })} />
      <button type="button" className="quiet" aria-pressed={shown} onClick={() => setShown(!shown)}>
        {shown ? 'Hide the password' : 'Show the password'}
      </button>
    </>
  )
}

function NodeCard(props: { node: Node }): ReactNode {
  const { node } = props
  const trouble = node.replication?.trouble
  const tone = node.state !== 'running' ? 'bad' : trouble ? 'warning' : 'good'
  return (
    <li className={'node ' + node.role}>
      <span className="line">
        <strong>{node.role}</strong>
        <Badge tone={tone}>{node.state}</Badge>
      </span>
      <span className="dim">{node.name} · {node.host}</span>
      <span>PostgreSQL {node.version}</span>
      {node.role === 'standby' && (
        <span>
          {node.lag_bytes === null ? 'lag unknown' : node.lag_bytes === 0 ? 'no lag' : `${bytes(node.lag_bytes)} behind`}
          {node.replication?.sync_state && <small className="dim"> · {node.replication.sync_state}</small>}
        </span>
      )}
      {trouble && <span className="trouble">{trouble}</span>}
    </li>
  )
}

function Topology(props: { database: Database; sessions: number | null }): ReactNode {
  const { database, sessions } = props
  const primary = database.nodes.filter((node) => node.role === 'primary')
  const standbys = database.nodes.filter((node) => node.role === 'standby')
  return (
    <div className="topology" role="group" aria-label="Topology">
      <div className="node gateway">
        <strong>gateway</strong>
        <span className="dim">port {database.port ?? '—'}</span>
        <span>{sessions === null ? ' ' : `${sessions} ${sessions === 1 ? 'session' : 'sessions'}`}</span>
      </div>
      <span className="arrow" aria-hidden="true" />
      <ul>{primary.map((node) => <NodeCard key={node.name} node={node} />)}</ul>
      {standbys.length > 0 && (
        <>
          <span className="arrow" aria-hidden="true" />
          <ul>{standbys.map((node) => <NodeCard key={node.name} node={node} />)}</ul>
        </>
      )}
    </div>
  )
}

function Switchover(props: { database: Database }): ReactNode {
  const [asking, setAsking] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const may = useMay('operator')
  if (!may || props.database.nodes.length < 2) return null
  return (
    <>
      <button type="button" disabled={props.database.current_operation !== null} onClick={() => setAsking(true)}>
        Switch over …
      </button>
      {asking && (
        <Dialog title="Make a standby the primary?" onClose={() => setAsking(false)}>
          <p>Clients stay connected and wait a moment. The present primary becomes a standby. If no standby has caught up, nothing is changed.</p>
          <ProblemBox problem={problem} title="Nothing was changed" />
          <div className="actions">
            <button type="button" onClick={() => setAsking(false)}>Cancel</button>
            <Act className="primary" onProblem={setProblem} run={async () => { await post(databasePath(props.database.name, '/switchover')); setAsking(false) }}>
              Switch over
            </Act>
          </div>
        </Dialog>
      )}
    </>
  )
}

function Overview(props: { database: Database }): ReactNode {
  const { database } = props
  const may = useMay('operator')
  const sessions = useLive<{ sessions: ClientSession[] }>(database.port === null ? null : databasePath(database.name, '/sessions'), 3_000)
  const live = useOperation(database.current_operation)
  return (
    <>
      {database.current_operation && (
        <Block title="In progress" aside={<Link to={operationAddress(database.current_operation)}>Details</Link>}>
          {live.operation ? <OperationView live={live} /> : <Loading />}
        </Block>
      )}
      <Block title="Topology" aside={<Switchover database={database} />}>
        {database.nodes.length > 0 ? (
          <Topology database={database} sessions={sessions.value?.sessions.length ?? null} />
        ) : (
          <p className="dim">Its nodes are being made.</p>
        )}
      </Block>
      {may && database.port !== null && database.state !== 'creating' && (
        <Block title="Connect">
          <Connection database={database} />
        </Block>
      )}
      <Block title="Facts">
        <dl className="facts">
          <div><dt>Version</dt><dd>PostgreSQL {database.version} <span className="dim">{database.build}</span></dd></div>
          <div><dt>Plan</dt><dd>{database.plan}</dd></div>
          <div><dt>Replication</dt><dd>{database.nodes.length > 1 ? database.replication : 'none: one node'}</dd></div>
          <div><dt>Size on disk</dt><dd>{database.size_bytes === null ? '—' : bytes(database.size_bytes)}</dd></div>
          <div><dt>Locale</dt><dd>{database.locale.name} <span className="dim">{database.locale.provider}</span></dd></div>
          {database.maintenance && (
            <div>
              <dt>Maintenance</dt>
              <dd>
                since <Time at={database.maintenance.since} />
                {database.maintenance.until && <> until <Time at={database.maintenance.until} /></>}
                {database.maintenance.message && <span className="dim"> {database.maintenance.message}</span>}
              </dd>
            </div>
          )}
          <div><dt>Created</dt><dd><Time at={database.created_at} /></dd></div>
        </dl>
      </Block>
    </>
  )
}

function SessionsTab(props: { database: Database }): ReactNode {
  const all = useLive<{ sessions: ClientSession[] }>(databasePath(props.database.name, '/sessions'), 2_000)
  if (!all.value) return all.problem ? <ProblemBox problem={all.problem} /> : <Loading />
  return (
    <Block title="Sessions of clients">
      <p className="hint">An upgrade carries sessions over with their settings, prepared statements, LISTEN channels and advisory locks.</p>
      {all.value.sessions.length === 0 ? (
        <p className="dim">Nobody is connected.</p>
      ) : (
        <Table
          caption="Sessions"
          heads={['Application', 'User', 'Client', 'State', 'Since', 'Not carried over']}
          rows={all.value.sessions.slice(0, 500).map((one) => ({
            key: String(one.id),
            cells: [
              one.application_name || <span className="dim">none given</span>,
              one.user,
              <>{one.client}{one.tls && <small className="dim"> TLS</small>}</>,
              one.state,
              <Time at={one.since} relative />,
              one.uncarried.length ? one.uncarried.join(', ') : <span className="dim">—</span>,
            ],
          }))}
        />
      )}
    </Block>
  )
}

export function DatabasePage(props: { name: string; tab: Tab }): ReactNode {
  const live = useLive<Database>(databasePath(props.name), 1_500)
  const database = live.value
  const health = database ? healthOf(database) : null
  return (
    <main>
      <p className="path">
        <Link to="/databases">Databases</Link>
      </p>
      <div className="heading">
        <h1>{props.name}</h1>
        {health && <Badge tone={health.tone}>{health.text}</Badge>}
        {database && <span className="dim">PostgreSQL {database.version} · {database.plan}</span>}
      </div>
      <nav className="tabs" aria-label="Parts of the database">
        {TABS.map((tab) => (
          <Link key={tab} to={databaseAddress(props.name, tab)} current={tab === props.tab}>
            {LABEL[tab]}
          </Link>
        ))}
      </nav>
      {!database && (live.problem ? <ProblemBox problem={live.problem} /> : <Loading />)}
      {database && props.tab === 'overview' && <Overview database={database} />}
      {database && props.tab === 'sessions' && <SessionsTab database={database} />}
      {database && props.tab === 'queries' && <QueriesTab database={database} />}
      {database && props.tab === 'logs' && <LogsTab database={database} />}
      {database && props.tab === 'backups' && <BackupsTab database={database} refresh={live.refresh} />}
      {database && props.tab === 'operations' && <OperationsTable database={props.name} />}
      {database && props.tab === 'settings' && <SettingsTab database={database} refresh={live.refresh} />}
    </main>
  )
}

