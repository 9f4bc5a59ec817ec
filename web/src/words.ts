// Numbers, times and states in words. Pure.
import type { Estimate, Impact, OperationState } from './types'

export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes} min ${Math.round((ms % 60_000) / 1_000)} s`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  return `${Math.floor(minutes / 1_440)} days`
}

export function range([low, high]: [number, number]): string {
  if (high >= 1_000 && high < 60_000 && low < 60_000) return `${(low / 1_000).toFixed(1)} to ${(high / 1_000).toFixed(1)} s`
  const [from, to] = [duration(low), duration(high)]
  return from === to ? from : `${from} to ${to}`
}

export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  for (; value >= 1_000 && unit < units.length - 1; ++unit) value /= 1_000
  return `${value.toFixed(unit > 0 && value < 10 ? 1 : 0)} ${units[unit]}`
}

export const outageOf = (estimate: Estimate): string =>
  estimate.outage_ms[1] === 0 ? 'Clients notice nothing.' : `Clients wait ${range(estimate.outage_ms)}; none is disconnected.`

export const IMPACT: Record<Impact, string> = {
  none: 'no impact',
  degraded: 'degraded',
  stall: 'clients wait',
  down: 'down',
}

const KINDS: Record<string, string> = {
  'create-single': 'Create',
  'create-cluster': 'Create',
  destroy: 'Delete',
  'minor-single': 'Minor-upgrade',
  'minor-cluster': 'Minor-upgrade',
  'major-single': 'Major-upgrade',
  hops: 'Upgrade over several versions',
  'revert-single': 'Revert',
  finalize: 'Finalize',
  'revert-cluster': 'Revert',
  'major-cluster': 'Major-upgrade',
  backup: 'Backup',
  'verify-backups': 'Check of the backups',
  'restore-new': 'Restore as a new database',
  'restore-in-place': 'Restore in place',
  switchover: 'Switchover',
  'install-engine': 'Install engine',
  'qualify-engine': 'Qualify engine',
}

export const kindOf = (kind: string): string =>
  KINDS[kind] ?? kind.charAt(0).toUpperCase() + kind.slice(1).replaceAll('-', ' ')

export const STATE: Record<OperationState, string> = {
  pending: 'waiting',
  running: 'running',
  finished: 'finished',
  error: 'failed',
  'user-error': 'stopped',
  cancelling: 'being cancelled',
  cancelled: 'cancelled',
}

/** With a full stop; its first word stays as it is, because it may be the name of an object. */
export const ended = (text: string): string => (/[.!?…]$/.test(text) ? text : text + '.')

export const sentence = (text: string): string => {
  const upper = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?…]$/.test(upper) ? upper : upper + '.'
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
export function ago(time: number, now: number): string {
  const seconds = Math.round((time - now) / 1_000)
  const steps: [number, Intl.RelativeTimeFormatUnit][] = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
  ]
  for (const [size, unit] of steps)
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit)
  return Math.abs(seconds) < 5 ? 'just now' : relative.format(seconds, 'second')
}

/** How near the end of a version's support is. */
export function supportOf(endOfLife: string | null, now: number): 'good' | 'warning' | 'bad' | 'plain' {
  if (!endOfLife) return 'plain'
  const left = Date.parse(endOfLife) - now
  return left < 0 ? 'bad' : left < 180 * 86_400_000 ? 'warning' : 'good'
}
