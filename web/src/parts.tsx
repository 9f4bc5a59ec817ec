// Small parts that pages are made of.
import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { Problem, asProblem } from './api'
import { go } from './routes'
import type { OperationState } from './types'
import { STATE, ago, sentence } from './words'

export function Link(props: { to: string; children: ReactNode; className?: string; current?: boolean }): ReactNode {
  return (
    <a
      href={props.to}
      className={props.className}
      aria-current={props.current ? 'page' : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
        event.preventDefault()
        go(props.to)
      }}
    >
      {props.children}
    </a>
  )
}

export type Tone = 'good' | 'warning' | 'bad' | 'busy' | 'plain'

export const Badge = (props: { tone: Tone; children: ReactNode }): ReactNode => (
  <span className={'badge ' + props.tone}>{props.children}</span>
)

const OPERATION_TONE: Record<OperationState, Tone> = {
  pending: 'busy',
  running: 'busy',
  finished: 'good',
  error: 'bad',
  'user-error': 'warning',
  cancelling: 'busy',
  cancelled: 'plain',
}
export const OperationBadge = (props: { state: OperationState }): ReactNode => (
  <Badge tone={OPERATION_TONE[props.state]}>{STATE[props.state]}</Badge>
)

/** In the viewer's zone; UTC on hover. */
export function Time(props: { at: string; relative?: boolean }): ReactNode {
  const time = Date.parse(props.at)
  if (Number.isNaN(time)) return <span className="dim">—</span>
  const here = new Date(time).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
  return (
    <time dateTime={props.at} title={`${here} · ${new Date(time).toISOString()} (UTC)`}>
      {props.relative ? ago(time, Date.now()) : here}
    </time>
  )
}

export function ProblemBox(props: { problem: Problem | null; title?: string }): ReactNode {
  if (!props.problem) return null
  return (
    <div className="note bad" role="alert">
      {props.title && <strong>{props.title}</strong>}
      <p>{sentence(props.problem.message)}</p>
      {props.problem.remedy && <p className="remedy">{props.problem.remedy}</p>}
    </div>
  )
}

/** A button whose action takes time and may fail; `onDone` comes after it. */
export function Act(props: {
  children: ReactNode
  run: () => Promise<unknown>
  onProblem: (problem: Problem | null) => void
  className?: string
  disabled?: boolean
  type?: 'button' | 'submit'
}): ReactNode {
  const [busy, setBusy] = useState(false)
  return (
    <button
      type="button"
      className={props.className}
      disabled={props.disabled || busy}
      aria-busy={busy}
      onClick={async () => {
        setBusy(true)
        props.onProblem(null)
        try {
          await props.run()
        } catch (error) {
          props.onProblem(asProblem(error))
        } finally {
          setBusy(false)
        }
      }}
    >
      {props.children}
    </button>
  )
}

export function Copy(props: { text: string; label: string; secret?: string }): ReactNode {
  const [copied, setCopied] = useState(false)
  const field = useRef<HTMLElement>(null)
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(props.text)
      setCopied(true)
      window.setTimeout(() => setCopied(false), 2_000)
    } catch {
      if (field.current) window.getSelection()?.selectAllChildren(field.current) // pages without TLS have no clipboard
    }
  }
  return (
    <div className="copy">
      <code ref={field} tabIndex={0} aria-label={props.label}>
        {props.secret ? props.text.replace(props.secret, '••••••••') : props.text}
      </code>
      <button type="button" onClick={() => void copy()} aria-label={`Copy ${props.label}`}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </div>
  )
}

/** The browser's own modal dialog: it keeps the focus inside and closes with Escape. */
export function Dialog(props: { title: string; onClose: () => void; children: ReactNode }): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null)
  const title = useId()
  useEffect(() => {
    const shown = dialog.current
    if (shown && !shown.open) shown.showModal()
    return () => shown?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby={title}
      onCancel={(event) => {
        event.preventDefault()
        props.onClose()
      }}
    >
      <h2 id={title}>{props.title}</h2>
      {props.children}
    </dialog>
  )
}

export function Field(props: { label: string; hint?: ReactNode; children: (id: string) => ReactNode }): ReactNode {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      {props.children(id)}
      {props.hint && <p className="hint">{props.hint}</p>}
    </div>
  )
}

export const Loading = (): ReactNode => (
  <div className="skeleton" role="status" aria-label="Loading">
    <span />
    <span />
    <span />
  </div>
)

export function Block(props: { title: string; children: ReactNode; aside?: ReactNode; id?: string }): ReactNode {
  const title = useId()
  return (
    <section className="block" aria-labelledby={title} id={props.id}>
      <header>
        <h2 id={title}>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  )
}

/** A table that becomes cards on a phone: each cell carries the heading of its column. */
export function Table(props: { caption: string; heads: string[]; rows: { key: string; cells: ReactNode[] }[] }): ReactNode {
  return (
    <table>
      <caption className="hidden">{props.caption}</caption>
      <thead>
        <tr>
          {props.heads.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {props.rows.map((row) => (
          <tr key={row.key}>
            {row.cells.map((cell, at) => (
              <td key={props.heads[at]} data-label={props.heads[at]}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
