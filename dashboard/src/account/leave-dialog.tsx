import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { FormDialog } from '../design/form-dialog.tsx'
import { useTell } from '../design/toasts.tsx'
import { useApiKeys } from '../keys/keys.ts'
import { keysInWords } from '../keys/keys-in-words.ts'
import type { Organization } from '../platform/organizations.ts'
import { usePlatform } from '../platform/platform.tsx'

/** Asks before the user leaves an organization, and says what is lost by it. */
export function LeaveDialog({
  organization: { id, name },
  onClose,
}: {
  organization: Organization
  onClose: () => void
}): ReactNode {
  const { daytona, organization: current, user } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  const all = useApiKeys().data
  const own = current.id === id ? all?.filter(({ userId }) => userId === user.id) : undefined

  async function leave(): Promise<void> {
    await daytona.client.call('leaveOrganization', { params: { organizationId: id } })
    tell.done(`You have left ${name}`)
    await queries.invalidateQueries({ queryKey: ['organizations'] })
  }

  return (
    <FormDialog title={`Leave ${name}?`} verb="Leave" isDanger onSubmit={leave} onClose={onClose}>
      <div>
        <p>
          You can do nothing in {name} any more, at once. {keysInWords(own?.map((key) => key.name))}
        </p>
        <p>Sandboxes, snapshots and volumes belong to the organization and stay.</p>
        <p className="quiet">The way back is an invitation by an owner; keys do not come back.</p>
      </div>
    </FormDialog>
  )
}
