// One operation, live: its steps, what clients noticed, its certificate or what went wrong, and cancel while it is possible.
import { type ReactNode, useState } from 'react'
import { Problem, post } from './api'
import { useMay } from './app'
import { type LiveOperation, useNow } from './live'
import { Act, Block, OperationBadge, ProblemBox, Time } from './parts'
import { Steps } from './steps'
import { type Operation, hasEnded } from './types'
import { duration, kindOf, sentence } from './words'

export function titleOf(operation: Operation): string {
  const versions = operation.from && operation.to && operation.from !== operation.to ? ` ${operation.from} → ${operation.to}` : operation.to ? ` ${operation.to}` : ''
  return kindOf(operation.kind) + versions
}

/** Whether it can still be stopped: no step from the point of no return on has begun. */
const canCancel = (operation: Operation): boolean => {
  if (operation.state !== 'running' && operation.state !== 'pending') return false
  const last = operation.steps.findIndex((step) => step.point_of_no_return)
  return last < 0 || operation.steps.slice(last).every((step) => step.state === 'pending')
}

function remainingOf(operation: Operation, now: number): number {
  return operation.steps.reduce((sum, step) => {
    if (step.state === 'pending') return sum + step.estimate_ms
    if (step.state !== 'running') return sum
    return sum + Math.max(0, step.estimate_ms - Math.max(0, now - Date.parse(step.started_at)))
  }, 0)
}

function Clock(props: { operation: Operation }): ReactNode {
  const { operation } = props
  const ended = hasEnded(operation.state)
  const now = useNow(!ended)
  const until = operation.ended_at ? Date.parse(operation.ended_at) : now
  const elapsed = Math.max(0, until - Date.parse(operation.created_at))
  return (
    <p className="clock">
      {ended ? 'Took' : 'Elapsed'} <strong>{duration(Math.floor(elapsed / 100) * 100)}</strong>
      {!ended && <> · about <strong>{duration(Math.ceil(remainingOf(operation, now) / 1_000) * 1_000)}</strong> left</>}
    </p>
  )
}

function Stall(props: { operation: Operation }): ReactNode {
  const { stall } = props.operation
  if (!stall) return null
  const figures: [string, string][] = [
    ['Longest wait of a client', duration(stall.max_ms)],
    ['99 % waited at most', duration(stall.p99_ms)],
    ['Sessions carried over', String(stall.sessions_moved)],
    ['Sessions ended', String(stall.sessions_ended)],
  ]
  return (
    <dl className="figures" data-part="stall">
      {figures.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Failed(props: { operation: Operation }): ReactNode {
  const { error, state } = props.operation
  if (!error) return null
  const trying = !hasEnded(state)
  return (
    <div className={trying ? 'note warning' : 'note bad'} role="alert" data-part="failure">
      <strong>{trying ? 'A step failed and is tried again' : 'It did not go through'}</strong>
      <dl className="facts">
        {error.in_service && (
          <>
            <dt>In service now</dt>
            <dd>{sentence(error.in_service)}</dd>
          </>
        )}
        <dt>What happened</dt>
        <dd>{sentence(error.message)}</dd>
        {error.remedy && (
          <>
            <dt>What to do</dt>
            <dd>{sentence(error.remedy)}</dd>
          </>
        )}
      </dl>
    </div>
  )
}

const words = (key: string): string => key.replaceAll('_', ' ').replace(/\blsn\b/i, 'LSN').replace(/\bms\b/, '(ms)')

function Value(props: { value: unknown }): ReactNode {
  const { value } = props
  if (value === null || value === undefined || value === '') return <span className="dim">none</span>
  if (typeof value === 'boolean') return <>{value ? 'yes' : 'no'}</>
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return <Time at={value} />
  if (typeof value !== 'object') return <>{String(value)}</>
  const rows = Object.entries(value)
  if (rows.every(([, inner]) => inner === null || typeof inner !== 'object') && !Array.isArray(value) && rows.length > 0)
    return <>{rows.map(([key, inner]) => `${words(key)} ${inner === null || inner === '' ? 'none' : String(inner)}`).join(', ')}</>
  if (rows.length === 0) return <span className="dim">none</span>
  return (
    <ul className="nested">
      {rows.map(([key, inner]) => (
        <li key={key}>
          {!Array.isArray(value) && <span className="dim">{words(key)}: </span>}
          <Value value={inner} />
        </li>
      ))}
    </ul>
  )
}

function Certificate(props: { operation: Operation }): ReactNode {
  const { certificate } = props.operation
  if (!certificate || Object.keys(certificate).length === 0) return null
  return (
    <Block title="Certificate">
      <p className="hint">What was checked before and after, so that you need not take our word for it.</p>
      <dl className="facts" data-part="certificate">
        {Object.entries(certificate).filter(([key]) => key !== 'steps').map(([key, value]) => (
          <div key={key}>
            <dt>{words(key)}</dt>
            <dd>
              <Value value={value} />
            </dd>
          </div>
        ))}
      </dl>
    </Block>
  )
}

function Cancel(props: { operation: Operation }): ReactNode {
  const [problem, setProblem] = useState<Problem | null>(null)
  const may = useMay('operator')
  if (!may || hasEnded(props.operation.state)) return null
  const possible = canCancel(props.operation)
  return (
    <>
      <div className="actions start">
        <Act
          run={() => post(`/operations/${encodeURIComponent(props.operation.id)}/cancel`)}
          onProblem={setProblem}
          disabled={!possible}
        >
          Cancel
        </Act>
        <span className="hint">
          {possible ? 'What was done is undone; the present version stays in service.' : 'It has gone too far to be cancelled, and goes on to its end.'}
        </span>
      </div>
      <ProblemBox problem={problem} title="It was not cancelled" />
    </>
  )
}

/** `live`: of useOperation. */
export function OperationView(props: { live: LiveOperation; withEvents?: boolean }): ReactNode {
  const { operation, events, progress } = props.live
  if (!operation) return null
  return (
    <div className="operation" data-operation={operation.id} data-state={operation.state}>
      <div className="line">
        <strong>{titleOf(operation)}</strong>
        <span aria-live="polite">
          <OperationBadge state={operation.state} />
        </span>
        <Clock operation={operation} />
      </div>
      <Failed operation={operation} />
      <Stall operation={operation} />
      <Steps steps={operation.steps} progress={progress} />
      <Cancel operation={operation} />
      <Certificate operation={operation} />
      {props.withEvents && (
        <Block title="Events">
          <ol className="events">
            {events.map((event) => (
              <li key={event.number} data-kind={event.kind}>
                <Time at={event.time} />
                <span>
                  {event.step && <span className="dim">{event.step}: </span>}
                  {event.message}
                </span>
              </li>
            ))}
          </ol>
        </Block>
      )}
    </div>
  )
}
