// A database's log as it grows: the newest entries first of all, then what is added, asked for again and again.
import { useEffect, useState } from 'react'
import { POLL_PATIENCE_MS, Problem, asProblem, databasePath, get } from './api'
import { RETRY_MS, isAway, markStale } from './live'
import type { LogEntry, Logs } from './types'

export const MOST_ENTRIES = 1_000 // on the page
const EVERY_MS = 1_500

export interface LogFilter {
  level: string // that and worse; '': all
  node: string // '': all
  text: string
  lines: number
}

export interface NumberedEntry extends LogEntry {
  number: number
}

export interface LiveLog {
  entries: NumberedEntry[] | null // oldest first; null: nothing has come yet
  nodes: Logs['nodes']
  isCut: boolean // older entries were left out
  problem: Problem | null
  stale: boolean
}

const NOTHING: LiveLog = { entries: null, nodes: [], isCut: false, problem: null, stale: false }

function queryOf(filter: LogFilter, cursor: string): string {
  const query = new URLSearchParams()
  for (const name of ['level', 'node', 'text'] as const) if (filter[name]) query.set(name, filter[name])
  if (cursor) query.set('after', cursor)
  else query.set('lines', String(filter.lines))
  return '?' + query.toString()
}

let numbered = 0
const numberedOf = (entries: LogEntry[]): NumberedEntry[] => entries.map((entry) => ({ ...entry, number: ++numbered }))

function extended(old: LiveLog, answer: Logs, isFirst: boolean): LiveLog {
  const all = [...(isFirst ? [] : (old.entries ?? [])), ...numberedOf(answer.entries)]
  const isTooMuch = all.length > MOST_ENTRIES
  return {
    entries: isTooMuch ? all.slice(-MOST_ENTRIES) : all,
    nodes: answer.nodes,
    isCut: (isFirst ? answer.cut : old.isCut) || isTooMuch,
    problem: null,
    stale: false,
  }
}

/** `following`: whether what is added from now on is asked for. What is shown stays when that changes. */
export function useLog(name: string, filter: LogFilter, following: boolean): LiveLog {
  const { level, node, text, lines } = filter
  const key = JSON.stringify([name, level, node, text, lines])
  const [state, setState] = useState<{ key: string; cursor: string; log: LiveLog }>({ key: '', cursor: '', log: NOTHING })
  const from = state.key === key ? state.cursor : ''
  useEffect(() => {
    if (!following && from !== '') return
    const abort = new AbortController()
    let cursor = from
    let timer = 0
    const again = (after: number): void => {
      timer = window.setTimeout(() => void ask(), after)
    }
    const ask = async (): Promise<void> => {
      if (document.hidden && cursor !== '') return again(RETRY_MS)
      let next = EVERY_MS
      try {
        const answer = await get<Logs>(databasePath(name, '/logs') + queryOf({ level, node, text, lines }, cursor), abort.signal, POLL_PATIENCE_MS)
        const isFirst = cursor === ''
        cursor = answer.cursor
        markStale(key, false)
        setState((old) => ({ key, cursor, log: extended(old.log, answer, isFirst) }))
        if (!isFirst && answer.cut) next = 0
        if (!following) return
      } catch (error) {
        if (abort.signal.aborted) return
        const problem = asProblem(error)
        const stale = isAway(problem)
        markStale(key, stale)
        setState((old) => ({ key, cursor: old.key === key ? old.cursor : '', log: { ...(old.key === key ? old.log : NOTHING), problem, stale } }))
        next = stale ? RETRY_MS : EVERY_MS
      }
      if (!abort.signal.aborted) again(next)
    }
    void ask()
    return () => {
      abort.abort()
      window.clearTimeout(timer)
      markStale(key, false)
    }
    // The cursor moves on without beginning anew.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, following])
  return state.key === key ? state.log : { ...NOTHING, nodes: state.log.nodes }
}
