import type { ReactNode } from 'react'
import { FormDialog } from '../design/form-dialog.tsx'
import { useTell } from '../design/toasts.tsx'
import { useApiKeys } from '../keys/keys.ts'
import { keysInWords } from '../keys/keys-in-words.ts'
import type { Member } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { useReadPeople } from './people.ts'

/** Asks before a member is removed, and says what is lost by it. */
export function RemoveMemberDialog({ member, onClose }: { member: Member; onClose: () => void }): ReactNode {
  const { daytona, organization } = usePlatform()
  const tell = useTell()
  const readPeople = useReadPeople()
  const { userId, name } = member
  const keys = useApiKeys().data?.filter((key) => key.userId === userId)

  async function remove(): Promise<void> {
    const params = { organizationId: organization.id, userId }
    await daytona.client.call('deleteOrganizationMember', { params })
    tell.done(`${name} is no member any more`)
    await readPeople()
  }

  return (
    <FormDialog title={`Remove ${name}?`} verb="Remove" isDanger onSubmit={remove} onClose={onClose}>
      <div>
        <p>
          {name} can do nothing in {organization.name} any more, at once. {keysInWords(keys?.map((key) => key.name))}
        </p>
        <p>Sandboxes, snapshots and volumes belong to the organization and stay.</p>
        <p className="quiet">The way back is an invitation; keys do not come back.</p>
      </div>
    </FormDialog>
  )
}
