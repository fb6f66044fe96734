import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { TextArea, TextField } from '../design/fields.tsx'
import { FormDialog, textOf } from '../design/form-dialog.tsx'
import { useTell } from '../design/toasts.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { type Secret, secretsKey } from './calls.ts'

/** Makes a secret. */
export function CreateSecret({ onClose }: { onClose: () => void }): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  async function create(form: FormData): Promise<void> {
    const description = textOf(form, 'description')
    const secret = await daytona.client.call('createSecret', {
      body: {
        name: textOf(form, 'name') ?? '',
        value: textOf(form, 'value') ?? '',
        hosts: hostsOf(form),
        ...(description === undefined ? {} : { description }),
      },
    })
    await queries.invalidateQueries({ queryKey: secretsKey(organization.id) })
    tell.done(`${secret.name} is there`)
  }
  return (
    <FormDialog
      title="Create a secret"
      description="Nobody can read its value again, not even you."
      verb="Create"
      onSubmit={create}
      onClose={onClose}
    >
      <TextField
        label="Name"
        name="name"
        hint="Letters, digits, hyphens and underscores."
        placeholder="openai-prod"
        autoCapitalize="none"
        autoComplete="off"
        pattern="[A-Za-z0-9_\-]+"
        maxLength={253}
        required
      />
      <TextField label="Value" name="value" type="password" autoComplete="new-password" required />
      <HostsField />
      <TextField label="Description" name="description" maxLength={1000} placeholder="What it is for" />
    </FormDialog>
  )
}

/** Changes a secret, at once in every sandbox that has it. */
export function EditSecret({ secret, onClose }: { secret: Secret; onClose: () => void }): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  async function save(form: FormData): Promise<void> {
    const value = textOf(form, 'value')
    await daytona.client.call('updateSecret', {
      params: { secretId: secret.id },
      body: {
        hosts: hostsOf(form),
        description: textOf(form, 'description') ?? null,
        ...(value === undefined ? {} : { value }),
      },
    })
    await queries.invalidateQueries({ queryKey: secretsKey(organization.id) })
    tell.done(`${secret.name} is changed`)
  }
  return (
    <FormDialog
      title={`Change ${secret.name}`}
      description="It counts at once, in every sandbox that has it."
      verb="Save"
      onSubmit={save}
      onClose={onClose}
    >
      <TextField
        label="New value"
        name="value"
        type="password"
        autoComplete="new-password"
        hint="Leave it empty to keep the value as it is."
      />
      <HostsField hosts={secret.hosts} />
      <TextField label="Description" name="description" maxLength={1000} defaultValue={secret.description ?? ''} />
    </FormDialog>
  )
}

function HostsField({ hosts = [] }: { hosts?: readonly string[] }): ReactNode {
  return (
    <TextArea
      label="Hosts that get the value"
      name="hosts"
      rows={3}
      hint="One a line. *.example.com is all names below example.com."
      placeholder="api.openai.com"
      defaultValue={hosts.join('\n')}
      required
    />
  )
}

function hostsOf(form: FormData): string[] {
  return (textOf(form, 'hosts') ?? '').split(/[\s,]+/).filter(Boolean)
}
