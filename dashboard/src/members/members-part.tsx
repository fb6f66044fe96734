import { Settings2, UserMinus, UserPlus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import { LeaveDialog } from '../account/leave-dialog.tsx'
import { ActionMenu, type MenuAction } from '../design/action-menu.tsx'
import { type Column, DataTable } from '../design/data-table.tsx'
import { useKeys } from '../design/keys.ts'
import { Loaded } from '../design/page.tsx'
import { hasWords, SearchField } from '../design/search-field.tsx'
import { ago, moment } from '../design/times.ts'
import { useNow } from '../design/use-now.ts'
import { type Member, useMay, useMembers } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { AccessShown } from './access-shown.tsx'
import { MemberAccessDialog } from './member-access-dialog.tsx'
import { MembersFrame } from './members-frame.tsx'
import { RemoveMemberDialog } from './remove-member-dialog.tsx'

/** members from which on there is a search */
const many = 8

/** Members and what they may. */
export function MembersPart(): ReactNode {
  const { organization } = usePlatform()
  const query = useMembers()
  const [, go] = useLocation()
  const mayInvite = useMay()('owner') && !organization.personal
  const invite = (): void => go('/members/invitations?invite')
  useKeys(mayInvite ? { c: invite } : {})
  return (
    <MembersFrame
      current="/members"
      actions={
        mayInvite && (
          <button type="button" className="button" data-kind="primary" onClick={invite}>
            <UserPlus aria-hidden /> Invite
          </button>
        )
      }
    >
      <Loaded query={query} what="The members could not be read">
        {(members) => <MemberTable members={members} />}
      </Loaded>
    </MembersFrame>
  )
}

function MemberTable({ members }: { members: readonly Member[] }): ReactNode {
  const { organization, user } = usePlatform()
  const isOwner = useMay()('owner')
  const now = useNow(60_000)
  const [wanted, setWanted] = useState('')
  const [toChange, setToChange] = useState<Member | null>(null)
  const [toRemove, setToRemove] = useState<Member | null>(null)
  const owners = members.filter(({ role }) => role === 'owner').length
  const shown = members.filter(({ name, email, userId }) => hasWords(`${name} ${email} ${userId}`, wanted))

  function actionsOf(member: Member): MenuAction[] {
    if (!isOwner) return []
    const isLast = member.role === 'owner' && owners === 1
    const isSelf = member.userId === user.id
    return [
      {
        name: isLast ? 'The last owner stays one' : 'Change access…',
        icon: Settings2,
        isOff: isLast,
        run: () => setToChange(member),
      },
      {
        name: isSelf ? 'Leave…' : 'Remove…',
        icon: UserMinus,
        isDanger: true,
        isOff: isLast,
        run: () => setToRemove(member),
      },
    ]
  }

  return (
    <>
      {members.length >= many && <SearchField label="Search by name or e-mail" value={wanted} onChange={setWanted} />}
      <DataTable
        label="Members"
        rows={shown}
        columns={columns(user.id, now)}
        keyOf={({ userId }) => userId}
        {...(isOwner ? { menu: (member: Member) => <ActionMenu of={member.name} actions={actionsOf(member)} /> } : {})}
      />
      {toChange !== null && <MemberAccessDialog member={toChange} onClose={() => setToChange(null)} />}
      {toRemove !== null && toRemove.userId !== user.id && (
        <RemoveMemberDialog member={toRemove} onClose={() => setToRemove(null)} />
      )}
      {toRemove !== null && toRemove.userId === user.id && (
        <LeaveDialog organization={organization} onClose={() => setToRemove(null)} />
      )}
    </>
  )
}

function columns(userId: string, now: number): Column<Member>[] {
  return [
    {
      name: 'Name',
      sortBy: ({ name }) => name,
      cell: (member) => (
        <span className="stack">
          <span>
            <strong>{member.name}</strong> {member.userId === userId && <span className="tag">you</span>}
          </span>
          <span className="quiet small">{member.email === '' ? member.userId : member.email}</span>
        </span>
      ),
    },
    { name: 'Access', sortBy: ({ role }) => (role === 'owner' ? 0 : 1), cell: AccessShown },
    {
      name: 'Here since',
      isExtra: true,
      sortBy: ({ createdAt }) => Date.parse(createdAt),
      cell: ({ createdAt }) => <span title={moment(createdAt)}>{ago(createdAt, now)}</span>,
    },
  ]
}
