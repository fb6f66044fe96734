import { type ReactNode, useState } from 'react'
import { SelectField, TextField } from '../design/fields.tsx'
import { FormDialog, textOf } from '../design/form-dialog.tsx'
import { useTell } from '../design/toasts.tsx'
import { usePlatform } from '../platform/platform.tsx'
import type { Registry } from './live.ts'
import { presets } from './presets.ts'

/** Asks for a login, or for changes of one. The password is never shown; left empty, the old one stays. */
export function RegistryDialog({ registry, onClose }: { registry: Registry | null; onClose: () => void }): ReactNode {
  const { daytona } = usePlatform()
  const tell = useTell()
  const [at, setAt] = useState(registry === null ? 0 : presets.length - 1)
  const preset = presets[at] ?? presets[0]

  async function save(form: FormData): Promise<void> {
    const fields = {
      name: textOf(form, 'name') ?? preset.name,
      url: textOf(form, 'url') ?? '',
      username: textOf(form, 'username') ?? '',
      project: textOf(form, 'project') ?? '',
    }
    // Spaces in a password are part of it.
    const password = String(form.get('password') ?? '')
    if (registry === null) await daytona.client.call('createRegistry', { body: { ...fields, password } })
    else {
      const body = { ...fields, ...(password === '' ? {} : { password }) }
      await daytona.client.call('updateRegistry', { params: { id: registry.id }, body })
    }
    tell.done(`${fields.name} ${registry === null ? 'added' : 'saved'}`)
  }

  return (
    <FormDialog
      title={registry === null ? 'Add a registry' : `Edit ${registry.name}`}
      description="The platform logs in with it to pull images for snapshots and builds of this organization."
      verb={registry === null ? 'Add' : 'Save'}
      onSubmit={save}
      onClose={onClose}
    >
      {registry === null && (
        <SelectField label="Provider" value={at} onChange={(event) => setAt(Number(event.target.value))}>
          {presets.map(({ name }, index) => (
            <option key={name} value={index}>
              {name}
            </option>
          ))}
        </SelectField>
      )}
      {/* Another provider fills the fields anew. */}
      <Fields key={at} registry={registry} at={at} />
    </FormDialog>
  )
}

function Fields({ registry, at }: { registry: Registry | null; at: number }): ReactNode {
  const preset = presets[at] ?? presets[0]
  const isNew = registry === null
  return (
    <>
      <TextField
        label="Name"
        name="name"
        maxLength={255}
        required={!isNew}
        defaultValue={registry?.name}
        placeholder={preset.name}
      />
      <TextField
        label="Address"
        name="url"
        required
        maxLength={255}
        autoCapitalize="none"
        defaultValue={registry?.url ?? preset.url}
        placeholder={preset.urlHint}
      />
      <TextField
        label="Project"
        name="project"
        maxLength={255}
        autoCapitalize="none"
        defaultValue={registry?.project}
        placeholder="All of it"
        hint="The part of the registry that this login is for, where you have several."
      />
      <TextField
        label="User"
        name="username"
        required
        maxLength={255}
        autoCapitalize="none"
        autoComplete="off"
        defaultValue={registry?.username ?? preset.username}
        hint={preset.usernameHint}
      />
      <TextField
        label="Password or token"
        name="password"
        type="password"
        required={isNew}
        autoComplete="new-password"
        placeholder={isNew ? undefined : 'Stays as it is'}
        hint={isNew ? preset.passwordHint : 'It is never shown. For another address it must be typed again.'}
      />
    </>
  )
}
