// Engines: which versions there are, in what state, who runs them, and until when they are supported.
import { type ReactNode, useState } from 'react'
import { Problem, post } from '../api'
import { useMay } from '../app'
import { useLive } from '../live'
import { Act, Badge, Link, Loading, ProblemBox, Table, Time, type Tone } from '../parts'
import { databaseAddress, go, operationAddress } from '../routes'
import type { Engine, Operation } from '../types'
import { bytes, supportOf } from '../words'

const TONE: Record<string, Tone> = { found: 'plain', qualified: 'busy', available: 'good', default: 'good', deprecated: 'warning', withdrawn: 'bad' }
const HEADS = ['Version', 'State', 'Qualification', 'Supported until', 'Run by', 'Size', 'Actions']

const idOf = (engine: Engine): string => `${engine.version}-${engine.build}`

function Qualification(props: { engine: Engine }): ReactNode {
  const newest = props.engine.qualifications[0]
  if (!newest) return <span className="dim">{props.engine.installed ? 'not yet' : '—'}</span>
  return (
    <>
      <Badge tone={newest.passed ? 'good' : 'bad'}>{newest.passed ? 'passed' : 'failed'}</Badge>{' '}
      <small className="dim"><Time at={newest.finished_at} relative /></small>
    </>
  )
}

function Actions(props: { engine: Engine; onProblem: (problem: Problem | null) => void; refresh: () => void }): ReactNode {
  const { engine } = props
  const operate = useMay('operator')
  const own = useMay('owner')
  const path = `/engines/${encodeURIComponent(idOf(engine))}`
  const begin = async (what: string, body = {}): Promise<void> => {
    const operation = await post<Partial<Operation>>(`${path}/${what}`, body)
    if (operation.id) go(operationAddress(operation.id))
    else props.refresh()
  }
  const change = async (what: string): Promise<void> => {
    await post(`${path}/${what}`)
    props.refresh()
  }
  if (!operate) return null
  if (!engine.installed) return <Act onProblem={props.onProblem} run={() => begin('install')}>Install</Act>
  return (
    <span className="buttons">
      <Act className="quiet" onProblem={props.onProblem} run={() => begin('qualify', { level: 'long' })}>Qualify</Act>
      {own && !engine.released && <Act className="quiet" onProblem={props.onProblem} run={() => change('release')}>Release</Act>}
      {own && engine.released && <Act className="quiet" onProblem={props.onProblem} run={() => change('withdraw')}>Withdraw</Act>}
    </span>
  )
}

function Support(props: { engine: Engine }): ReactNode {
  const { end_of_life: end } = props.engine
  if (!end) return <span className="dim">—</span>
  const tone = supportOf(end, Date.now())
  return <Badge tone={tone}>{end}</Badge>
}

export function EnginesPage(): ReactNode {
  const all = useLive<{ engines: Engine[]; synced_at?: string }>('/engines', 5_000)
  const [problem, setProblem] = useState<Problem | null>(null)
  const may = useMay('operator')
  const engines = [...(all.value?.engines ?? [])].reverse()
  return (
    <main>
      <div className="heading">
        <h1>Engines</h1>
        {may && (
          <Act onProblem={setProblem} run={async () => { await post('/engines/sync'); all.refresh() }}>
            Look for new versions
          </Act>
        )}
      </div>
      <p className="hint">Versions of PostgreSQL on this machine, side by side. Only what is released is offered to databases.</p>
      <ProblemBox problem={problem} />
      {!all.value && (all.problem ? <ProblemBox problem={all.problem} /> : <Loading />)}
      {all.value && engines.length === 0 && <p className="dim">None is known yet. Look for new versions.</p>}
      {engines.length > 0 && (
        <Table
          caption="Engines, newest first"
          heads={HEADS}
          rows={engines.map((engine) => ({
            key: idOf(engine) + engine.source,
            cells: [
              <>
                <strong>{engine.version}</strong> <small className="dim">{engine.build}</small>{' '}
                {/^https?:/.test(engine.changelog) && <a href={engine.changelog} target="_blank" rel="noreferrer noopener"><small>changelog<span className="hidden"> of {engine.version}</span></small></a>}
              </>,
              <Badge tone={TONE[engine.state] ?? 'plain'}>{engine.state}</Badge>,
              <Qualification engine={engine} />,
              <Support engine={engine} />,
              engine.used_by.length === 0 ? <span className="dim">nobody</span> : (
                <span className="buttons">
                  {engine.used_by.slice(0, 5).map((name) => <Link key={name} to={databaseAddress(name)}>{name}</Link>)}
                  {engine.used_by.length > 5 && <span className="dim">and {engine.used_by.length - 5} more</span>}
                </span>
              ),
              engine.size_bytes === null ? <span className="dim">—</span> : bytes(engine.size_bytes),
              <Actions engine={engine} onProblem={setProblem} refresh={all.refresh} />,
            ],
          }))}
        />
      )}
    </main>
  )
}
