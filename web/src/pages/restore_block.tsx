// Restore to a moment: as a new database beside this one, or in place with its name typed.
import { type ReactNode, useState } from 'react'
import { Problem, databasePath, post } from '../api'
import { Act, Block, Dialog, Field, ProblemBox, Time } from '../parts'
import { fieldOf, spanAt, timeOf } from '../moments'
import { go, operationAddress } from '../routes'
import type { Backups, Database, Operation } from '../types'

type Where = 'new' | 'in-place'

interface Wish {
  to: string // RFC 3339, or "now"
  where: Where
  name: string
}

const AGO: [string, number][] = [
  ['1 minute ago', 60_000],
  ['15 minutes ago', 900_000],
  ['1 hour ago', 3_600_000],
  ['a day ago', 86_400_000],
]

function InPlace(props: { database: Database; wish: Wish; onClose: () => void; onBegun: (operation: Operation) => void }): ReactNode {
  const { name } = props.database
  const [typed, setTyped] = useState('')
  const [problem, setProblem] = useState<Problem | null>(null)
  const restore = async (): Promise<void> => {
    props.onBegun(await post<Operation>(databasePath(name, '/restore'), { to: props.wish.to }))
    props.onClose()
  }
  return (
    <Dialog title={`Bring ${name} back to that moment?`} onClose={props.onClose}>
      <p>
        <strong>What was written after <Time at={props.wish.to} /> is not in the database any more.</strong> The data are restored beside the present ones, which serve meanwhile; then clients wait for a
        restart, and stay connected.
      </p>
      <p>The database as it is now is kept for 7 days: <em>Revert</em> in its settings goes back to it.</p>
      <Field label={`Type ${name} to confirm`}>
        {(id) => <input id={id} autoComplete="off" autoCapitalize="none" spellCheck={false} autoFocus value={typed} onChange={(event) => setTyped(event.target.value)} />}
      </Field>
      <ProblemBox problem={problem} title="Nothing was changed" />
      <div className="actions">
        <button type="button" onClick={props.onClose}>Leave it as it is</button>
        <Act className="danger" disabled={typed !== name} onProblem={setProblem} run={restore}>Restore {name}</Act>
      </div>
    </Dialog>
  )
}

function AsNew(props: { database: Database; wish: Wish; onClose: () => void }): ReactNode {
  const { wish } = props
  const [problem, setProblem] = useState<Problem | null>(null)
  const restore = async (): Promise<void> => {
    const begun = await post<Operation>(databasePath(props.database.name, '/restore'), { to: wish.to, as: wish.name })
    go(operationAddress(begun.id))
  }
  return (
    <Dialog title={`Restore as ${wish.name}?`} onClose={props.onClose}>
      <p>
        A new database {wish.name} is made, as {props.database.name} was {wish.to === 'now' ? 'just now' : <>at <Time at={wish.to} /></>}: on one node, with its own address, password and backups. {props.database.name} and its clients notice nothing.
      </p>
      <ProblemBox problem={problem} title="Nothing was restored" />
      <div className="actions">
        <button type="button" onClick={props.onClose}>Cancel</button>
        <Act className="primary" onProblem={setProblem} run={restore}>Restore as {wish.name}</Act>
      </div>
    </Dialog>
  )
}

function Which(props: { backups: Backups; field: string; onField: (field: string) => void }): ReactNode {
  const now = Date.now()
  const time = timeOf(props.field)
  const { spans, earliest } = props.backups.window
  const span = time === null ? null : spanAt(spans, time, now)
  return (
    <>
      <Field
        label="Moment, in your time zone"
        hint={
          time === null ? 'Empty: as it is now, for a new database.' : span ? (
            <>{new Date(time).toISOString().replace('.000', '')} in UTC; PostgreSQL {span.major} then.</>
          ) : (
            <span className="trouble" role="status">This moment cannot be restored.</span>
          )
        }
      >
        {(id) => (
          <input id={id} type="datetime-local" step={1} className="search" value={props.field} min={earliest ? fieldOf(Date.parse(earliest)) : undefined} max={fieldOf(now)} onChange={(event) => props.onField(event.target.value)} />
        )}
      </Field>
      <div className="buttons">
        {AGO.filter(([, ago]) => spanAt(spans, now - ago, now)).map(([words, ago]) => (
          <button key={words} type="button" className="quiet" onClick={() => props.onField(fieldOf(Date.now() - ago))}>{words}</button>
        ))}
      </div>
    </>
  )
}

export function RestoreBlock(props: { database: Database; backups: Backups; isBusy: boolean; onBegun: (operation: Operation) => void }): ReactNode {
  const { database, backups } = props
  const [field, setField] = useState('')
  const [where, setWhere] = useState<Where>('new')
  const [name, setName] = useState(`${database.name}_restored`.slice(0, 63))
  const [asking, setAsking] = useState<Wish | null>(null)
  const time = timeOf(field)
  const isPossible = time === null ? where === 'new' : spanAt(backups.window.spans, time, Date.now()) !== null
  const close = (): void => setAsking(null)
  return (
    <Block title="Restore">
      <Which backups={backups} field={field} onField={setField} />
      <fieldset>
        <legend>Where to</legend>
        <label className="choice">
          <input type="radio" name="where" checked={where === 'new'} onChange={() => setWhere('new')} />
          <span><strong>A new database</strong><small>Beside this one, which notices nothing.</small></span>
        </label>
        <label className="choice">
          <input type="radio" name="where" checked={where === 'in-place'} onChange={() => setWhere('in-place')} />
          <span><strong>In place</strong><small>This database goes back; clients stay connected and wait for a restart.</small></span>
        </label>
      </fieldset>
      {where === 'new' && (
        <Field label="Name of the new database">
          {(id) => <input id={id} className="search" autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={63} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
      )}
      <div className="actions start">
        <button type="button" disabled={!isPossible || (where === 'new' ? name === '' : props.isBusy)}
          onClick={() => setAsking({ to: time === null ? 'now' : new Date(time).toISOString(), where, name })}>
          Restore …
        </button>
        {where === 'in-place' && time === null && <span className="hint">Say which moment.</span>}
      </div>
      {asking?.where === 'in-place' && <InPlace database={database} wish={asking} onClose={close} onBegun={props.onBegun} />}
      {asking?.where === 'new' && <AsNew database={database} wish={asking} onClose={close} />}
    </Block>
  )
}
