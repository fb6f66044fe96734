import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Card } from '../design/cards.tsx'
import { FormDialog } from '../design/form-dialog.tsx'
import { moment } from '../design/times.ts'
import { useTell } from '../design/toasts.tsx'
import { AccessShown } from '../members/access-shown.tsx'
import { usePlatform } from '../platform/platform.tsx'
import './account.css'
import { type Invitation, useMyInvitations } from './my-invitations.ts'

/** Invitations for the user; nothing at all while there are none. */
export function InvitationsCard(): ReactNode {
  const { daytona, chooseOrganization } = usePlatform()
  const { data, refetch } = useMyInvitations()
  const queries = useQueryClient()
  const tell = useTell()
  const [toDecline, setToDecline] = useState<Invitation | null>(null)
  const [accepting, setAccepting] = useState<string | null>(null)

  async function accept({ id, organizationId, organizationName }: Invitation): Promise<void> {
    setAccepting(id)
    try {
      await daytona.client.call('acceptOrganizationInvitation', { params: { invitationId: id } })
      // Before it is another organization, with which all is drawn anew.
      await Promise.all([refetch(), queries.invalidateQueries({ queryKey: ['organizations'] })])
      chooseOrganization(organizationId)
      tell.done(`You are a member of ${organizationName} and work in it now`)
    } catch (error) {
      tell.failed(`You are no member of ${organizationName}`, error)
      await refetch()
    } finally {
      setAccepting(null)
    }
  }

  async function decline({ id, organizationName }: Invitation): Promise<void> {
    await daytona.client.call('declineOrganizationInvitation', { params: { invitationId: id } })
    tell.done(`${organizationName} knows that you do not come`)
    await refetch()
  }

  if (data === undefined || data.length === 0) return null
  return (
    <Card title="Invitations for you">
      <ul className="account-list">
        {data.map((invitation) => (
          <li key={invitation.id}>
            <div className="stack">
              <strong>{invitation.organizationName}</strong>
              <span className="quiet small">
                by {invitation.invitedBy}, open until {moment(invitation.expiresAt)}
              </span>
              <AccessShown role={invitation.role} assignedRoles={invitation.assignedRoles} />
            </div>
            <div className="actions">
              <button type="button" className="button" onClick={() => setToDecline(invitation)}>
                Decline…
              </button>
              <button
                type="button"
                className="button"
                data-kind="primary"
                disabled={accepting === invitation.id}
                onClick={() => void accept(invitation)}
              >
                Accept
              </button>
            </div>
          </li>
        ))}
      </ul>
      {toDecline !== null && (
        <FormDialog
          title={`Decline ${toDecline.organizationName}?`}
          verb="Decline"
          isDanger
          onSubmit={() => decline(toDecline)}
          onClose={() => setToDecline(null)}
        >
          <p>The invitation is gone then. To become a member later you must be invited again.</p>
        </FormDialog>
      )}
    </Card>
  )
}
