import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { Card } from '../design/cards.tsx'
import type { Organization } from '../platform/organizations.ts'
import { usePlatform } from '../platform/platform.tsx'
import { LeaveDialog } from './leave-dialog.tsx'
import './account.css'

/** Organizations of the user: to go to one, or to leave it. */
export function OrganizationsCard(): ReactNode {
  const { organization: current, organizations, chooseOrganization } = usePlatform()
  const [toLeave, setToLeave] = useState<Organization | null>(null)
  return (
    <Card
      title="Your organizations"
      description="Sandboxes and all else belong to an organization. You work in one at a time."
      actions={
        <Link className="button" href="/settings?create">
          New organization…
        </Link>
      }
    >
      <ul className="account-list">
        {organizations.map((organization) => {
          const { id, name, personal, suspended } = organization
          return (
            <li key={id}>
              <div>
                <strong>{name}</strong> {id === current.id && <span className="tag">here</span>}{' '}
                {personal && <span className="quiet small">yours alone</span>}
                {suspended && (
                  <span className="state" data-tone="bad">
                    suspended
                  </span>
                )}
              </div>
              <div className="actions">
                {!personal && (
                  <button type="button" className="button" data-kind="plain" onClick={() => setToLeave(organization)}>
                    Leave…<span className="visually-hidden"> {name}</span>
                  </button>
                )}
                {id !== current.id && (
                  <button type="button" className="button" onClick={() => chooseOrganization(id)}>
                    Go to {name}
                  </button>
                )}
              </div>
            </li>
          )
        })}
      </ul>
      {toLeave !== null && <LeaveDialog organization={toLeave} onClose={() => setToLeave(null)} />}
    </Card>
  )
}
