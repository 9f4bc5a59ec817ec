// The steps of an operation: before it runs as its plan, while it runs ticking, afterwards with what they took.
import type { ReactNode } from 'react'
import { useNow } from './live'
import type { Progress, Step, StepState } from './types'
import { IMPACT, duration, ended } from './words'

const MARK: Record<StepState, string> = {
  pending: '',
  running: '',
  finished: '✓',
  failed: '✕',
  undoing: '',
  undone: '↩',
}
const SAID: Record<StepState, string> = {
  pending: 'not begun',
  running: 'running',
  finished: 'done',
  failed: 'failed',
  undoing: 'being undone',
  undone: 'undone',
}

function TimeOf(props: { step: Step; now: number }): ReactNode {
  const { step, now } = props
  if (step.actual_ms !== null) return <>{duration(step.actual_ms)}</>
  if (step.state === 'running' && step.started_at)
    return <>{duration(Math.max(0, Math.floor((now - Date.parse(step.started_at)) / 100) * 100))}</>
  return <span className="dim">{step.estimate_ms > 0 ? `≈ ${duration(step.estimate_ms)}` : ''}</span>
}

export function Steps(props: { steps: Step[]; plan?: boolean; progress?: Progress['progress'] }): ReactNode {
  const running = props.steps.some((step) => step.state === 'running' || step.state === 'undoing')
  const now = useNow(running && !props.plan)
  return (
    <ol className={props.plan ? 'steps plan' : 'steps'}>
      {props.steps.map((step) => (
        <li key={step.name} data-state={step.state} data-step={step.name}>
          {!props.plan && (
            <span className="mark" role="img" aria-label={SAID[step.state]}>
              {MARK[step.state]}
            </span>
          )}
          <span className="text">
            {ended(step.text)}
            {step.state === 'running' && props.progress?.phase && (
              <small className="dim">
                {' '}
                {props.progress.phase}
                {props.progress.fraction ? ` · ${Math.round(props.progress.fraction * 100)} %` : ''}
              </small>
            )}
            {step.point_of_no_return && <small className="return">from here on it goes forward only</small>}
          </span>
          <span className={'impact ' + step.impact}>{step.impact === 'none' ? '' : IMPACT[step.impact]}</span>
          <span className="time">
            <TimeOf step={step} now={now} />
          </span>
        </li>
      ))}
    </ol>
  )
}
