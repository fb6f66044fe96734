import { Ban, BellOff, WifiOff } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { moment } from '../design/times.ts'
import { useEventsStatus, usePlatform } from '../platform/platform.tsx'

/** A connection that is back at once is not worth a word, ms. */
const patienceMs = 800

/** Above every page: what is wrong with all of it. */
export function Banners(): ReactNode {
  const { organization, events } = usePlatform()
  const status = useLasting(useEventsStatus(), patienceMs)
  if (status === 'lost') {
    return (
      <div className="banner" role="alert">
        <WifiOff aria-hidden />
        <span>The platform cannot be reached. What you see may be old; it is tried again by itself.</span>
      </div>
    )
  }
  if (organization.suspended) {
    return (
      <div className="banner" role="alert">
        <Ban aria-hidden />
        <span>
          <strong>{organization.name}</strong> is suspended{until(organization.suspendedUntil)}
          {organization.suspensionReason === '' ? '' : `: ${organization.suspensionReason}`}. Nothing in it can be used
          until an administrator opens it again; what it holds stays.
        </span>
      </div>
    )
  }
  if (status !== 'refused') return null
  return (
    <div className="banner" role="alert">
      <BellOff aria-hidden />
      <span>The platform does not tell this page what changes ({events.reason}). It is tried again by itself.</span>
    </div>
  )
}

function until(iso: string | null): string {
  return iso === null ? '' : ` until ${moment(iso)}`
}

/** A value once it has stayed for a while. */
function useLasting<Value>(value: Value, ms: number): Value {
  const [lasting, setLasting] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setLasting(value), ms)
    return () => clearTimeout(timer)
  }, [value, ms])
  return lasting
}
