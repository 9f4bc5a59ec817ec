// What is and was done: the history, with actual against estimated, and one operation.
import type { ReactNode } from 'react'
import { useLive, useOperation } from '../live'
import { OperationView, titleOf } from '../operation_view'
import { Link, Loading, OperationBadge, ProblemBox, Table, Time } from '../parts'
import { databaseAddress, operationAddress } from '../routes'
import { type Operation, hasEnded } from '../types'
import { duration } from '../words'

const HEADS = ['Operation', 'Database', 'State', 'Begun', 'Took', 'Estimated', 'Longest wait']

function tookOf(operation: Operation): string {
  if (!operation.ended_at) return '—'
  return duration(Date.parse(operation.ended_at) - Date.parse(operation.created_at))
}

function rowOf(operation: Operation): { key: string; cells: ReactNode[] } {
  const estimate = operation.steps.reduce((sum, step) => sum + step.estimate_ms, 0)
  return {
    key: operation.id,
    cells: [
      <Link to={operationAddress(operation.id)}>{titleOf(operation)}</Link>,
      operation.database ? <Link to={databaseAddress(operation.database)}>{operation.database}</Link> : <span className="dim">—</span>,
      <OperationBadge state={operation.state} />,
      <Time at={operation.created_at} />,
      hasEnded(operation.state) ? tookOf(operation) : <span className="dim">running</span>,
      estimate > 0 ? duration(estimate) : <span className="dim">—</span>,
      operation.stall ? duration(operation.stall.max_ms) : <span className="dim">—</span>,
    ],
  }
}

export function OperationsTable(props: { database?: string }): ReactNode {
  const path = '/operations' + (props.database ? `?database=${encodeURIComponent(props.database)}` : '')
  const all = useLive<{ operations: Operation[] }>(path, 2_000)
  if (!all.value) return all.problem ? <ProblemBox problem={all.problem} /> : <Loading />
  if (all.value.operations.length === 0) return <p className="dim">Nothing has been done yet.</p>
  return <Table caption="Operations, newest first" heads={HEADS} rows={all.value.operations.slice(0, 300).map(rowOf)} />
}

export function OperationsPage(): ReactNode {
  return (
    <main>
      <div className="heading">
        <h1>Operations</h1>
      </div>
      <OperationsTable />
    </main>
  )
}

export function OperationPage(props: { id: string }): ReactNode {
  const known = useLive<Operation>(`/operations/${encodeURIComponent(props.id)}`, 0)
  const live = useOperation(known.value ? props.id : null)
  const operation = live.operation
  return (
    <main>
      <p className="path">
        {known.value?.database ? <Link to={databaseAddress(known.value.database, 'operations')}>{known.value.database}</Link> : <Link to="/operations">Operations</Link>}
      </p>
      <div className="heading">
        <h1>{known.value ? titleOf(known.value) : 'Operation'}</h1>
        <code className="dim">{props.id}</code>
      </div>
      {!operation && (known.problem ? <ProblemBox problem={known.problem} /> : <Loading />)}
      <OperationView live={live} withEvents />
    </main>
  )
}
