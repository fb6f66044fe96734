import { LockKeyhole } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Right } from './permissions.ts'

/** What is shown in place of what a member may not see. `what` begins the sentence: `The audit log`. */
export function NeedsRight({ what, right }: { what: string; right: Right }): ReactNode {
  return (
    <div className="empty">
      <LockKeyhole aria-hidden />
      <h2>{what} is not open to you</h2>
      <p>
        It needs the right <code>{right}</code>. An owner of the organization can give it to you, under Members.
      </p>
    </div>
  )
}
