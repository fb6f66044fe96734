import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { CheckField, TextField } from '../design/fields.tsx'
import { FormDialog, textOf } from '../design/form-dialog.tsx'
import { usePlatform } from '../platform/platform.tsx'
import type { User } from './all.ts'

/** Makes an account. What follows is a link by which its user gets in. */
export function CreateUserDialog({
  email,
  onCreated,
  onClose,
}: {
  /** the address that is filled in */
  email: string
  onCreated: (user: User) => void
  onClose: () => void
}): ReactNode {
  const { daytona } = usePlatform()
  const queries = useQueryClient()

  async function create(form: FormData): Promise<void> {
    const [id, address] = [textOf(form, 'id'), textOf(form, 'email')]
    const body = {
      name: textOf(form, 'name') ?? '',
      role: form.has('admin') ? ('admin' as const) : ('user' as const),
      ...(id === undefined ? {} : { id }),
      ...(address === undefined ? {} : { email: address, emailVerified: form.has('verified') }),
    }
    const user = await daytona.client.call('adminCreateUser', { body })
    await queries.invalidateQueries({ queryKey: ['all-users'] })
    onCreated(user)
  }

  return (
    <FormDialog
      title="Create a user"
      description="With an organization named Personal. You then get a link to hand over."
      verb="Create"
      isOpenAfter
      onSubmit={create}
      onClose={onClose}
    >
      <TextField label="Name" name="name" maxLength={100} placeholder="Ada Lovelace" required />
      <TextField
        label="E-mail"
        name="email"
        type="email"
        autoComplete="off"
        defaultValue={email}
        placeholder="ada@example.com"
        hint="The name to sign in with; invitations find the user by it."
      />
      <TextField
        label="Id"
        name="id"
        maxLength={100}
        autoComplete="off"
        pattern="[A-Za-z0-9][A-Za-z0-9._|@+\-]*"
        placeholder="Made up if left empty"
        hint="The name to sign in with where there is no e-mail."
      />
      <CheckField
        label="The address is confirmed"
        name="verified"
        defaultChecked
        hint="You know that it is theirs. Only then invitations reach the user."
      />
      <CheckField
        label="Administrator of the platform"
        name="admin"
        hint="Makes users and organizations, and suspends them; that alone opens nobody's organization."
      />
    </FormDialog>
  )
}
