import { type ReactNode, useState } from 'react'
import { SelectField, TextField } from '../design/fields.tsx'
import { FormDialog, textOf } from '../design/form-dialog.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { AccessFields } from './access-fields.tsx'
import { type Access, accessOf, type Invitation, useReadPeople } from './people.ts'

const dayMs = 86_400_000
/** `Developer`, as every organization has it */
const developer = '00000000-0000-0000-0000-000000000001'
const atFirst: Access = { role: 'member', assignedRoleIds: [developer] }

/** Invites somebody, or changes an invitation. */
export function InvitationDialog({
  invitation,
  onDone,
  onClose,
}: {
  invitation?: Invitation
  onDone: (invitation: Invitation) => void
  onClose: () => void
}): ReactNode {
  const { daytona, organization } = usePlatform()
  const readPeople = useReadPeople()
  const [access, setAccess] = useState(() => (invitation === undefined ? atFirst : accessOf(invitation)))

  async function save(form: FormData): Promise<void> {
    const params = { organizationId: organization.id }
    const days = Number(form.get('days'))
    const end = days === 0 ? {} : { expiresAt: new Date(Date.now() + days * dayMs).toISOString() }
    const done = await (invitation === undefined
      ? daytona.client.call('createOrganizationInvitation', {
          params,
          body: { email: textOf(form, 'email') ?? '', ...access, ...end },
        })
      : daytona.client.call('updateOrganizationInvitation', {
          params: { ...params, invitationId: invitation.id },
          body: { ...access, ...end },
        }))
    await readPeople()
    onDone(done)
  }

  return (
    <FormDialog
      title={invitation === undefined ? `Invite to ${organization.name}` : `Invitation of ${invitation.email}`}
      verb={invitation === undefined ? 'Invite' : 'Save'}
      isOpenAfter
      onSubmit={save}
      onClose={onClose}
    >
      {invitation === undefined && (
        <TextField
          label="E-mail"
          name="email"
          type="email"
          autoComplete="off"
          placeholder="ada@example.com"
          hint="No mail is sent: next you get a message to pass on."
          required
        />
      )}
      <AccessFields value={access} onChange={setAccess} />
      <SelectField label="Open for" name="days" defaultValue={invitation === undefined ? '7' : '0'}>
        {invitation !== undefined && <option value="0">as long as before</option>}
        <option value="1">1 day</option>
        <option value="7">7 days</option>
        <option value="30">30 days</option>
      </SelectField>
    </FormDialog>
  )
}
