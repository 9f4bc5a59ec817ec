// Data that stays fresh: asked for again while the page is looked at, and streamed for an operation that runs. Each
// says whether what it shows is stale, because the server is away.
import { useCallback, useEffect, useRef, useState } from 'react'
import { POLL_PATIENCE_MS, Problem, asProblem, get } from './api'
import { Operation, OperationEvent, Progress, hasEnded } from './types'

export interface Live<T> {
  value: T | null
  problem: Problem | null // of the newest try; the value of an earlier one is still there
  stale: boolean
  refresh: () => void
}

export const RETRY_MS = 1_000

// Whether anything on the page is stale, for the one banner that says so.
const staleKeys = new Set<string>()
const staleListeners = new Set<() => void>()
export function markStale(key: string, stale: boolean): void {
  if (staleKeys.has(key) === stale) return
  if (stale) staleKeys.add(key)
  else staleKeys.delete(key)
  staleListeners.forEach((listener) => listener())
}

export function useStale(): boolean {
  const [stale, setStale] = useState(staleKeys.size > 0)
  useEffect(() => {
    const look = (): void => setStale(staleKeys.size > 0)
    staleListeners.add(look)
    look()
    return () => void staleListeners.delete(look)
  }, [])
  return stale
}

export const isAway = (problem: Problem | null): boolean => problem !== null && (problem.status === 0 || problem.status >= 502)

/** `path`: null asks for nothing. `every`: milliseconds between two questions; 0: once. */
export function useLive<T>(path: string | null, every: number): Live<T> {
  const [state, setState] = useState<{ path: string | null; value: T | null; problem: Problem | null }>({
    path,
    value: null,
    problem: null,
  })
  const [turn, setTurn] = useState(0)
  const refresh = useCallback(() => setTurn((now) => now + 1), [])
  useEffect(() => {
    if (path === null) return
    const abort = new AbortController()
    let timer = 0
    const again = (after: number): void => {
      timer = window.setTimeout(ask, after)
    }
    const ask = async (): Promise<void> => {
      if (document.hidden) return again(RETRY_MS)
      let next = every
      try {
        const value = await get<T>(path, abort.signal, every > 0 ? POLL_PATIENCE_MS : undefined)
        markStale(path, false)
        setState({ path, value, problem: null })
      } catch (error) {
        if (abort.signal.aborted) return
        const problem = asProblem(error)
        markStale(path, isAway(problem))
        setState((old) => ({ path, value: old.path === path ? old.value : null, problem }))
        if (isAway(problem)) next = RETRY_MS
      }
      if (next > 0 && !abort.signal.aborted) again(next)
    }
    void ask()
    return () => {
      abort.abort()
      window.clearTimeout(timer)
      markStale(path, false)
    }
  }, [path, every, turn])
  const mine = state.path === path ? state : { value: null, problem: null }
  return { value: mine.value, problem: mine.problem, stale: isAway(mine.problem), refresh }
}

export interface LiveOperation {
  operation: Operation | null
  events: OperationEvent[]
  progress: Progress['progress']
  connected: boolean
}

/** An operation's server-sent events until it has ended. The stream begins anew after every interruption. */
export function useOperation(id: string | null): LiveOperation {
  const none: LiveOperation = { operation: null, events: [], progress: null, connected: true }
  const [live, setLive] = useState<LiveOperation>(none)
  const shown = useRef<string | null>(null)
  useEffect(() => {
    if (id === null) return
    if (shown.current !== id) setLive(none)
    shown.current = id
    const key = 'events of ' + id
    let source: EventSource | null = null
    let timer = 0
    let fresh = true // the first message of a stream has all events from the beginning
    const open = (): void => {
      fresh = true
      source = new EventSource(`/api/v1/operations/${encodeURIComponent(id)}/events`)
      source.onmessage = (message) => {
        const data = JSON.parse(message.data as string) as Progress
        const first = fresh
        fresh = false
        markStale(key, false)
        setLive((old) => ({
          operation: data.operation,
          events: first ? data.events : [...old.events, ...data.events],
          progress: data.progress,
          connected: true,
        }))
        if (hasEnded(data.operation.state)) source?.close()
      }
      source.onerror = () => {
        source?.close()
        markStale(key, true)
        setLive((old) => ({ ...old, connected: false }))
        timer = window.setTimeout(open, RETRY_MS)
      }
    }
    open()
    return () => {
      source?.close()
      window.clearTimeout(timer)
      markStale(key, false)
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [id])
  return shown.current === id ? live : none
}

/** The time, for what counts seconds; stands still while nothing does. */
export function useNow(running: boolean): number {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    if (!running) return
    const timer = window.setInterval(() => setNow(Date.now()), 250)
    return () => window.clearInterval(timer)
  }, [running])
  return now
}
