// Settings → Database version: what will be done and the button, the steps while it runs, and afterwards the
// certificate, the way back, or what went wrong.
import { Fragment, type ReactNode, useState } from 'react'
import { Problem, databasePath, post, put, remove } from '../api'
import { useMay } from '../app'
import { Followed, useFollow } from '../followed'
import { useLive } from '../live'
import { Act, Badge, Block, Dialog, Field, Loading, ProblemBox, Time } from '../parts'
import { Steps } from '../steps'
import { type Database, type Engine, type Finding, type Note, type Offer, type Offers, type Operation, type Plan, type Preflight, type RevertPlan } from '../types'
import { ended, outageOf, range, sentence, supportOf } from '../words'

const SEVERITY = {
  stop: { tone: 'bad', word: 'stops the upgrade' },
  act: { tone: 'warning', word: 'warning' },
  know: { tone: 'plain', word: 'to know' },
} as const

function FindingRow(props: { finding: Finding }): ReactNode {
  const { finding } = props
  const severity = SEVERITY[finding.severity]
  return (
    <li data-severity={finding.severity}>
      <Badge tone={severity.tone}>{severity.word}</Badge>
      <div>
        <p>
          {finding.database && <strong>{finding.database}: </strong>}
          {ended(finding.text)}
        </p>
        {finding.objects.length > 0 && (
          <p className="objects">
            {finding.objects.slice(0, 20).map((object) => (
              <code key={object}>{object}</code>
            ))}
            {finding.objects.length > 20 && <span className="dim">and {finding.objects.length - 20} more</span>}
          </p>
        )}
        {finding.remedy && <p className="remedy">{sentence(finding.remedy)}</p>}
        {[...finding.statements, ...finding.by_hand].length > 0 && <pre>{[...finding.statements, ...finding.by_hand].join('\n')}</pre>}
      </div>
    </li>
  )
}

function PreflightResult(props: { preflight: Preflight; checked: boolean; again: ReactNode }): ReactNode {
  const { preflight } = props
  const stops = preflight.findings.filter((finding) => finding.severity === 'stop').length
  const passed = preflight.checks.filter((check) => check.worst === null).length
  return (
    <div className="preflight" data-verdict={preflight.verdict}>
      <div className="line">
        <h3>Preflight</h3>
        <Badge tone={stops > 0 ? 'bad' : preflight.verdict === 'act' ? 'warning' : 'good'}>
          {stops > 0 ? `${stops} ${stops === 1 ? 'stop' : 'stops'}` : preflight.verdict === 'act' ? 'warnings' : 'nothing stands against it'}
        </Badge>
        <span className="dim">{passed} of {preflight.checks.length} checks found nothing</span>
        {props.again}
      </div>
      <ul className="findings">
        {preflight.findings.map((finding, at) => (
          <FindingRow key={at} finding={finding} />
        ))}
      </ul>
      <details>
        <summary>All checks</summary>
        <ul className="checks">
          {preflight.checks.map((check) => (
            <li key={check.id}>
              <span className={'dot ' + (check.worst === null ? 'good' : SEVERITY[check.worst].tone)} />
              {check.title} <span className="dim">{check.worst === null ? 'passed' : SEVERITY[check.worst].word}</span>
            </li>
          ))}
        </ul>
      </details>
    </div>
  )
}

function Confirm(props: { plan: Plan; direct: boolean; window: string | null; onClose: () => void; onBegun: (operation: Operation) => void; onScheduled: () => void }): ReactNode {
  const { plan } = props
  const [problem, setProblem] = useState<Problem | null>(null)
  const [endSessions, setEndSessions] = useState(false)
  const asked = {
    to: plan.to,
    ...(props.direct ? { direct: true } : {}),
    ...(endSessions ? { end_sessions: true } : {}),
    ...(plan.transfer ? { transfer: plan.transfer } : {}),
  }
  const begin = async (): Promise<void> => props.onBegun(await post<Operation>(databasePath(plan.database, '/upgrade'), asked))
  const schedule = async (): Promise<void> => {
    await put(databasePath(plan.database, '/schedule'), { ...asked, at: 'window' })
    props.onScheduled()
  }
  return (
    <Dialog title={`Upgrade ${plan.database} to ${plan.to}?`} onClose={props.onClose}>
      <dl className="facts">
        <div><dt>Availability</dt><dd>{outageOf(plan.estimate)}</dd></div>
        <div><dt>Takes</dt><dd>{range(plan.estimate.total_ms)} in all</dd></div>
        <div>
          <dt>Way back</dt>
          <dd>{plan.way_back ?? `If the new version does not come into service, ${plan.from} is put back by itself. Once clients are let in there is no way back.`}</dd>
        </div>
      </dl>
      <label className="choice">
        <input type="checkbox" checked={endSessions} onChange={(event) => setEndSessions(event.target.checked)} />
        <span>
          <strong>End sessions that stand in the way</strong>
          <small>Those with temporary tables or long transactions, for instance. Without this they stop the upgrade, and nothing is changed.</small>
        </span>
      </label>
      <ProblemBox problem={problem} title="The upgrade was not begun" />
      <div className="actions">
        <button type="button" onClick={props.onClose}>Not now</button>
        {props.window && <Act run={schedule} onProblem={setProblem}>In the window ({props.window})</Act>}
        <Act className="primary" run={begin} onProblem={setProblem}>Upgrade to {plan.to}</Act>
      </div>
    </Dialog>
  )
}

function Notes(props: { notes: Note[] }): ReactNode {
  const links = [...new Set(props.notes.map((note) => note.link))].filter((link) => /^https?:/.test(link))
  const hazards = props.notes.filter((note) => note.kind !== 'release')
  return (
    <>
      <p className="prose">
        {props.notes.filter((note) => note.kind === 'release').map((note) => ended(note.text)).join(' ')}{' '}
        {links.map((link, at) => (
          <Fragment key={link}>{at > 0 && ', '}
          <a href={link} target="_blank" rel="noreferrer noopener">
            Release notes of {link.replace(/\/+$/, '').split('/').pop()}
          </a></Fragment>
        ))}
      </p>
      {hazards.length > 0 && (
        <details>
          <summary>What the release notes warn of ({hazards.length}); the preflight looks whether it concerns this database</summary>
          <ul className="notes">
            {hazards.map((note) => (
              <li key={note.text}>{ended(note.text)}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}

function NextVersion(props: { database: Database; offer: Offer; onBegun: (operation: Operation) => void; onScheduled: () => void }): ReactNode {
  const { database, offer } = props
  const may = useMay('operator')
  const [transfer, setTransfer] = useState('')
  const query = `/upgrade?to=${encodeURIComponent(offer.version)}${offer.direct ? '&direct=true' : ''}${transfer ? `&transfer=${transfer}` : ''}`
  const planned = useLive<Plan>(databasePath(database.name, query), 0)
  const [checked, setChecked] = useState<Preflight | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [confirming, setConfirming] = useState(false)
  const plan = planned.value
  if (!plan)
    return (
      <>
        <p className="lead">{sentence(offer.text)}</p>
        {planned.problem ? <ProblemBox problem={planned.problem} title={`An upgrade to ${offer.version} is not possible`} /> : <Loading />}
      </>
    )
  const preflight = checked ?? plan.preflight
  const stopped = preflight.verdict === 'stop'
  const again = may && (
    <Act
      className="quiet"
      onProblem={setProblem}
      run={async () => setChecked(await post<Preflight>(databasePath(database.name, '/preflight'), { to: offer.version }))}
    >
      Check again
    </Act>
  )
  return (
    <>
      <p className="lead">
        <Badge tone={offer.kind === 'major' ? 'warning' : 'plain'}>{offer.kind === 'major' ? 'major-upgrade' : 'minor-upgrade'}</Badge> {sentence(plan.text)}
      </p>
      <p>
        {outageOf(plan.estimate)} It takes {range(plan.estimate.total_ms)} in all
        <span className="dim"> ({plan.estimate.learnt ? 'learnt from earlier upgrades on this host' : 'a first estimate: this host has not done one yet'})</span>.
      </p>
      {plan.way_back && <p>{plan.way_back}</p>}
      {plan.transfer && (
        <Field label="Files of the new version">
          {(id) => (
            <select id={id} className="short" value={transfer || plan.transfer} onChange={(event) => setTransfer(event.target.value)}>
              <option value="link">linked: fastest, no way back</option>
              <option value="clone">cloned: fast, with a way back</option>
              <option value="copy">copied: slow, with a way back</option>
            </select>
          )}
        </Field>
      )}
      <Notes notes={plan.notes ?? []} />
      <PreflightResult preflight={preflight} checked={checked !== null} again={again} />
      <ProblemBox problem={problem} />
      <h3>What will happen</h3>
      <Steps steps={plan.steps} plan />
      <div className="actions start">
        {may ? (
          <button type="button" className="primary large" disabled={stopped} onClick={() => setConfirming(true)}>
            Upgrade to {offer.version}
          </button>
        ) : (
          <p className="hint">Upgrading needs the role operator.</p>
        )}
        {stopped && <span className="hint">Mend what stops it, then check again.</span>}
      </div>
      {confirming && <Confirm plan={plan} direct={offer.direct} window={database.window} onScheduled={() => { setConfirming(false); props.onScheduled() }} onClose={() => setConfirming(false)} onBegun={(operation) => { setConfirming(false); props.onBegun(operation) }} />}
    </>
  )
}

function ScheduledNote(props: { database: Database; refresh: () => void }): ReactNode {
  const { scheduled, name } = props.database
  const may = useMay('operator')
  const [problem, setProblem] = useState<Problem | null>(null)
  if (!scheduled) return null
  const takeBack = async (): Promise<void> => {
    await remove(databasePath(name, '/schedule'))
    props.refresh()
  }
  return (
    <div className={scheduled.problem ? 'note bad' : 'note'} data-part="scheduled">
      <strong>{scheduled.automatic ? 'The newer minor' : 'An upgrade'} to {scheduled.to} is scheduled</strong>
      <p>It begins by itself between <Time at={scheduled.from} /> and <Time at={scheduled.until} />.</p>
      {scheduled.problem && <p>It has not begun: {ended(scheduled.problem)}</p>}
      <ProblemBox problem={problem} title="Nothing was changed" />
      {may && <div className="actions start"><Act run={takeBack} onProblem={setProblem}>Take it back</Act></div>}
    </div>
  )
}

function WayBack(props: { database: Database; onBegun: (operation: Operation) => void }): ReactNode {
  const { kept, name, version } = props.database
  const may = useMay('operator')
  const [asking, setAsking] = useState<'revert' | 'finalize' | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  const plan = useLive<RevertPlan>(asking === 'revert' ? databasePath(name, '/revert') : null, 0)
  if (!kept) return null
  const begin = async (what: string): Promise<void> => {
    const operation = await post<Operation>(databasePath(name, '/' + what))
    setAsking(null)
    props.onBegun(operation)
  }
  return (
    <div className="note" data-part="way-back">
      <strong>PostgreSQL {kept.version} is kept{kept.can_revert ? '' : ' for a while, and cannot be gone back to'}</strong>
      <p>
        {kept.can_revert ? <>You can go back until <Time at={kept.until} />: the database is then as it was at <Time at={kept.upgraded_at} />.</> : <>Its files are deleted at <Time at={kept.until} />, or when you finalize.</>}
      </p>
      {may && (
        <div className="actions start">
          {kept.can_revert && <button type="button" onClick={() => setAsking('revert')}>Revert to {kept.version} …</button>}
          <button type="button" onClick={() => setAsking('finalize')}>Finalize …</button>
        </div>
      )}
      {asking === 'revert' && (
        <Dialog title={`Go back to ${kept.version}?`} onClose={() => setAsking(null)}>
          {plan.value ? <><p><strong>{ended(plan.value.text)}</strong></p><p>{outageOf(plan.value.estimate)}</p></> : plan.problem ? <ProblemBox problem={plan.problem} /> : <Loading />}
          <ProblemBox problem={problem} title="Nothing was changed" />
          <div className="actions">
            <button type="button" onClick={() => setAsking(null)}>Stay on {version}</button>
            <Act className="danger" disabled={!plan.value} onProblem={setProblem} run={() => begin('revert')}>Revert to {kept.version}</Act>
          </div>
        </Dialog>
      )}
      {asking === 'finalize' && (
        <Dialog title={`Delete what is kept of ${kept.version}?`} onClose={() => setAsking(null)}>
          <p>Its disk space is given back. There is no way back to {kept.version} then. Clients notice nothing.</p>
          <ProblemBox problem={problem} title="Nothing was changed" />
          <div className="actions">
            <button type="button" onClick={() => setAsking(null)}>Keep it</button>
            <Act className="danger" onProblem={setProblem} run={() => begin('finalize')}>Finalize</Act>
          </div>
        </Dialog>
      )}
    </div>
  )
}

function Refusals(props: { offers: Offers }): ReactNode {
  const others = props.offers.refused.filter((one) => one.version !== props.offers.current.version || one.build !== props.offers.current.build)
  if (others.length === 0) return null
  return (
    <details>
      <summary>Why other versions are not offered ({others.length})</summary>
      <dl className="facts">
        {others.map((one) => (
          <div key={one.version + one.build}>
            <dt>{one.version} <span className="dim">{one.build}</span></dt>
            <dd>{sentence(one.reason)} {one.remedy && <span className="dim">{sentence(one.remedy)}</span>}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

function Current(props: { database: Database }): ReactNode {
  const engines = useLive<{ engines: Engine[] }>('/engines', 0)
  const engine = engines.value?.engines.find((one) => one.version === props.database.version)
  return (
    <p className="current">
      <strong>PostgreSQL {props.database.version}</strong>{' '}
      {engine?.end_of_life && <Badge tone={supportOf(engine.end_of_life, Date.now())}>supported until {engine.end_of_life}</Badge>}
    </p>
  )
}

export function VersionBlock(props: { database: Database; refresh: () => void }): ReactNode {
  const { database } = props
  const follow = useFollow(database, props.refresh)
  const { isBusy, begin } = follow
  const offers = useLive<Offers>(isBusy ? null : databasePath(database.name, `/offers?at=${encodeURIComponent(database.version)}`), 0)
  const [first, ...rest] = offers.value?.offers ?? []
  const [chosen, setChosen] = useState<string | null>(null)
  const offer = [first, ...rest].find((one) => one?.version === chosen) ?? (first && !first.direct ? first : undefined)
  return (
    <Block title="Database version" id="version">
      <Current database={database} />
      <Followed follow={follow} />
      {!isBusy && <WayBack database={database} onBegun={begin} />}
      {!isBusy && <ScheduledNote database={database} refresh={props.refresh} />}
      {!isBusy && !follow.id && (
        <>
          {!offers.value && (offers.problem ? <ProblemBox problem={offers.problem} /> : <Loading />)}
          {offers.value && !first && <p>This is the newest version that is offered.</p>}
          {offer && <NextVersion key={offer.version + offer.build} database={database} offer={offer} onBegun={begin} onScheduled={props.refresh} />}
          {[first, ...rest].filter((one) => one && one !== offer).length > 0 && (
            <p className="others">
              Also possible:{' '}
              {[first, ...rest].filter((one): one is Offer => one !== undefined && one !== offer).map((one) => (
                <button key={one.version + one.build} type="button" className="quiet" onClick={() => setChosen(one.version)}>{one.version}</button>
              ))}
            </p>
          )}
          {offers.value && <Refusals offers={offers.value} />}
        </>
      )}
    </Block>
  )
}
