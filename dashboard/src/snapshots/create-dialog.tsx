import { DaytonaNotFoundError, Image } from '@sandyard/sdk'
import { useQueryClient } from '@tanstack/react-query'
import { type DragEvent, type ReactNode, useState } from 'react'
import { useLocation } from 'wouter'
import { TextArea, TextField } from '../design/fields.tsx'
import { FormDialog, numberOf, textOf } from '../design/form-dialog.tsx'
import { Segments } from '../design/segments.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { putRow } from '../platform/told.ts'
import { type Snapshot, snapshotList } from './live.ts'
import { textOfWords, wordsOf } from './words.ts'

/** of a Dockerfile, as the platform takes it */
const mostBytes = 256 * 1024

type Source = 'image' | 'dockerfile'

const sources: readonly { readonly value: Source; readonly name: string }[] = [
  { value: 'image', name: 'An image' },
  { value: 'dockerfile', name: 'A Dockerfile' },
]

/**
 * Asks for a snapshot, has it made, and goes to it, where its log is. With `failed` it begins with what that one was made
 * from, and takes its place.
 */
export function CreateDialog({ failed, onClose }: { failed?: Snapshot; onClose: () => void }): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const [, go] = useLocation()
  const [source, setSource] = useState<Source>(
    failed !== undefined && dockerfileOf(failed) !== undefined ? 'dockerfile' : 'image',
  )

  async function create(form: FormData): Promise<void> {
    const body = {
      name: textOf(form, 'name') ?? '',
      cpu: numberOf(form, 'cpu'),
      memory: numberOf(form, 'memory'),
      disk: numberOf(form, 'disk'),
      ...(source === 'image' ? fromImage(form) : fromDockerfile(form, failed?.buildInfo?.contextHashes ?? [])),
    }
    if (failed !== undefined) await remove(failed)
    const snapshot = await daytona.client.call('createSnapshot', { body })
    queries.setQueryData([snapshotList, organization.id], (rows: readonly Snapshot[] | undefined) =>
      putRow(rows, snapshot),
    )
    go(`/snapshots/${snapshot.id}`)
  }

  /** Its name is free then. */
  async function remove({ id }: Snapshot): Promise<void> {
    try {
      await daytona.client.call('removeSnapshot', { params: { id } })
    } catch (error) {
      // Gone already, when what was typed was refused the time before.
      if (!(error instanceof DaytonaNotFoundError)) throw error
    }
  }

  const asked =
    failed === undefined
      ? {
          title: 'Create a snapshot',
          description: 'Sandboxes begin as a copy of it. It is made once, and a sandbox of it is there in a blink.',
          verb: 'Create',
        }
      : {
          title: `Make ${failed.name} anew`,
          description: 'It takes the place of the one that failed, whose log goes.',
          verb: 'Try again',
        }
  return (
    <FormDialog {...asked} isOpenAfter onSubmit={create} onClose={onClose}>
      <TextField
        label="Name"
        name="name"
        required
        maxLength={200}
        autoCapitalize="none"
        defaultValue={failed?.name}
        placeholder="tools:1"
        hint="Letters, digits, _ . - : and slashes."
      />
      <div className="field">
        <span className="label">Made from</span>
        <Segments label="Made from" options={sources} value={source} onChange={setSource} />
      </div>
      {source === 'image' ? <ImageFields failed={failed} /> : <DockerfileField text={failed && dockerfileOf(failed)} />}
      <div className="pair">
        <TextField label="CPU" name="cpu" type="number" min={1} step={1} placeholder="1" defaultValue={failed?.cpu} />
        <TextField
          label="Memory, GiB"
          name="memory"
          type="number"
          min={1}
          step={1}
          placeholder="1"
          defaultValue={failed?.mem}
        />
        <TextField
          label="Disk, GiB"
          name="disk"
          type="number"
          min={1}
          step={1}
          placeholder="3"
          defaultValue={failed?.disk}
        />
      </div>
      <p className="quiet small">What a sandbox of it gets, unless it asks for something else.</p>
    </FormDialog>
  )
}

function ImageFields({ failed }: { failed: Snapshot | undefined }): ReactNode {
  const image = failed !== undefined && dockerfileOf(failed) === undefined ? failed.imageName : undefined
  return (
    <>
      <TextField
        label="Image"
        name="image"
        required
        autoCapitalize="none"
        defaultValue={image}
        placeholder="debian:12"
        hint="With its tag or digest. Private ones need a login under Registries."
      />
      <TextField
        label="Program it starts"
        name="entrypoint"
        autoCapitalize="none"
        defaultValue={textOfWords(failed?.entrypoint ?? [])}
        className="input mono"
        placeholder="What the image says"
        hint="Its words with spaces between; quotes hold words together."
      />
    </>
  )
}

function DockerfileField({ text }: { text: string | undefined }): ReactNode {
  return (
    <TextArea
      label="Dockerfile"
      name="dockerfile"
      required
      rows={9}
      defaultValue={text}
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

/** Files that were uploaded for the one that failed are there still. */
function fromDockerfile(form: FormData, contextHashes: string[]) {
  const text = String(form.get('dockerfile') ?? '')
  const dockerfileContent = contextHashes.length > 0 ? text : Image.fromDockerfileText(text).dockerfile
  return { buildInfo: { dockerfileContent, contextHashes } }
}

/** The Dockerfile that somebody has given it; undefined: it is of an image. */
function dockerfileOf({ name, imageName, buildInfo }: Snapshot): string | undefined {
  return imageName === undefined || imageName === name ? buildInfo?.dockerfileContent : undefined
}
