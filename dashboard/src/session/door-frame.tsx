import type { ReactNode } from 'react'
import icon from '../design/icon.svg'
import './session.css'

/** The page before the dashboard: one column in the middle. */
export function DoorFrame({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <div className="door">
      <title>{`${title} · Sandyard`}</title>
      <main>
        <div className="brand">
          <img src={icon} alt="" /> Sandyard
        </div>
        {children}
      </main>
    </div>
  )
}
