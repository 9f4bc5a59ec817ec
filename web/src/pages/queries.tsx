// What the sessions of a database run just now, and the statements that took most of its time.
import { type ReactNode, useState } from 'react'
import { Problem, databasePath, post } from '../api'
import { useMay } from '../app'
import { useLive, useNow } from '../live'
import { Act, Block, Loading, ProblemBox, Table } from '../parts'
import type { Database, Queries, RunningQuery, TopStatement } from '../types'
import { duration } from '../words'

// The text can be scrolled: with the keyboard too.
const Statement = (props: { text: string }): ReactNode => (
  <code className="statement" tabIndex={0}>{props.text}</code>
)

/** For how long a statement runs; for a session that waits inside a transaction, for how long that is open. */
function HowLong(props: { query: RunningQuery; now: number }): ReactNode {
  const { query } = props
  const at = query.state === 'active' ? query.began : (query.transaction_since ?? query.since)
  if (!at) return <span className="dim">—</span>
  const running = Math.max(0, props.now - Date.parse(at))
  return <time dateTime={at} title={`since ${new Date(at).toLocaleString()} · ${at} (UTC)`}>{duration(Math.floor(running / 1_000) * 1_000)}</time>
}

function RunningBlock(props: { database: Database; queries: RunningQuery[]; refresh: () => void }): ReactNode {
  const { queries } = props
  const may = useMay('operator')
  const now = useNow(queries.length > 0)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [cancelled, setCancelled] = useState<number | null>(null)
  const cancel = async (query: RunningQuery): Promise<void> => {
    setCancelled(null)
    await post(databasePath(props.database.name, `/queries/${query.pid}/cancel`), query.began ? { began: query.began } : {})
    setCancelled(query.pid)
    props.refresh()
  }
  return (
    <Block title="Running now">
      <p className="hint">Of the primary, without idle sessions. Cancelling ends the statement with an error; its session goes on.</p>
      <ProblemBox problem={problem} title="Nothing was cancelled" />
      <p role="status" className={cancelled === null ? 'hidden' : ''}>{cancelled !== null && `PostgreSQL was asked to cancel the statement of backend ${cancelled}.`}</p>
      {queries.length === 0 ? (
        <p className="dim">Nothing runs just now.</p>
      ) : (
        <Table
          caption="Running statements"
          heads={['Backend', 'Who', 'State', 'For', 'Statement', ...(may ? ['Action'] : [])]}
          rows={queries.map((query) => ({
            key: String(query.pid),
            cells: [
              query.pid,
              <>{query.user}<small className="dim path-text">{query.application_name || 'no application name'}{query.client && ` · ${query.client}`}</small></>,
              <>{query.state}{query.wait_event && <small className="dim path-text">waits for {query.wait_event}</small>}</>,
              <HowLong query={query} now={now} />,
              <Statement text={query.text} />,
              ...(may
                ? [query.state === 'active' && (
                    <Act onProblem={setProblem} run={() => cancel(query)}>Cancel<span className="hidden"> the statement of backend {query.pid}</span></Act>
                  )]
                : []),
            ],
          }))}
        />
      )}
    </Block>
  )
}

const count = (number: number): string => number.toLocaleString('en')

function TopBlock(props: { statements: Queries['statements'] }): ReactNode {
  const { statements } = props
  const share = (one: TopStatement): string => (one.cached === null ? '—' : `${(one.cached * 100).toFixed(1)} %`)
  return (
    <Block title="Statements that took most of the time">
      {!statements.available ? (
        <>
          <p>{statements.why}</p>
          {statements.how.length > 0 && (
            <>
              <p className="hint">On the primary’s host, as root or as the user that pgbaton runs as:</p>
              <pre tabIndex={0}>{statements.how.join('\n')}</pre>
            </>
          )}
        </>
      ) : statements.top.length === 0 ? (
        <p className="dim">No statement has been counted yet.</p>
      ) : (
        <Table
          caption="Statements by total time"
          heads={['Statement', 'User', 'Total', 'Calls', 'Mean', 'Rows', 'From cache']}
          rows={statements.top.map((one, at) => ({
            key: String(at),
            cells: [<Statement text={one.text} />, one.user, duration(one.total_ms), count(one.calls), `${one.mean_ms.toFixed(2)} ms`, count(one.rows), share(one)],
          }))}
        />
      )}
    </Block>
  )
}

export function QueriesTab(props: { database: Database }): ReactNode {
  const live = useLive<Queries>(databasePath(props.database.name, '/queries'), 2_000)
  if (!live.value) return live.problem ? <ProblemBox problem={live.problem} /> : <Loading />
  return (
    <>
      {live.problem && !live.stale && <ProblemBox problem={live.problem} title="What is shown is older" />}
      <RunningBlock database={props.database} queries={live.value.queries} refresh={live.refresh} />
      <TopBlock statements={live.value.statements} />
    </>
  )
}
