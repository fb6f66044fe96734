import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { FirstNames } from '../design/bulk.tsx'
import { CodeChoice } from '../design/code.tsx'
import { curlOf } from '../design/curl.ts'
import { FormDialog } from '../design/form-dialog.tsx'
import { Modal } from '../design/modal.tsx'
import { Note } from '../design/notes.tsx'
import { useTell } from '../design/toasts.tsx'
import { doEach } from '../platform/each.ts'
import { usePlatform } from '../platform/platform.tsx'
import { putRow } from '../platform/told.ts'
import { type Volume, volumeList } from './live.ts'

/** Asks before volumes are deleted, and says what is lost. */
export function DeleteVolumesDialog({
  volumes,
  onClose,
}: {
  volumes: readonly Volume[]
  onClose: () => void
}): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  const isOne = volumes.length === 1
  const used = volumes.filter(({ mountedBy = [] }) => mountedBy.length > 0)
  const name = volumes[0]?.name

  async function remove(): Promise<void> {
    const failed = await doEach(volumes, async (volume) => {
      await daytona.client.call('deleteVolume', { params: { volumeId: volume.id } })
      queries.setQueryData([volumeList, organization.id], (rows: readonly Volume[] | undefined) =>
        putRow(rows, volume, true),
      )
    })
    const [first] = failed
    if (isOne && first !== undefined) throw first.error
    const done = volumes.length - failed.length
    if (done > 0) tell.done(isOne ? `${name} deleted` : `${done} volumes deleted`)
    if (first !== undefined)
      tell.failed(`${failed.length} could not be deleted, such as ${first.row.name}`, first.error)
  }

  return (
    <FormDialog
      title={isOne ? `Delete ${name}?` : `Delete ${volumes.length} volumes?`}
      verb="Delete"
      isDanger
      onSubmit={remove}
      onClose={onClose}
    >
      <p>All files in {isOne ? 'it' : 'them'} are lost for ever.</p>
      {used.length > 0 && (
        <Note>
          {isOne ? 'It is' : `${used.length} of them are`} mounted, such as in {used[0]?.mountedBy?.[0]?.name}. A
          mounted volume is not deleted: delete its sandboxes first.
        </Note>
      )}
      {!isOne && <FirstNames rows={volumes} />}
    </FormDialog>
  )
}

/** Shows how a volume is mounted by code. */
export function UseVolumeDialog({ volume, onClose }: { volume: Volume; onClose: () => void }): ReactNode {
  return (
    <Modal
      title={`Use ${volume.name}`}
      description="It is mounted when a sandbox is made; with a subpath the sandbox sees only that part of it."
      onClose={onClose}
    >
      <CodeChoice label="Code that mounts it" samples={samplesOf(volume)} />
    </Modal>
  )
}

function samplesOf({ id, name }: Volume): readonly { readonly name: string; readonly text: string }[] {
  const quoted = JSON.stringify(name)
  return [
    {
      name: 'TypeScript',
      text: `import { Daytona } from '@daytonaio/sdk'

const daytona = new Daytona()
const volume = await daytona.volume.get(${quoted})
const sandbox = await daytona.create({
  volumes: [{ volumeId: volume.id, mountPath: '/data' }],
})`,
    },
    {
      name: 'Python',
      text: `from daytona import CreateSandboxFromSnapshotParams, Daytona, VolumeMount

daytona = Daytona()
volume = daytona.volume.get(${quoted})
sandbox = daytona.create(CreateSandboxFromSnapshotParams(
    volumes=[VolumeMount(volume_id=volume.id, mount_path="/data")],
))`,
    },
    { name: 'curl', text: curlOf('POST', '/sandbox', { volumes: [{ volumeId: id, mountPath: '/data' }] }) },
  ]
}
