import { Copy, MailPlus, Send, Settings2, UserPlus, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { ActionMenu } from '../design/action-menu.tsx'
import { type Column, DataTable } from '../design/data-table.tsx'
import { useKeys } from '../design/keys.ts'
import { Note } from '../design/notes.tsx'
import { Loaded } from '../design/page.tsx'
import { moment, span } from '../design/times.ts'
import { useTell } from '../design/toasts.tsx'
import { useCopy } from '../design/use-copy.ts'
import { useNow } from '../design/use-now.ts'
import { useMay } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { AccessShown } from './access-shown.tsx'
import { InvitationDialog } from './invitation-dialog.tsx'
import { InvitedDialog, messageOf } from './invited-dialog.tsx'
import { MembersFrame } from './members-frame.tsx'
import { accessOf, type Invitation, useInvitations, useNameOf, useReadPeople } from './people.ts'

const dayMs = 86_400_000

/** Who is invited and has not answered. */
export function InvitationsPart(): ReactNode {
  const { organization } = usePlatform()
  const query = useInvitations()
  const mayInvite = useMay()('owner') && !organization.personal
  const [, go] = useLocation()
  const isInviting = new URLSearchParams(useSearch()).has('invite') && mayInvite
  const [invited, setInvited] = useState<Invitation | null>(null)
  const invite = (): void => go('/members/invitations?invite')
  const close = (): void => go('/members/invitations', { replace: true })
  useKeys(mayInvite ? { c: invite } : {})
  return (
    <MembersFrame
      current="/members/invitations"
      actions={
        mayInvite && (
          <button type="button" className="button" data-kind="primary" onClick={invite}>
            <UserPlus aria-hidden /> Invite
          </button>
        )
      }
    >
      {organization.personal && (
        <Note>
          Nobody can be invited to a personal organization. <Link href="/settings?create">Create another one</Link> to
          work together.
        </Note>
      )}
      <Loaded query={query} what="The invitations could not be read">
        {(invitations) =>
          invitations.length > 0 ? (
            <InvitationTable invitations={invitations} isOwner={mayInvite} onTell={setInvited} />
          ) : (
            !organization.personal && <NoInvitations onInvite={mayInvite ? invite : null} />
          )
        }
      </Loaded>
      {isInviting && (
        <InvitationDialog
          onDone={(invitation) => {
            close()
            setInvited(invitation)
          }}
          onClose={close}
        />
      )}
      {invited !== null && <InvitedDialog invitation={invited} onClose={() => setInvited(null)} />}
    </MembersFrame>
  )
}

function InvitationTable({
  invitations,
  isOwner,
  onTell,
}: {
  invitations: readonly Invitation[]
  isOwner: boolean
  onTell: (invitation: Invitation) => void
}): ReactNode {
  const now = useNow(60_000)
  const copy = useCopy()
  const cancel = useCancel()
  const nameOf = useNameOf()
  const [toChange, setToChange] = useState<Invitation | null>(null)
  const columns: Column<Invitation>[] = [
    { name: 'E-mail', sortBy: ({ email }) => email, cell: ({ email }) => email },
    { name: 'Becomes', cell: AccessShown },
    { name: 'Invited by', isExtra: true, cell: ({ invitedBy }) => nameOf(invitedBy) },
    {
      name: 'Open for',
      sortBy: ({ expiresAt }) => Date.parse(expiresAt),
      cell: ({ expiresAt }) => <span title={`until ${moment(expiresAt)}`}>{openFor(Date.parse(expiresAt) - now)}</span>,
    },
  ]
  return (
    <>
      <DataTable
        label="Invitations"
        rows={invitations}
        columns={columns}
        keyOf={({ id }) => id}
        {...(isOwner
          ? {
              menu: (invitation: Invitation) => (
                <ActionMenu
                  of={invitation.email}
                  actions={[
                    { name: 'How they get in…', icon: Send, run: () => onTell(invitation) },
                    { name: 'Copy the message', icon: Copy, run: () => copy(messageOf(invitation), 'The message') },
                    { name: 'Change…', icon: Settings2, run: () => setToChange(invitation) },
                    { name: 'Take back', icon: X, isDanger: true, run: () => void cancel(invitation) },
                  ]}
                />
              ),
            }
          : {})}
      />
      {toChange !== null && (
        <InvitationDialog invitation={toChange} onDone={() => setToChange(null)} onClose={() => setToChange(null)} />
      )}
    </>
  )
}

/** To the nearest day: seven days are seven also a moment later. */
function openFor(leftMs: number): string {
  return span(leftMs > dayMs ? leftMs + dayMs / 2 : leftMs)
}

/** Takes an invitation back; a new one of the same kind undoes it. */
function useCancel(): (invitation: Invitation) => Promise<void> {
  const { daytona, organization } = usePlatform()
  const readPeople = useReadPeople()
  const tell = useTell()
  const params = { organizationId: organization.id }

  async function inviteAgain(invitation: Invitation): Promise<void> {
    const { email, expiresAt } = invitation
    const body = { email, expiresAt, ...accessOf(invitation) }
    await daytona.client.call('createOrganizationInvitation', { params, body })
    await readPeople()
  }

  return async (invitation) => {
    const { id, email } = invitation
    try {
      await daytona.client.call('cancelOrganizationInvitation', { params: { ...params, invitationId: id } })
      tell.done(`${email} is not invited any more`, () => {
        inviteAgain(invitation).catch((error: unknown) => tell.failed(`${email} could not be invited again`, error))
      })
    } catch (error) {
      tell.failed('The invitation stays', error)
    }
    await readPeople()
  }
}

function NoInvitations({ onInvite }: { onInvite: (() => void) | null }): ReactNode {
  return (
    <div className="empty">
      <MailPlus aria-hidden />
      <h2>No open invitations</h2>
      <p>Invite people to work with the same sandboxes, each with rights of their own.</p>
      {onInvite !== null && (
        <button type="button" className="button" data-kind="primary" onClick={onInvite}>
          <UserPlus aria-hidden /> Invite somebody
        </button>
      )}
    </div>
  )
}
