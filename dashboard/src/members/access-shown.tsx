import type { ReactNode } from 'react'
import type { Member } from '../platform/permissions.ts'
import { inLines } from './rights.ts'

/** What somebody has been given, in chips. */
export function AccessShown({ role, assignedRoles }: Pick<Member, 'role' | 'assignedRoles'>): ReactNode {
  if (role === 'owner') {
    return (
      <span className="tags">
        <span className="tag" data-kind="strong" title="May do everything in the organization">
          Owner
        </span>
      </span>
    )
  }
  if (assignedRoles.length === 0) {
    return (
      <span className="quiet" title="Sees and uses sandboxes that are there">
        Member without roles
      </span>
    )
  }
  return (
    <span className="tags">
      {assignedRoles.map(({ id, name, permissions }) => (
        <span key={id} className="tag" title={inLines(permissions)}>
          {name}
        </span>
      ))}
    </span>
  )
}
