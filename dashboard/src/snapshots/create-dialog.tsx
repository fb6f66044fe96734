import { Image } from '@sandyard/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { type DragEvent, type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import { TextArea, TextField } from '../design/fields.tsx'
import { FormDialog, numberOf, textOf } from '../design/form-dialog.tsx'
import { Segments } from '../design/segments.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { putRow } from '../platform/told.ts'
import { type Snapshot, snapshotList } from './live.ts'
import { wordsOf } from './words.ts'

/** of a Dockerfile, as the platform takes it */
const mostBytes = 256 * 1024

type Source = 'image' | 'dockerfile'

const sources: readonly { readonly value: Source; readonly name: string }[] = [
  { value: 'image', name: 'An image' },
  { value: 'dockerfile', name: 'A Dockerfile' },
]

/** Asks for a snapshot, has it made, and goes to it, where its log is. */
export function CreateDialog({ onClose }: { onClose: () => void }): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const [, go] = useLocation()
  const [source, setSource] = useState<Source>('image')

  async function create(form: FormData): Promise<void> {
    const body = {
      name: textOf(form, 'name') ?? '',
      cpu: numberOf(form, 'cpu'),
      memory: numberOf(form, 'memory'),
      disk: numberOf(form, 'disk'),
      ...(source === 'image' ? fromImage(form) : fromDockerfile(form)),
    }
    const snapshot = await daytona.client.call('createSnapshot', { body })
    queries.setQueryData([snapshotList, organization.id], (rows: readonly Snapshot[] | undefined) =>
      putRow(rows, snapshot),
    )
    go(`/snapshots/${snapshot.id}`)
  }

  return (
    <FormDialog
      title="Create a snapshot"
      description="Sandboxes begin as a copy of it. It is made once, and a sandbox of it is there in a blink."
      verb="Create"
      isOpenAfter
      onSubmit={create}
      onClose={onClose}
    >
      <TextField
        label="Name"
        name="name"
        required
        maxLength={200}
        autoCapitalize="none"
        placeholder="tools:1"
        hint="Letters, digits, _ . - : and slashes."
      />
      <div className="field">
        <span className="label">Made from</span>
        <Segments label="Made from" options={sources} value={source} onChange={setSource} />
      </div>
      {source === 'image' ? <ImageFields /> : <DockerfileField />}
      <div className="pair">
        <TextField label="CPU" name="cpu" type="number" min={1} step={1} placeholder="1" />
        <TextField label="Memory, GiB" name="memory" type="number" min={1} step={1} placeholder="1" />
        <TextField label="Disk, GiB" name="disk" type="number" min={1} step={1} placeholder="3" />
      </div>
      <p className="quiet small">What a sandbox of it gets, unless it asks for something else.</p>
    </FormDialog>
  )
}

function ImageFields(): ReactNode {
  return (
    <>
      <TextField
        label="Image"
        name="image"
        required
        autoCapitalize="none"
        placeholder="debian:12"
        hint="With its tag or digest. Private ones need a login under Registries."
      />
      <TextField
        label="Program it starts"
        name="entrypoint"
        autoCapitalize="none"
        className="input mono"
        placeholder="What the image says"
        hint="Its words with spaces between; quotes hold words together."
      />
    </>
  )
}

function DockerfileField(): ReactNode {
  return (
    <TextArea
      label="Dockerfile"
      name="dockerfile"
      required
      rows={9}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => void takeFile(event)}
      placeholder={'FROM debian:12\nRUN apt-get update && apt-get install -y git'}
      hint="Type it, or drop the file here. It cannot copy files of your machine; the libraries and the command line can."
    />
  )
}

/** Puts the text of a file that was dropped in place of what is there. */
async function takeFile(event: DragEvent<HTMLTextAreaElement>): Promise<void> {
  const field = event.currentTarget
  const [file] = event.dataTransfer.files
  if (file === undefined) return
  // Else the browser would leave the page to show it.
  event.preventDefault()
  if (file.size <= mostBytes) field.value = await file.text()
}

function fromImage(form: FormData) {
  const entrypoint = wordsOf(textOf(form, 'entrypoint') ?? '')
  return { imageName: textOf(form, 'image') ?? '', ...(entrypoint.length === 0 ? {} : { entrypoint }) }
}

function fromDockerfile(form: FormData) {
  const image = Image.fromDockerfileText(String(form.get('dockerfile') ?? ''))
  return { buildInfo: { dockerfileContent: image.dockerfile } }
}
