// Users and their roles: for owners.
import { type FormEvent, type ReactNode, useState } from 'react'
import { Problem, asProblem, patch, post, remove } from '../api'
import { useLive } from '../live'
import { Act, Dialog, Field, Loading, ProblemBox, Table, Time } from '../parts'
import type { Role, User } from '../types'

const ROLES: { role: Role; about: string }[] = [
  { role: 'read-only', about: 'sees everything but passwords' },
  { role: 'operator', about: 'creates, upgrades, changes' },
  { role: 'owner', about: 'also deletes databases and manages users' },
]

function UserDialog(props: { user: User | null; onClose: () => void; onDone: () => void }): ReactNode {
  const { user } = props
  const [name, setName] = useState(user?.name ?? '')
  const [role, setRole] = useState<Role>(user?.role ?? 'operator')
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<Problem | null>(null)
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setProblem(null)
    try {
      if (user) await patch(`/users/${encodeURIComponent(user.name)}`, { role, ...(password ? { password } : {}) })
      else await post('/users', { name, role, password })
      props.onDone()
    } catch (error) {
      setProblem(asProblem(error))
    }
  }
  return (
    <Dialog title={user ? `Change ${user.name}` : 'New user'} onClose={props.onClose}>
      <form onSubmit={(event) => void submit(event)}>
        {!user && (
          <Field label="Name">
            {(id) => <input id={id} required autoFocus autoComplete="off" autoCapitalize="none" spellCheck={false} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
        )}
        <Field label="Role">
          {(id) => (
            <select id={id} value={role} onChange={(event) => setRole(event.target.value as Role)}>
              {ROLES.map((one) => <option key={one.role} value={one.role}>{one.role}: {one.about}</option>)}
            </select>
          )}
        </Field>
        <Field label={user ? 'New password' : 'Password'} hint={user ? 'Empty: it stays. A new one signs the user out everywhere.' : '10 characters at least.'}>
          {(id) => <input id={id} type="password" autoComplete="new-password" required={!user} minLength={10} value={password} onChange={(event) => setPassword(event.target.value)} />}
        </Field>
        <ProblemBox problem={problem} title="Nothing was changed" />
        <div className="actions">
          <button type="button" onClick={props.onClose}>Cancel</button>
          <button className="primary">{user ? 'Save' : 'Add user'}</button>
        </div>
      </form>
    </Dialog>
  )
}

export function UsersPage(): ReactNode {
  const all = useLive<{ users: User[] }>('/users', 5_000)
  const [open, setOpen] = useState<User | 'new' | null>(null)
  const [leaving, setLeaving] = useState<string | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)
  return (
    <main>
      <div className="heading">
        <h1>Users</h1>
        <button type="button" className="primary" onClick={() => setOpen('new')}>New user</button>
      </div>
      {!all.value && (all.problem ? <ProblemBox problem={all.problem} /> : <Loading />)}
      {all.value && all.value.users.length === 0 && <p className="dim">There are no users: only the API token signs in.</p>}
      {all.value && all.value.users.length > 0 && (
        <Table
          caption="Users"
          heads={['Name', 'Role', 'Since', 'Actions']}
          rows={all.value.users.map((user) => ({
            key: user.name,
            cells: [
              <strong>{user.name}</strong>,
              user.role,
              <Time at={user.created_at} />,
              <span className="buttons">
                <button type="button" className="quiet" onClick={() => setOpen(user)}>Change<span className="hidden"> {user.name}</span></button>
                <button type="button" className="quiet" onClick={() => setLeaving(user.name)}>Remove<span className="hidden"> {user.name}</span></button>
              </span>,
            ],
          }))}
        />
      )}
      {leaving && (
        <Dialog title={`Remove ${leaving}?`} onClose={() => setLeaving(null)}>
          <p>{leaving} is signed out everywhere and cannot sign in any more.</p>
          <ProblemBox problem={problem} title="Nobody was removed" />
          <div className="actions">
            <button type="button" onClick={() => setLeaving(null)}>Cancel</button>
            <Act className="danger" onProblem={setProblem} run={async () => { await remove(`/users/${encodeURIComponent(leaving)}`); setLeaving(null); all.refresh() }}>
              Remove
            </Act>
          </div>
        </Dialog>
      )}
      {open && <UserDialog user={open === 'new' ? null : open} onClose={() => setOpen(null)} onDone={() => { setOpen(null); all.refresh() }} />}
    </main>
  )
}
