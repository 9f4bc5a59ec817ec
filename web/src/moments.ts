// Moments that can be restored, and the field that asks for one. Pure.
import type { BackupSpan } from './types'

/** The part of the log that a moment lies in; null: it cannot be restored. The newest part goes on until now. */
export function spanAt(spans: BackupSpan[], time: number, now: number): BackupSpan | null {
  const last = spans.length - 1
  return (
    spans.find((span, at) => time >= Date.parse(span.from) && time <= (at === last ? Math.max(now, Date.parse(span.to)) : Date.parse(span.to))) ??
    null
  )
}

/** What a datetime-local field holds: the viewer's own clock, to the second. */
export function fieldOf(time: number): string {
  const at = new Date(time)
  const two = (number: number): string => String(number).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/** null: no moment. A second that the clock went through twice, in autumn, is the first of the two. */
export function timeOf(field: string): number | null {
  const time = new Date(field).getTime()
  return field === '' || Number.isNaN(time) ? null : time
}

export interface Stretch {
  from: number // 0 … 1 of the whole
  width: number
}

/** Where a stretch of time lies between `begin` and `end`. */
export function stretchOf(from: number, to: number, begin: number, end: number): Stretch {
  const whole = Math.max(1, end - begin)
  const left = Math.min(1, Math.max(0, (from - begin) / whole))
  const right = Math.min(1, Math.max(0, (to - begin) / whole))
  return { from: left, width: Math.max(0, right - left) }
}
