import { type ReactNode, useState } from 'react'
import { FormDialog } from '../design/form-dialog.tsx'
import { useTell } from '../design/toasts.tsx'
import type { Member } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { AccessFields } from './access-fields.tsx'
import { type Access, accessOf, useReadPeople } from './people.ts'

/** Changes what a member may; it can be taken back for a while. */
export function MemberAccessDialog({ member, onClose }: { member: Member; onClose: () => void }): ReactNode {
  const { daytona, organization } = usePlatform()
  const tell = useTell()
  const readPeople = useReadPeople()
  const [access, setAccess] = useState(() => accessOf(member))

  async function give(body: Access): Promise<void> {
    const params = { organizationId: organization.id, userId: member.userId }
    await daytona.client.call('updateAccessForOrganizationMember', { params, body })
    await readPeople()
  }

  async function save(): Promise<void> {
    await give(access)
    tell.done(`The access of ${member.name} has changed`, () => {
      give(accessOf(member)).catch((error: unknown) => tell.failed('It could not be taken back', error))
    })
  }

  return (
    <FormDialog
      title={`Access of ${member.name}`}
      description="It holds at once, also for keys that the member has made."
      verb="Save"
      onSubmit={save}
      onClose={onClose}
    >
      <AccessFields value={access} onChange={setAccess} />
    </FormDialog>
  )
}
