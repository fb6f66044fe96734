import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { FormDialog } from '../design/form-dialog.tsx'
import { useTell } from '../design/toasts.tsx'
import { useApiKeys } from '../keys/keys.ts'
import type { Member } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { useReadPeople } from './people.ts'

/** Asks before a member is removed, or leaves, and says what is lost by it. */
export function RemoveMemberDialog({
  member,
  onClose,
}: {
  member: Pick<Member, 'userId' | 'name'>
  onClose: () => void
}): ReactNode {
  const { daytona, organization, user } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  const readPeople = useReadPeople()
  const { userId, name } = member
  const isSelf = userId === user.id
  const keys = useApiKeys().data?.filter((key) => key.userId === userId)

  async function remove(): Promise<void> {
    const params = { organizationId: organization.id }
    if (isSelf) {
      await daytona.client.call('leaveOrganization', { params })
      tell.done(`You have left ${organization.name}`)
      await queries.invalidateQueries({ queryKey: ['organizations'] })
    } else {
      await daytona.client.call('deleteOrganizationMember', { params: { ...params, userId } })
      tell.done(`${name} is no member any more`)
      await readPeople()
    }
  }

  return (
    <FormDialog
      title={isSelf ? `Leave ${organization.name}?` : `Remove ${name}?`}
      verb={isSelf ? 'Leave' : 'Remove'}
      isDanger
      onSubmit={remove}
      onClose={onClose}
    >
      <div>
        <p>
          {isSelf ? 'You can' : `${name} can`} do nothing in {organization.name} any more, at once.{' '}
          {keysInWords(keys?.map((key) => key.name))}
        </p>
        <p>Sandboxes, snapshots and volumes belong to the organization and stay.</p>
        <p className="quiet">The way back is an invitation; keys do not come back.</p>
      </div>
    </FormDialog>
  )
}

function keysInWords(names: readonly string[] | undefined): string {
  if (names === undefined) return 'API keys made here are deleted.'
  if (names.length === 0) return 'There are no API keys that would be deleted.'
  const first = names.slice(0, 3).join(', ')
  const more = names.length > 3 ? ` and ${names.length - 3} more` : ''
  return names.length === 1 ? `The API key ${first} is deleted.` : `The API keys ${first}${more} are deleted.`
}
