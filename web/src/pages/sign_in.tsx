import { type FormEvent, type ReactNode, useState } from 'react'
import { Problem, asProblem, post } from '../api'
import { Field, ProblemBox } from '../parts'
import type { Session } from '../types'

export function SignIn(props: { onSignedIn: (session: Session) => void }): ReactNode {
  const [by, setBy] = useState<'password' | 'token'>('password')
  const [name, setName] = useState('')
  const [secret, setSecret] = useState('')
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setProblem(null)
    try {
      props.onSignedIn(await post<Session>('/session', by === 'token' ? { token: secret } : { name, password: secret }))
    } catch (error) {
      setProblem(asProblem(error))
      setBusy(false)
    }
  }
  const other = by === 'token' ? 'password' : 'token'
  return (
    <main className="alone">
      <form className="card" onSubmit={(event) => void submit(event)}>
        <h1>
          <img src="/icon.svg" alt="" width="32" height="32" /> pgbaton
        </h1>
        {by === 'password' && (
          <Field label="Name">
            {(id) => (
              <input id={id} name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} required
                autoFocus value={name} onChange={(event) => setName(event.target.value)} />
            )}
          </Field>
        )}
        <Field
          key={by}
          label={by === 'token' ? 'API token' : 'Password'}
          hint={by === 'token' ? <>The file <code>token</code> in the server’s data directory; it has every right.</> : undefined}
        >
          {(id) => (
            <input id={id} name="secret" type="password" required autoFocus={by === 'token'}
              autoComplete={by === 'token' ? 'off' : 'current-password'}
              value={secret} onChange={(event) => setSecret(event.target.value)} />
          )}
        </Field>
        <ProblemBox problem={problem} />
        <button className="primary wide" disabled={busy}>
          Sign in
        </button>
        <button type="button" className="quiet wide" onClick={() => { setBy(other); setSecret(''); setProblem(null) }}>
          {by === 'token' ? 'Sign in with name and password' : 'Sign in with the API token'}
        </button>
        <p className="hint">
          The first user is made on the server: <code>pgbaton users add NAME --role owner</code>
        </p>
      </form>
    </main>
  )
}
