// Backups of a database: which moments can be restored, the base backups, and restore.
import { type ReactNode, useState } from 'react'
import { Problem, databasePath, post } from '../api'
import { useMay } from '../app'
import { type Follow, Followed, useFollow } from '../followed'
import { useLive } from '../live'
import { stretchOf } from '../moments'
import { Act, Badge, Block, Loading, ProblemBox, Table, Time } from '../parts'
import type { Archiving, Backups, Database, Operation } from '../types'
import { bytes, duration, sentence } from '../words'
import { RestoreBlock } from './restore_block'

const WIDE = 1_000

/** The window drawn: a bar for each version's stretch of the log, a mark for each base backup. */
function WindowDrawn(props: { backups: Backups }): ReactNode {
  const { window: known, backups } = props.backups
  const first = known.spans[0]
  if (!first) return null
  const [begin, end] = [Date.parse(first.from), Date.now()]
  return (
    <svg className="window" viewBox={`0 0 ${WIDE} 34`} preserveAspectRatio="none" aria-hidden="true">
      <rect className="gap" x="0" y="8" width={WIDE} height="18" />
      {known.spans.map((span, at) => {
        const last = at === known.spans.length - 1
        const { from, width } = stretchOf(Date.parse(span.from), last ? end : Date.parse(span.to), begin, end)
        return <rect key={span.from} className={at % 2 ? 'other' : 'span'} x={from * WIDE} y="8" width={Math.max(1, width * WIDE)} height="18" />
      })}
      {backups.map((set) => {
        const { from } = stretchOf(Date.parse(set.stopped_at), end, begin, end)
        return <rect key={set.label} className="set" x={Math.min(WIDE - 3, from * WIDE)} y={set.kind === 'full' ? 0 : 5} width="3" height={set.kind === 'full' ? 34 : 24} />
      })}
    </svg>
  )
}

const ARCHIVING = {
  on: { tone: 'good', words: 'the log is archived' },
  off: { tone: 'warning', words: 'the log is not archived' },
  failing: { tone: 'bad', words: 'the log does not get into the repository' },
} as const

function ArchivingLine(props: { archiving: Archiving }): ReactNode {
  const { archiving } = props
  const { tone, words } = ARCHIVING[archiving.state]
  const streaming = archiving.tail.state === 'streaming'
  return (
    <>
      <p className="line">
        <Badge tone={tone}>{words}</Badge>
        <Badge tone={streaming ? 'good' : 'warning'}>{streaming ? 'the newest of it is streamed' : 'the newest of it is not streamed'}</Badge>
      </p>
      {archiving.last_failure && (
        <div className="note bad">
          <p>{sentence(archiving.last_failure)}</p>
          <p className="remedy">PostgreSQL tries again by itself. Look at the space and the rights of the backups’ folder; what is in service goes on.</p>
        </div>
      )}
    </>
  )
}

function WindowBlock(props: { backups: Backups }): ReactNode {
  const { backups } = props
  const { earliest, spans } = backups.window
  const { tail, last_archived_at: archived } = backups.archiving
  return (
    <Block title="What can be restored">
      {earliest ? (
        <>
          <p className="lead">Every moment from <Time at={earliest} /> to {tail.state === 'streaming' && tail.lag_ms < 5_000 ? 'now' : <Time at={backups.window.latest ?? ''} />}{spans.length > 1 ? ', but the gaps below' : ''}.</p>
          <WindowDrawn backups={backups} />
          {spans.length > 1 && (
            <ul className="notes">
              {spans.map((span) => <li key={span.from}>PostgreSQL {span.major}: <Time at={span.from} /> to <Time at={span.to} /></li>)}
            </ul>
          )}
        </>
      ) : (
        <p className="lead">Nothing yet: the first base backup is taken within a minute of a database’s creation.</p>
      )}
      <ArchivingLine archiving={backups.archiving} />
      <dl className="facts">
        <div><dt>Kept for</dt><dd>{backups.retention_days} days</dd></div>
        <div><dt>Streamed until</dt><dd>{tail.state !== 'streaming' ? '—' : tail.lag_ms < 1_000 ? 'less than a second ago' : `${duration(tail.lag_ms)} ago at most`}</dd></div>
        <div><dt>Last archived</dt><dd>{archived ? <Time at={archived} relative /> : '—'}</dd></div>
        <div><dt>Base backups</dt><dd>{backups.backups.length}, {bytes(backups.backups.reduce((sum, set) => sum + set.stored_bytes, 0))} stored</dd></div>
      </dl>
    </Block>
  )
}

function SetsBlock(props: { database: Database; backups: Backups; follow: Follow }): ReactNode {
  const { database, follow } = props
  const [problem, setProblem] = useState<Problem | null>(null)
  const may = useMay('operator')
  const begin = async (path: string, body = {}): Promise<void> => follow.begin(await post<Operation>(databasePath(database.name, path), body))
  return (
    <Block
      title="Base backups"
      aside={may && (
        <span className="buttons">
          <Act disabled={follow.isBusy} onProblem={setProblem} run={() => begin('/backups/verify')}>Check all</Act>
          <Act disabled={follow.isBusy} onProblem={setProblem} run={() => begin('/backups', { full: true })}>Full backup</Act>
          <Act className="primary" disabled={follow.isBusy} onProblem={setProblem} run={() => begin('/backups')}>Back up now</Act>
        </span>
      )}
    >
      <ProblemBox problem={problem} title="Nothing was begun" />
      {props.backups.backups.length === 0 ? (
        <p className="dim">{props.backups.problem ? 'Not known now.' : 'None yet. Clients notice nothing of a backup.'}</p>
      ) : (
        <Table
          caption="Base backups, newest first"
          heads={['Ended', 'Kind', 'PostgreSQL', 'Size', 'Stored', 'Took', 'Label']}
          rows={[...props.backups.backups].reverse().slice(0, 300).map((set) => ({
            key: set.label + set.started_at,
            cells: [
              <Time at={set.stopped_at} />,
              <>{set.kind} {set.damaged_pages && <Badge tone="bad">damaged pages</Badge>}</>,
              set.major,
              bytes(set.size_bytes),
              bytes(set.stored_bytes),
              duration(Date.parse(set.stopped_at) - Date.parse(set.started_at)),
              <code>{set.label}</code>,
            ],
          }))}
        />
      )}
    </Block>
  )
}

export function BackupsTab(props: { database: Database; refresh: () => void }): ReactNode {
  const { database } = props
  const all = useLive<Backups>(database.nodes.length > 0 ? databasePath(database.name, '/backups') : null, 5_000)
  const follow = useFollow(database, props.refresh)
  const may = useMay('operator')
  const refresh = all.refresh
  if (!all.value) return all.problem ? <ProblemBox problem={all.problem} /> : <Loading />
  return (
    <>
      {follow.id && <Block title={follow.hasEnded ? 'What was done' : 'In progress'}><Followed follow={follow} /></Block>}
      {all.value.problem && (
        <div className="note bad" role="status">
          <p>The repository cannot be read now: {all.value.problem}.</p>
          <p className="remedy">{all.value.backups.length > 0 ? 'What is shown here is as it was before.' : 'What it has is not known.'} The database goes on; its log waits on its disk.</p>
        </div>
      )}
      <WindowBlock backups={all.value} />
      <SetsBlock database={database} backups={all.value} follow={follow} />
      {may && all.value.window.earliest && <RestoreBlock database={database} backups={all.value} isBusy={follow.isBusy} onBegun={(operation) => { follow.begin(operation); refresh() }} />}
    </>
  )
}
