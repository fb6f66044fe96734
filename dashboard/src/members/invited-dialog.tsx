import { UserPlus } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Code } from '../design/code.tsx'
import { Done, Modal } from '../design/modal.tsx'
import { moment } from '../design/times.ts'
import { useIsAdmin } from '../platform/permissions.ts'
import type { Invitation } from './people.ts'

/** What the invited is told, by whoever invites: the platform sends no mail. */
export function messageOf({ organizationName, expiresAt }: Invitation): string {
  return `You are invited to ${organizationName} on Sandyard.
Sign in and accept: ${location.origin}/dashboard/account
The invitation is open until ${moment(expiresAt)}.`
}

/** How somebody who is invited gets in. */
export function InvitedDialog({ invitation, onClose }: { invitation: Invitation; onClose: () => void }): ReactNode {
  const isAdmin = useIsAdmin()
  const { email } = invitation
  return (
    <Modal
      title={`${email} is invited`}
      description="The platform sends no mail. Pass this on yourself:"
      onClose={onClose}
    >
      <Code label="The message" text={messageOf(invitation)} />
      <p className="quiet">
        They need an account on this platform with this address, confirmed.{' '}
        {isAdmin ? 'Create one if there is none:' : 'An administrator of the platform creates one.'}
      </p>
      <Done onClose={onClose}>
        {isAdmin && (
          <Link className="button" href={`/settings/users?create=${encodeURIComponent(email)}`}>
            <UserPlus aria-hidden /> Create an account
          </Link>
        )}
      </Done>
    </Modal>
  )
}
