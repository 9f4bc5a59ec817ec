// Who is signed in, the frame around every page, and which page is shown.
import { type ReactNode, createContext, useContext, useEffect, useState } from 'react'
import { asProblem, get, remove, setCsrf, whenSignedOut } from './api'
import { useStale } from './live'
import { ActivityPage } from './pages/activity'
import { DatabasePage } from './pages/database'
import { DatabasesPage } from './pages/databases'
import { EnginesPage } from './pages/engines'
import { OperationPage, OperationsPage } from './pages/operations'
import { SignIn } from './pages/sign_in'
import { UsersPage } from './pages/users'
import { Link } from './parts'
import { placeOf, usePath } from './routes'
import type { Role, Session } from './types'

const SessionContext = createContext<Session | null>(null)
const RANK: Role[] = ['read-only', 'operator', 'owner']

/** Whether the one who is signed in has this role, or a higher one. */
export function useMay(role: Role): boolean {
  const session = useContext(SessionContext)
  return session !== null && RANK.indexOf(session.role) >= RANK.indexOf(role)
}

function Page(props: { path: string }): ReactNode {
  const place = placeOf(props.path)
  switch (place.page) {
    case 'databases':
      return <DatabasesPage />
    case 'database':
      return <DatabasePage key={place.name} name={place.name} tab={place.tab} />
    case 'operations':
      return <OperationsPage />
    case 'operation':
      return <OperationPage key={place.id} id={place.id} />
    case 'engines':
      return <EnginesPage />
    case 'activity':
      return <ActivityPage />
    case 'users':
      return <UsersPage />
    case 'nowhere':
      return (
        <main>
          <h1>There is nothing here</h1>
          <p>
            <Link to="/databases">Databases</Link>
          </p>
        </main>
      )
  }
}

const PLACES = [
  { to: '/databases', label: 'Databases', role: 'read-only' },
  { to: '/operations', label: 'Operations', role: 'read-only' },
  { to: '/engines', label: 'Engines', role: 'read-only' },
  { to: '/activity', label: 'Activity', role: 'read-only' },
  { to: '/users', label: 'Users', role: 'owner' },
] as const

function Frame(props: { session: Session; path: string; onSignOut: () => void }): ReactNode {
  const stale = useStale()
  const owner = useMay('owner')
  const shown = PLACES.filter((place) => place.role !== 'owner' || owner)
  const isCurrent = (to: string): boolean => props.path.startsWith(to) || (to === '/databases' && props.path === '/')
  return (
    <>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="frame">
        <Link to="/databases" className="brand">
          <img src="/icon.svg" alt="" width="24" height="24" />
          pgbaton
        </Link>
        <nav aria-label="Main">
          {shown.map((place) => (
            <Link key={place.to} to={place.to} current={isCurrent(place.to)}>
              {place.label}
            </Link>
          ))}
        </nav>
        <div className="who">
          <span title={`Role: ${props.session.role}`}>
            {props.session.user} <small>{props.session.role}</small>
          </span>
          <button type="button" className="quiet" onClick={props.onSignOut}>
            Sign out
          </button>
        </div>
      </header>
      <div className="stale" role="status" data-stale={stale}>
        {stale && 'The server does not answer. What you see may be out of date; databases and their clients go on. Trying again …'}
      </div>
      <div id="content" tabIndex={-1}>
        <Page path={props.path} />
      </div>
      <footer>pgbaton {props.session.version}</footer>
    </>
  )
}

export function App(): ReactNode {
  const path = usePath()
  const [session, setSession] = useState<Session | null | 'unknown' | 'away'>('unknown')
  const signedIn = (now: Session): void => {
    setCsrf(now.csrf)
    setSession(now)
  }
  useEffect(() => {
    whenSignedOut(() => setSession(null))
    let timer = 0
    const ask = async (): Promise<void> => {
      try {
        signedIn(await get<Session>('/session'))
      } catch (error) {
        if (asProblem(error).status === 401) return setSession(null)
        setSession('away')
        timer = window.setTimeout(ask, 1_000)
      }
    }
    void ask()
    return () => window.clearTimeout(timer)
  }, [])
  const signOut = async (): Promise<void> => {
    await remove('/session').catch(() => undefined)
    setSession(null)
  }
  if (session === 'unknown') return null
  if (session === 'away')
    return (
      <main className="alone" role="status">
        <h1>The server does not answer</h1>
        <p>Databases and their clients go on without it. This page goes on by itself when it is back.</p>
      </main>
    )
  if (session === null) return <SignIn onSignedIn={signedIn} />
  return (
    <SessionContext.Provider value={session}>
      <Frame session={session} path={path} onSignOut={() => void signOut()} />
    </SessionContext.Provider>
  )
}
