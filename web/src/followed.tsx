// What is being done with a database, on the page where it was begun: it stays in view after it has ended, until the
// visitor is done with it.
import { type ReactNode, useEffect, useState } from 'react'
import { type LiveOperation, useOperation } from './live'
import { OperationView } from './operation_view'
import { Link, Loading } from './parts'
import { operationAddress } from './routes'
import { type Database, type Operation, hasEnded } from './types'

export interface Follow {
  id: string | null
  live: LiveOperation
  hasEnded: boolean
  isBusy: boolean
  begin: (operation: Operation) => void
  dismiss: () => void
}

export function useFollow(database: Database, refresh: () => void): Follow {
  const [begun, setBegun] = useState<string | null>(database.current_operation)
  const id = database.current_operation ?? begun
  const live = useOperation(id)
  const hasEndedNow = live.operation !== null && hasEnded(live.operation.state)
  useEffect(() => {
    if (hasEndedNow) refresh()
  }, [hasEndedNow, refresh])
  if (database.current_operation && begun !== database.current_operation) setBegun(database.current_operation)
  return {
    id,
    live,
    hasEnded: hasEndedNow,
    isBusy: database.current_operation !== null || (id !== null && !hasEndedNow),
    begin: (operation) => {
      setBegun(operation.id)
      refresh()
    },
    dismiss: () => setBegun(null),
  }
}

export function Followed(props: { follow: Follow }): ReactNode {
  const { follow } = props
  if (!follow.id) return null
  return (
    <div className="followed">
      {follow.live.operation ? <OperationView live={follow.live} /> : <Loading />}
      {follow.hasEnded && (
        <div className="actions start">
          <Link to={operationAddress(follow.id)}>The whole report</Link>
          <button type="button" className="quiet" onClick={follow.dismiss}>Dismiss</button>
        </div>
      )}
    </div>
  )
}
