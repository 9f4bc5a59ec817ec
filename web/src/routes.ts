// Addresses of the page: which there are (also in src/server/dashboard.cpp), and how one moves between them.
import { useSyncExternalStore } from 'react'

export type Tab = 'overview' | 'sessions' | 'queries' | 'logs' | 'backups' | 'operations' | 'settings'

export type Place =
  | { page: 'databases' }
  | { page: 'database'; name: string; tab: Tab }
  | { page: 'operations' }
  | { page: 'operation'; id: string }
  | { page: 'engines' }
  | { page: 'activity' }
  | { page: 'users' }
  | { page: 'nowhere' }

export const TABS: Tab[] = ['overview', 'sessions', 'queries', 'logs', 'backups', 'operations', 'settings']

export function placeOf(path: string): Place {
  const [first = '', second, third] = path.split('/').slice(1).map(decodeURIComponent)
  if (first === '' || (first === 'databases' && !second)) return { page: 'databases' }
  if (first === 'databases' && second) {
    const tab = TABS.find((one) => one === (third || 'overview'))
    return tab ? { page: 'database', name: second, tab } : { page: 'nowhere' }
  }
  if (first === 'operations') return second ? { page: 'operation', id: second } : { page: 'operations' }
  if (first === 'engines' || first === 'activity' || first === 'users') return { page: first }
  return { page: 'nowhere' }
}

const listeners = new Set<() => void>()
window.addEventListener('popstate', () => listeners.forEach((listener) => listener()))

export function go(path: string): void {
  if (path !== location.pathname) history.pushState(null, '', path)
  listeners.forEach((listener) => listener())
  window.scrollTo(0, 0)
}

export function usePath(): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => location.pathname,
  )
}

export const databaseAddress = (name: string, tab?: Tab): string =>
  `/databases/${encodeURIComponent(name)}${tab && tab !== 'overview' ? '/' + tab : ''}`
export const operationAddress = (id: string): string => `/operations/${encodeURIComponent(id)}`
