// Settings of a database: its version first, then plan, who may connect, and its end.
import { type ReactNode, useState } from 'react'
import { Problem, databasePath, patch, post, remove } from '../api'
import { useMay } from '../app'
import { useLive } from '../live'
import { Act, Block, Dialog, Field, Loading, ProblemBox } from '../parts'
import { Steps } from '../steps'
import type { Database, Operation, ResizePlan } from '../types'
import { outageOf, range } from '../words'
import { VersionBlock } from './version_block'

const TOPOLOGIES = ['starter', 'business', 'enterprise']

function ResizeDialog(props: { database: Database; plan: string; onClose: () => void; onBegun: () => void }): ReactNode {
  const planned = useLive<ResizePlan>(databasePath(props.database.name, `/resize?plan=${encodeURIComponent(props.plan)}`), 0)
  const [problem, setProblem] = useState<Problem | null>(null)
  return (
    <Dialog title={`Change the plan to ${props.plan}?`} onClose={props.onClose}>
      {!planned.value && (planned.problem ? <ProblemBox problem={planned.problem} title="That is not possible" /> : <Loading />)}
      {planned.value && (
        <>
          <p>{outageOf(planned.value.estimate)} It takes {range(planned.value.estimate.total_ms)} in all.</p>
          <Steps steps={planned.value.steps} plan />
        </>
      )}
      <ProblemBox problem={problem} title="The plan was not changed" />
      <div className="actions">
        <button type="button" onClick={props.onClose}>Cancel</button>
        <Act className="primary" disabled={!planned.value} onProblem={setProblem}
          run={async () => { await post<Operation>(databasePath(props.database.name, '/resize'), { plan: props.plan }); props.onBegun() }}>
          Change the plan
        </Act>
      </div>
    </Dialog>
  )
}

function PlanBlock(props: { database: Database; refresh: () => void }): ReactNode {
  const { database } = props
  const [topology, setTopology] = useState<string>(database.topology)
  const [memory, setMemory] = useState(database.plan.replace(/^.*-/, ''))
  const [asking, setAsking] = useState(false)
  const may = useMay('operator')
  const wanted = `${topology}-${memory}`
  return (
    <Block title="Plan">
      <div className="pair">
        <Field label="Topology">
          {(id) => (
            <select id={id} value={topology} disabled={!may} onChange={(event) => setTopology(event.target.value)}>
              {TOPOLOGIES.map((one) => <option key={one}>{one}</option>)}
            </select>
          )}
        </Field>
        <Field label="Memory (MB)">
          {(id) => <input id={id} type="number" min={512} step={256} value={memory} disabled={!may} onChange={(event) => setMemory(event.target.value)} />}
        </Field>
      </div>
      {may && (
        <div className="actions start">
          <button type="button" disabled={wanted === database.plan || database.current_operation !== null} onClick={() => setAsking(true)}>
            Change plan …
          </button>
          <span className="hint">Now {database.plan}. You see what will happen before anything does.</span>
        </div>
      )}
      {asking && <ResizeDialog database={database} plan={wanted} onClose={() => setAsking(false)} onBegun={() => { setAsking(false); props.refresh() }} />}
    </Block>
  )
}

function FirewallBlock(props: { database: Database; refresh: () => void }): ReactNode {
  const { database } = props
  const [text, setText] = useState(database.allow.join('\n'))
  const [park, setPark] = useState(String(database.park_after_ms / 1_000))
  const [problem, setProblem] = useState<Problem | null>(null)
  const [saved, setSaved] = useState(false)
  const may = useMay('operator')
  const save = async (): Promise<void> => {
    const allow = text.split(/[\s,]+/).filter((range) => range !== '')
    await patch(databasePath(database.name), { allow, park_after_ms: Math.round(Number(park) * 1_000) })
    setSaved(true)
    props.refresh()
  }
  return (
    <Block title="Who may connect">
      <Field label="Allowed addresses" hint="One address or range a line, as 10.0.0.0/8. Empty: everybody who reaches the gateway and knows the password.">
        {(id) => <textarea id={id} rows={4} value={text} disabled={!may} spellCheck={false} onChange={(event) => { setText(event.target.value); setSaved(false) }} />}
      </Field>
      <Field label="Idle sessions give their server connection back after (seconds)" hint="0: never. They get one again, with their state, when they go on.">
        {(id) => <input id={id} type="number" min={0} value={park} disabled={!may} onChange={(event) => { setPark(event.target.value); setSaved(false) }} />}
      </Field>
      <ProblemBox problem={problem} title="Nothing was changed" />
      {may && (
        <div className="actions start">
          <Act run={save} onProblem={setProblem}>Save</Act>
          <span className="hint" role="status">{saved && 'Saved: in force for new connections.'}</span>
        </div>
      )}
    </Block>
  )
}

function WindowBlock(props: { database: Database; refresh: () => void }): ReactNode {
  const { database } = props
  const [text, setText] = useState(database.window ?? '')
  const [autoMinor, setAutoMinor] = useState(database.auto_minor)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [saved, setSaved] = useState(false)
  const may = useMay('operator')
  const save = async (): Promise<void> => {
    const changed = await patch<Database>(databasePath(database.name), { window: text.trim() === '' ? null : text, auto_minor: autoMinor })
    setText(changed.window ?? '')
    setSaved(true)
    props.refresh()
  }
  return (
    <Block title="Maintenance window">
      <Field label="Upgrades may begin by themselves" hint="Days, a time, a length and a time zone: sun 03:00 2h Europe/Berlin, or daily 02:30 1h UTC. Empty: never.">
        {(id) => <input id={id} name="window" value={text} disabled={!may} spellCheck={false} autoCapitalize="none" onChange={(event) => { setText(event.target.value); setSaved(false) }} />}
      </Field>
      <label className="choice">
        <input type="checkbox" checked={autoMinor} disabled={!may} onChange={(event) => { setAutoMinor(event.target.checked); setSaved(false) }} />
        <span>
          <strong>Newer minors by themselves</strong>
          <small>Each is scheduled for the window, a day ahead at least, and shown here. Majors never are.</small>
        </span>
      </label>
      <ProblemBox problem={problem} title="Nothing was changed" />
      {may && (
        <div className="actions start">
          <Act run={save} onProblem={setProblem}>Save window</Act>
          <span className="hint" role="status">{saved && 'Window saved.'}</span>
        </div>
      )}
    </Block>
  )
}

function DeleteBlock(props: { database: Database }): ReactNode {
  const { name, current_operation: operation } = props.database
  const [asking, setAsking] = useState(false)
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<Problem | null>(null)
  const may = useMay('owner')
  if (!may) return null
  return (
    <Block title="Delete">
      <div className="actions start">
        <button type="button" className="danger" disabled={operation !== null} onClick={() => setAsking(true)}>Delete this database …</button>
        <span className="hint">With all its data, for good.</span>
      </div>
      {asking && (
        <Dialog title={`Delete ${name}?`} onClose={() => setAsking(false)}>
          <p>The database, its data and everything kept of it are deleted. Clients are disconnected. This cannot be undone.</p>
          <Field label={`Type ${name} to confirm`}>
            {(id) => <input id={id} name="confirm" autoComplete="off" autoCapitalize="none" spellCheck={false} autoFocus value={typed} onChange={(event) => setTyped(event.target.value)} />}
          </Field>
          <ProblemBox problem={problem} title="Nothing was deleted" />
          <div className="actions">
            <button type="button" onClick={() => setAsking(false)}>Keep it</button>
            <Act className="danger" disabled={typed !== name} onProblem={setProblem}
              run={async () => { await remove(databasePath(name, `?confirm=${encodeURIComponent(typed)}`)); setAsking(false) }}>
              Delete {name}
            </Act>
          </div>
        </Dialog>
      )}
    </Block>
  )
}

export function SettingsTab(props: { database: Database; refresh: () => void }): ReactNode {
  return (
    <>
      <VersionBlock database={props.database} refresh={props.refresh} />
      <PlanBlock key={props.database.plan} database={props.database} refresh={props.refresh} />
      <FirewallBlock database={props.database} refresh={props.refresh} />
      <WindowBlock database={props.database} refresh={props.refresh} />
      <DeleteBlock database={props.database} />
    </>
  )
}
