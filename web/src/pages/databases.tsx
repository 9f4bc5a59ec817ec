// All databases, and the dialog that makes one.
import { type FormEvent, type ReactNode, useMemo, useState } from 'react'
import { Problem, asProblem, post } from '../api'
import { useMay } from '../app'
import { useLive } from '../live'
import { Badge, Dialog, Field, Link, Loading, ProblemBox, Table, Time, type Tone } from '../parts'
import { databaseAddress, go, operationAddress } from '../routes'
import type { Database, Engine, Operation } from '../types'
import { bytes } from '../words'

const TOPOLOGIES = [
  { name: 'starter', about: 'One node. A minor-upgrade holds clients while it restarts.' },
  { name: 'business', about: 'A primary and a standby: upgrades by switchover, failover by itself.' },
  { name: 'enterprise', about: 'A primary and two standbys. Commits wait for a standby.' },
]
const SIZES = [512, 1024, 2048, 4096, 8192, 16384]

export function healthOf(database: Database): { tone: Tone; text: string } {
  if (database.state !== 'running') return { tone: 'busy', text: database.state }
  const trouble = database.nodes.find((node) => node.replication?.trouble)
  if (database.nodes.some((node) => node.role === 'primary' && node.state !== 'running')) return { tone: 'bad', text: 'down' }
  if (database.maintenance) return { tone: 'warning', text: 'maintenance' }
  if (trouble || database.nodes.some((node) => node.state !== 'running')) return { tone: 'warning', text: 'degraded' }
  return { tone: 'good', text: 'running' }
}

function NextUpgrade(props: { database: Database }): ReactNode {
  const { current_operation: operation, next_upgrade: next, name } = props.database
  if (operation) return <Link to={operationAddress(operation)}>in progress</Link>
  if (next) return <Link to={databaseAddress(name, 'settings')}>{next}</Link>
  return <span className="dim">newest</span>
}

function rowOf(database: Database): { key: string; cells: ReactNode[] } {
  const health = healthOf(database)
  return {
    key: database.name,
    cells: [
      <Link to={databaseAddress(database.name)} className="name">
        {database.name}
      </Link>,
      <Badge tone={health.tone}>{health.text}</Badge>,
      database.version,
      database.plan,
      <NextUpgrade database={database} />,
      database.size_bytes === null ? <span className="dim">—</span> : bytes(database.size_bytes),
      <Time at={database.created_at} relative />,
    ],
  }
}

function CreateDialog(props: { onClose: () => void }): ReactNode {
  const engines = useLive<{ engines: Engine[] }>('/engines', 0)
  const [name, setName] = useState('')
  const [topology, setTopology] = useState('starter')
  const [size, setSize] = useState(1024)
  const [version, setVersion] = useState('')
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
  const versions = useMemo(
    () => [...new Set(engines.value?.engines.filter((one) => one.installed && one.released).map((one) => one.version))].reverse(),
    [engines.value],
  )
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setProblem(null)
    try {
      await post<Operation>('/databases', { name, plan: `${topology}-${size}`, ...(version ? { version } : {}) })
      go(databaseAddress(name))
    } catch (error) {
      setProblem(asProblem(error))
      setBusy(false)
    }
  }
  return (
    <Dialog title="New database" onClose={props.onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <Field label="Name" hint="Lower-case letters, digits and underscores. Also the name of its owner and of the logical database.">
          {(id) => (
            <input id={id} name="name" required autoFocus autoComplete="off" autoCapitalize="none" spellCheck={false}
              maxLength={63} value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <fieldset>
          <legend>Plan</legend>
          {TOPOLOGIES.map((one) => (
            <label key={one.name} className="choice">
              <input type="radio" name="topology" checked={topology === one.name} onChange={() => setTopology(one.name)} />
              <span>
                <strong>{one.name}</strong>
                <small>{one.about}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <div className="pair">
          <Field label="Memory">
            {(id) => (
              <select id={id} value={size} onChange={(event) => setSize(Number(event.target.value))}>
                {SIZES.map((one) => (
                  <option key={one} value={one}>
                    {one < 1024 ? `${one} MB` : `${one / 1024} GB`}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label="Version">
            {(id) => (
              <select id={id} name="version" value={version} onChange={(event) => setVersion(event.target.value)}>
                <option value="">Default</option>
                {versions.map((one) => (
                  <option key={one} value={one}>
                    PostgreSQL {one}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </div>
        {engines.value && versions.length === 0 && (
          <p className="note warning">
            No engine is released yet. <Link to="/engines">Install one first.</Link>
          </p>
        )}
        <ProblemBox problem={problem} title="The database was not created" />
        <div className="actions">
          <button type="button" onClick={props.onClose}>
            Cancel
          </button>
          <button className="primary" disabled={busy}>
            Create database
          </button>
        </div>
      </form>
    </Dialog>
  )
}

const HEADS = ['Name', 'State', 'Version', 'Plan', 'Next upgrade', 'Size', 'Created']
const PAGE = 100

export function DatabasesPage(): ReactNode {
  const all = useLive<{ databases: Database[] }>('/databases', 3_000)
  const [search, setSearch] = useState('')
  const [shown, setShown] = useState(PAGE)
  const [creating, setCreating] = useState(false)
  const may = useMay('operator')
  const words = search.trim().toLowerCase()
  const found = (all.value?.databases ?? []).filter((one) => `${one.name} ${one.plan} ${one.version} ${one.state}`.includes(words))
  const none = all.value !== null && all.value.databases.length === 0
  const create = may && (
    <button type="button" className="primary" onClick={() => setCreating(true)}>
      New database
    </button>
  )
  return (
    <main>
      <div className="heading">
        <h1>Databases</h1>
        {!none && create}
      </div>
      {!all.value && (all.problem ? <ProblemBox problem={all.problem} /> : <Loading />)}
      {none && (
        <div className="empty">
          <h2>No database yet</h2>
          <p>A database has its own PostgreSQL, an address that stays the same through upgrades, and a button that upgrades it while clients stay connected.</p>
          {create}
        </div>
      )}
      {all.value && !none && (
        <>
          <input type="search" className="search" placeholder="Search by name, plan, version or state" aria-label="Search databases"
            value={search} onChange={(event) => { setSearch(event.target.value); setShown(PAGE) }} />
          <Table caption="Databases" heads={HEADS} rows={found.slice(0, shown).map(rowOf)} />
          {found.length === 0 && <p className="dim">Nothing matches “{search}”.</p>}
          {found.length > shown && (
            <button type="button" onClick={() => setShown(shown + PAGE)}>
              Show more ({found.length - shown})
            </button>
          )}
        </>
      )}
      {creating && <CreateDialog onClose={() => setCreating(false)} />}
    </main>
  )
}
