import { type ReactNode, useState } from 'react'
import { TextField } from '../design/fields.tsx'
import { FormDialog, textOf } from '../design/form-dialog.tsx'
import { useTell } from '../design/toasts.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { useReadPeople } from './people.ts'
import { PermissionsField } from './permissions-field.tsx'
import type { Permission } from './rights.ts'

/** A role as it is edited; without an id it is to be made. */
export interface RoleDraft {
  readonly id: string | null
  readonly name: string
  readonly description: string
  readonly permissions: readonly Permission[]
}

/** Makes a role of the organization, or changes one. */
export function RoleDialog({ draft, onClose }: { draft: RoleDraft; onClose: () => void }): ReactNode {
  const { daytona, organization } = usePlatform()
  const readPeople = useReadPeople()
  const tell = useTell()
  const [permissions, setPermissions] = useState(draft.permissions)
  const { id } = draft

  async function save(form: FormData): Promise<void> {
    const params = { organizationId: organization.id }
    const name = textOf(form, 'name') ?? ''
    const body = { name, description: textOf(form, 'description') ?? '', permissions }
    if (id === null) await daytona.client.call('createOrganizationRole', { params, body })
    else await daytona.client.call('updateOrganizationRole', { params: { ...params, roleId: id }, body })
    tell.done(id === null ? `The role ${name} can be given to members` : `The role ${name} has changed`)
    await readPeople()
  }

  return (
    <FormDialog
      title={id === null ? 'Create a role' : `Edit ${draft.name}`}
      description={
        id === null
          ? 'A role is a set of permissions. A member may what the roles give together.'
          : 'It holds at once for everybody who has it.'
      }
      verb={id === null ? 'Create' : 'Save'}
      onSubmit={save}
      onClose={onClose}
    >
      <TextField label="Name" name="name" defaultValue={draft.name} maxLength={100} placeholder="Reviewer" required />
      <TextField
        label="Description"
        name="description"
        defaultValue={draft.description}
        maxLength={1000}
        placeholder="Who it is for"
      />
      <PermissionsField value={permissions} onChange={setPermissions} />
    </FormDialog>
  )
}
