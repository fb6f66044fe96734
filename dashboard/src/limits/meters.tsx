import type { ReactNode } from 'react'
import { Link } from 'wouter'

/** Something that is used, of what there may be. */
export interface Meter {
  readonly name: string
  readonly unit: string
  readonly used: number
  /** null: no limit */
  readonly total: number | null
  /** page that tells more */
  readonly path?: string
}

/** part of a limit from which on it is said to be near */
const nearShare = 0.8

/** True where a limit is near, or reached. */
export function isNear({ used, total }: Meter): boolean {
  return total !== null && used > 0 && used >= nearShare * total
}

/** How much is in use, as bars. */
export function Meters({ meters }: { meters: readonly Meter[] }): ReactNode {
  return (
    <div className="meters">
      {meters.map((meter) => (
        <One key={meter.name} meter={meter} />
      ))}
    </div>
  )
}

function One({ meter }: { meter: Meter }): ReactNode {
  const { name, unit, used, total, path } = meter
  const share = total === null ? 0 : Math.min(1, used / Math.max(total, 1))
  const tone = total !== null && used >= total && used > 0 ? 'full' : isNear(meter) ? 'near' : 'calm'
  const text =
    total === null
      ? `${number(used)} ${unitOf(used, unit)}`
      : `${number(used)} of ${number(total)} ${unitOf(total, unit)}`
  return (
    <div className="meter">
      <div className="meter-head">
        {path === undefined ? <span>{name}</span> : <Link href={path}>{name}</Link>}
        <span className="numbers">
          <b>{text.trim()}</b> {total === null && <span className="quiet">no limit</span>}
        </span>
      </div>
      {total !== null && (
        <div className="meter-bar" aria-hidden data-tone={tone}>
          <div style={{ width: `${share * 100}%` }} />
        </div>
      )}
    </div>
  )
}

/** The unit of a number: one `core`, two `cores`. */
export function unitOf(count: number, unit: string): string {
  return count === 1 && unit === 'cores' ? 'core' : unit
}

function number(value: number): string {
  return value.toLocaleString(undefined, { maximumFractionDigits: 1 })
}
