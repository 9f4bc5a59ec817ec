// The audit log: who did what.
import type { ReactNode } from 'react'
import { useLive } from '../live'
import { Badge, Loading, ProblemBox, Table, Time } from '../parts'
import type { AuditEntry } from '../types'

export function ActivityPage(): ReactNode {
  const all = useLive<{ entries: AuditEntry[] }>('/audit', 3_000)
  return (
    <main>
      <div className="heading">
        <h1>Activity</h1>
      </div>
      {!all.value && (all.problem ? <ProblemBox problem={all.problem} /> : <Loading />)}
      {all.value && all.value.entries.length === 0 && <p className="dim">Nobody has done anything yet.</p>}
      {all.value && all.value.entries.length > 0 && (
        <Table
          caption="Who did what, newest first"
          heads={['When', 'Who', 'What', 'Where', 'Result']}
          rows={all.value.entries.map((entry, at) => ({
            key: `${entry.time} ${all.value!.entries.length - at}`,
            cells: [
              <Time at={entry.time} />,
              <>{entry.user || <span className="dim">nobody</span>} <small className="dim">{entry.via}</small></>,
              <>{entry.action} <small className="dim path-text">{entry.method} {entry.path}</small></>,
              <span className="dim">{entry.address}</span>,
              <>
                <Badge tone={entry.status < 400 ? 'good' : 'bad'}>{entry.status < 400 ? 'done' : `refused (${entry.status})`}</Badge>
                {entry.detail && <small className="dim detail"> {entry.detail}</small>}
              </>,
            ],
          }))}
        />
      )}
    </main>
  )
}
