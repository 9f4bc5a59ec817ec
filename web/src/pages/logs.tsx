// What PostgreSQL has logged on the nodes of a database.
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { type LiveLog, type NumberedEntry, MOST_ENTRIES, useLog } from '../log'
import { Badge, Block, Field, Loading, ProblemBox, type Tone } from '../parts'
import type { Database, LogEntry } from '../types'

const LEVELS: [string, string][] = [
  ['', 'Everything'],
  ['WARNING', 'Warnings and worse'],
  ['ERROR', 'Errors and worse'],
  ['FATAL', 'Fatal and worse'],
]
const FIRST_LINES = 200
const TYPING_MS = 300

function toneOf(level: string | null): Tone {
  if (level === 'ERROR' || level === 'FATAL' || level === 'PANIC') return 'bad'
  return level === 'WARNING' ? 'warning' : 'plain'
}

const CLOCK = new Intl.DateTimeFormat(undefined, {
  year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3,
})

function Moment(props: { at: string | null }): ReactNode {
  const time = Date.parse(props.at ?? '')
  if (Number.isNaN(time)) return <span className="dim">—</span>
  return <time dateTime={props.at!} title={`${new Date(time).toISOString()} (UTC)`}>{CLOCK.format(time)}</time>
}

const whoOf = (entry: LogEntry): string =>
  entry.user ? `${entry.user}@${entry.database ?? ''}${entry.application_name ? ` · ${entry.application_name}` : ''} · ${entry.pid}` : `process ${entry.pid}`

const MORE = ['detail', 'hint', 'query', 'context', 'statement'] as const

function Entry(props: { entry: NumberedEntry; withNode: boolean }): ReactNode {
  const { entry } = props
  return (
    <li>
      <span className="when"><Moment at={entry.time} /></span>
      <span><Badge tone={toneOf(entry.level)}>{entry.level ?? 'other'}</Badge></span>
      <div>
        <code>{entry.message}</code>
        {MORE.map((name) => entry[name] !== null && (
          <code key={name} className="more"><b>{name}</b> {entry[name]}</code>
        ))}
        <small className="dim">{props.withNode && `${entry.node} · `}{whoOf(entry)}{entry.sqlstate && ` · SQLSTATE ${entry.sqlstate}`}</small>
      </div>
    </li>
  )
}

/** Scrolls along with what is added, unless somebody has scrolled up to read. */
function Entries(props: { log: LiveLog; following: boolean; withNode: boolean }): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  const entries = props.log.entries ?? []
  const newest = entries[entries.length - 1]?.number
  useEffect(() => {
    if (box.current && atEnd.current) box.current.scrollTop = box.current.scrollHeight
  }, [newest])
  return (
    <div
      className="log"
      ref={box}
      role="log"
      aria-label="Entries, newest last"
      aria-live={props.following ? 'polite' : 'off'}
      tabIndex={0}
      onScroll={(event) => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget
        atEnd.current = scrollHeight - scrollTop - clientHeight < 24
      }}
    >
      {entries.length === 0 ? (
        <p className="dim">Nothing of that kind was logged.</p>
      ) : (
        <ol>{entries.map((entry) => <Entry key={entry.number} entry={entry} withNode={props.withNode} />)}</ol>
      )}
    </div>
  )
}

/** What somebody is typing, once they pause. */
function usePaused(text: string): string {
  const [paused, setPaused] = useState(text)
  useEffect(() => {
    const timer = window.setTimeout(() => setPaused(text), TYPING_MS)
    return () => window.clearTimeout(timer)
  }, [text])
  return paused
}

export function LogsTab(props: { database: Database }): ReactNode {
  const { database } = props
  const [level, setLevel] = useState('')
  const [node, setNode] = useState('')
  const [text, setText] = useState('')
  const [lines, setLines] = useState(FIRST_LINES)
  const [following, setFollowing] = useState(true)
  const wanted = usePaused(text)
  const log = useLog(database.name, { level, node, text: wanted, lines }, following)
  const away = log.nodes.filter((one) => one.problem !== null)
  return (
    <Block
      title="PostgreSQL’s log"
      aside={
        <button type="button" aria-pressed={following} onClick={() => setFollowing(!following)}>
          {following ? 'Pause' : 'Follow'}
        </button>
      }
    >
      <div className="filters">
        <Field label="Level">
          {(id) => <select id={id} value={level} onChange={(event) => setLevel(event.target.value)}>{LEVELS.map(([value, words]) => <option key={value} value={value}>{words}</option>)}</select>}
        </Field>
        {database.nodes.length > 1 && (
          <Field label="Node">
            {(id) => (
              <select id={id} value={node} onChange={(event) => setNode(event.target.value)}>
                <option value="">All nodes</option>
                {database.nodes.map((one) => <option key={one.name} value={one.name}>{one.name} ({one.role})</option>)}
              </select>
            )}
          </Field>
        )}
        <Field label="Text">
          {(id) => <input id={id} type="search" value={text} placeholder="in the message, statement, user …" onChange={(event) => setText(event.target.value)} />}
        </Field>
      </div>
      {log.problem && !log.stale && <ProblemBox problem={log.problem} />}
      {away.map((one) => (
        <p key={one.name} className="trouble">{one.name} is missing here: {one.problem}</p>
      ))}
      {log.isCut && (
        <p className="hint">
          Older entries are not shown.{' '}
          {lines < MOST_ENTRIES && <button type="button" className="quiet" onClick={() => setLines(MOST_ENTRIES)}>Show up to {MOST_ENTRIES.toLocaleString('en')}</button>}
        </p>
      )}
      {log.entries === null ? !log.problem && <Loading /> : <Entries log={log} following={following} withNode={database.nodes.length > 1} />}
      <p className="hint">Kept on each node for 7 days, 100 MB at most. Errors come with the statement that had them, which may hold data; passwords are left out.</p>
    </Block>
  )
}
