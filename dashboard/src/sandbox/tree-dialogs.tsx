import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { TextField } from '../design/fields.tsx'
import { FormDialog, textOf } from '../design/form-dialog.tsx'
import { useTell } from '../design/toasts.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { putSandboxes, type SandboxDetail } from '../sandboxes/live.ts'

interface About {
  readonly sandbox: SandboxDetail
  readonly onClose: () => void
}

/** Asks for a fork; the tree shows it once it is there. */
export function ForkDialog({ sandbox, onClose }: About): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  return (
    <FormDialog
      title={`Fork ${sandbox.name}`}
      description="Files are copied as they are now; programs that run are not. Settings, variables and volumes are the same."
      verb="Fork"
      onSubmit={async (form) => {
        const params = { sandboxIdOrName: sandbox.id }
        const fork = await daytona.client.call('forkSandbox', { params, body: { name: textOf(form, 'name') } })
        putSandboxes(queries, organization.id, [fork])
        void queries.invalidateQueries({ queryKey: ['family', organization.id] })
        tell.done(`${fork.name} is there`)
      }}
      onClose={onClose}
    >
      <TextField label="Name" name="name" maxLength={100} placeholder="Its id if left empty" autoCapitalize="none" />
    </FormDialog>
  )
}

/** Asks for a snapshot of the disk; the list shows it from its beginning. */
export function SaveDialog({ sandbox, onClose }: About): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  return (
    <FormDialog
      title="Make a snapshot"
      description={`Of the disk of ${sandbox.name}, up to ${sandbox.disk} GiB. It goes on also when this is closed.`}
      verb="Make it"
      onSubmit={async (form) => {
        const name = textOf(form, 'name') ?? ''
        const params = { sandboxIdOrName: sandbox.id }
        const after = await daytona.client.call('createSandboxSnapshot', { params, body: { name } })
        putSandboxes(queries, organization.id, [after])
        tell.done(`Snapshot ${name} is there`)
      }}
      onClose={onClose}
    >
      <TextField
        label="Name"
        name="name"
        required
        maxLength={200}
        autoCapitalize="none"
        placeholder={`${sandbox.name}:1`}
        hint="Letters, digits, _ . - : and slashes."
      />
    </FormDialog>
  )
}
