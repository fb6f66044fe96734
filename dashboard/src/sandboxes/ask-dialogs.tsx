import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useLocation } from 'wouter'
import { TextField } from '../design/fields.tsx'
import { FormDialog, numberOf, textOf } from '../design/form-dialog.tsx'
import { useTell } from '../design/toasts.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { type Progress, useAct } from './actions.ts'
import { DeleteDialog } from './delete-dialog.tsx'
import { putSandboxes, type SandboxItem } from './live.ts'
import type { Asked } from './menu-actions.ts'

/** The dialog that was asked for. */
export function AskDialog({
  asked: { kind, sandboxes },
  onClose,
  onDelete = () => {},
  onForked,
  onProgress,
}: {
  asked: Asked
  onClose: () => void
  /** told when a deletion begins */
  onDelete?: () => void
  /** gets a fork that was made; without it the page of the fork is opened */
  onForked?: (fork: SandboxItem) => void
  onProgress?: ((progress: Progress | null) => void) | undefined
}): ReactNode {
  const act = useAct()
  const [sandbox] = sandboxes
  if (sandbox === undefined) return null
  switch (kind) {
    case 'delete':
      return (
        <DeleteDialog
          sandboxes={sandboxes}
          onClose={onClose}
          onDelete={() => {
            void act('delete', sandboxes, onProgress)
            onClose()
            onDelete()
          }}
        />
      )
    case 'fork':
      return <ForkDialog sandbox={sandbox} onClose={onClose} onForked={onForked} />
    case 'snapshot':
      return <SnapshotDialog sandbox={sandbox} onClose={onClose} />
    case 'resize':
      return <ResizeDialog sandbox={sandbox} onClose={onClose} />
  }
}

interface DialogProps {
  readonly sandbox: SandboxItem
  readonly onClose: () => void
}

function ForkDialog({
  sandbox: { id, name },
  onClose,
  onForked,
}: DialogProps & { onForked: ((fork: SandboxItem) => void) | undefined }): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const [, go] = useLocation()
  return (
    <FormDialog
      title={`Fork ${name}`}
      description="A second sandbox begins with the files that this one has now. This one goes on as it is; its programs are not copied."
      verb="Fork"
      onClose={onClose}
      onSubmit={async (form) => {
        const fork = await daytona.client.call('forkSandbox', { ...pathOf(id), body: { name: textOf(form, 'name') } })
        putSandboxes(queries, organization.id, [fork])
        if (onForked === undefined) go(`/sandboxes/${fork.id}`)
        else onForked(fork)
      }}
    >
      <TextField
        label="Name of the fork"
        name="name"
        maxLength={100}
        autoCapitalize="none"
        placeholder="Its id if left empty"
      />
    </FormDialog>
  )
}

function SnapshotDialog({ sandbox: { id, name, state }, onClose }: DialogProps): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  return (
    <FormDialog
      title={`Create a snapshot of ${name}`}
      description={`The disk as it is now is saved, and new sandboxes can begin with it.${
        state === 'started' ? ' What programs have not written yet is not in it.' : ''
      }`}
      verb="Create"
      onClose={onClose}
      onSubmit={async (form) => {
        const wanted = textOf(form, 'name') ?? ''
        const answer = await daytona.client.call('createSandboxSnapshot', { ...pathOf(id), body: { name: wanted } })
        putSandboxes(queries, organization.id, [answer])
        void queries.invalidateQueries({ queryKey: ['snapshots'] })
        tell.done(answer.state === 'snapshotting' ? `Snapshot ${wanted} is being made` : `Snapshot ${wanted} is made`)
      }}
    >
      <TextField
        label="Name of the snapshot"
        name="name"
        required
        maxLength={200}
        autoCapitalize="none"
        pattern="[A-Za-z0-9_.:/\-]+"
        title="Letters, digits, and _ . : / -"
        placeholder={`${name.replaceAll(/[^A-Za-z0-9_.-]+/g, '-')}-1`}
      />
    </FormDialog>
  )
}

function ResizeDialog({ sandbox, onClose }: DialogProps): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  const { id, name, state } = sandbox
  const isRunning = state === 'started'
  return (
    <FormDialog
      title={`Resize ${name}`}
      description={
        isRunning
          ? 'More cores and memory are there at once; its programs go on. For less of them, or a larger disk, stop it first.'
          : 'It has the new size when it starts. A disk can only grow.'
      }
      verb="Resize"
      onClose={onClose}
      onSubmit={async (form) => {
        const changed = (field: 'cpu' | 'memory' | 'disk'): number | undefined => {
          const wanted = numberOf(form, field)
          return wanted === sandbox[field] ? undefined : wanted
        }
        const body = { cpu: changed('cpu'), memory: changed('memory'), disk: changed('disk') }
        if (Object.values(body).every((value) => value === undefined)) return
        putSandboxes(queries, organization.id, [await daytona.client.call('resizeSandbox', { ...pathOf(id), body })])
        tell.done(`${name} has a new size`)
      }}
    >
      <div className="pair">
        <SizeField label="CPU" name="cpu" value={sandbox.cpu} least={isRunning ? sandbox.cpu : 1} />
        <SizeField label="Memory, GiB" name="memory" value={sandbox.memory} least={isRunning ? sandbox.memory : 1} />
        <SizeField label="Disk, GiB" name="disk" value={sandbox.disk} least={sandbox.disk} isFixed={isRunning} />
      </div>
    </FormDialog>
  )
}

function SizeField({
  label,
  name,
  value,
  least,
  isFixed = false,
}: {
  label: string
  name: string
  value: number
  least: number
  isFixed?: boolean
}): ReactNode {
  return (
    <TextField
      label={label}
      name={name}
      type="number"
      step={1}
      min={least}
      defaultValue={value}
      required
      readOnly={isFixed}
    />
  )
}

const pathOf = (id: string) => ({ params: { sandboxIdOrName: id } })
