import type { ReactNode } from 'react'
import { State } from '../design/state.tsx'
import type { Delivery, Endpoint } from './calls.ts'

/** How an endpoint does. */
export function EndpointState({ endpoint }: { endpoint: Endpoint }): ReactNode {
  if (!endpoint.enabled) return <State tone="rest" word="off" reason={endpoint.disabledReason} />
  if (endpoint.failingSince !== null) return <State tone="bad" word="failing" />
  return <State tone="good" word="on" />
}

/** How far a delivery has come. */
export function DeliveryBadge({ delivery: { state, attempts } }: { delivery: Delivery }): ReactNode {
  if (state === 'delivered') return <State tone="good" word="delivered" />
  if (state === 'failed') return <State tone="bad" word="failed" />
  return <State tone="busy" word={attempts === 0 ? 'on its way' : 'is tried again'} />
}
