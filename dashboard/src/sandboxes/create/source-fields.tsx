import { useQuery } from '@tanstack/react-query'
import { FileUp } from 'lucide-react'
import { type DragEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { SelectField, TextField } from '../../design/fields.tsx'
import { Note } from '../../design/notes.tsx'
import { usePlatform } from '../../platform/platform.tsx'
import type { Draft, Source } from './draft.ts'
import type { UsualSize } from './size-fields.tsx'

const sources = { snapshot: 'A snapshot', image: 'An image', dockerfile: 'A Dockerfile' } as const
/** largest Dockerfile that the platform takes, bytes */
const mostBytes = 256 * 1024

/** What the sandbox is made from. */
export function SourceFields({
  draft,
  onChange,
  first,
  onUsual,
}: {
  draft: Draft
  onChange: (change: Partial<Draft>) => void
  /** snapshot that is chosen at the beginning */
  first: string | undefined
  /** told what a sandbox of the chosen snapshot has, unless another size is asked for */
  onUsual: (usual: UsualSize | null) => void
}): ReactNode {
  return (
    <>
      <div className="field">
        <span className="label" id="source-label">
          From
        </span>
        <div className="choice" role="radiogroup" aria-labelledby="source-label">
          {(Object.keys(sources) as Source[]).map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="source"
                value={one}
                checked={draft.source === one}
                onChange={() => onChange({ source: one })}
              />
              {sources[one]}
            </label>
          ))}
        </div>
      </div>
      {draft.source === 'snapshot' && <SnapshotField first={first} onUsual={onUsual} />}
      {draft.source === 'image' && (
        <TextField
          label="Image"
          name="image"
          placeholder="debian:12"
          hint="With its tag. The first sandbox of an image takes as long as its download."
          autoCapitalize="none"
          required
        />
      )}
      {draft.source === 'dockerfile' && (
        <DockerfileField text={draft.dockerfile} onChange={(dockerfile) => onChange({ dockerfile })} />
      )}
    </>
  )
}

function SnapshotField({
  first,
  onUsual,
}: {
  first: string | undefined
  onUsual: (usual: UsualSize | null) => void
}): ReactNode {
  const { daytona, organization } = usePlatform()
  const { data } = useQuery({
    queryKey: ['snapshots', organization.id, 'to-create'],
    queryFn: async ({ signal }) => {
      const [{ items }, config] = await Promise.all([
        daytona.client.call('getAllSnapshots', { query: { limit: 200 } }, { signal }),
        daytona.client.call('getConfig', {}, { signal }),
      ])
      return { active: items.filter(({ state }) => state === 'active'), usual: String(config.defaultSnapshot ?? '') }
    },
  })
  const others = data?.active.filter(({ name }) => name !== data.usual) ?? []
  const [chosen, setChosen] = useState(first ?? '')
  const known = data?.active.find(({ name }) => name === (chosen || data.usual))
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once for each snapshot
  useEffect(() => {
    onUsual(known === undefined ? null : { cpu: known.cpu, memory: known.mem, disk: known.disk })
    return () => onUsual(null)
  }, [known])
  const isListed = chosen === '' || others.some(({ name }) => name === chosen)
  return (
    <SelectField label="Snapshot" name="snapshot" value={chosen} onChange={({ target }) => setChosen(target.value)}>
      <option value="">{data === undefined ? 'The platform’s own' : `${data.usual}, the platform’s own`}</option>
      {!isListed && <option value={chosen}>{chosen}</option>}
      {others.map(({ id, name }) => (
        <option key={id} value={name}>
          {name}
        </option>
      ))}
    </SelectField>
  )
}

function DockerfileField({ text, onChange }: { text: string; onChange: (text: string) => void }): ReactNode {
  const id = useId()
  const file = useRef<HTMLInputElement>(null)
  const [isOver, setOver] = useState(false)
  const [wrong, setWrong] = useState<string | null>(null)

  async function take(files: FileList | null): Promise<void> {
    const [one] = files ?? []
    if (one === undefined) return
    if (one.size > mostBytes) return setWrong(`${one.name} is too large for a Dockerfile: 256 KiB are the most`)
    setWrong(null)
    onChange(await one.text())
  }

  const onDrag = (event: DragEvent): void => {
    event.preventDefault()
    setOver(event.type === 'dragover')
  }

  return (
    <div className="field dockerfile">
      <label htmlFor={id}>Dockerfile</label>
      <textarea
        id={id}
        className="input"
        data-over={isOver || undefined}
        rows={8}
        required
        spellCheck={false}
        placeholder={'FROM debian:12\nRUN apt-get update && apt-get install -y git'}
        aria-describedby={`${id}-hint`}
        value={text}
        onChange={({ target }) => onChange(target.value)}
        onDragOver={onDrag}
        onDragLeave={onDrag}
        onDrop={(event) => {
          onDrag(event)
          void take(event.dataTransfer.files)
        }}
      />
      <div className="dockerfile-foot">
        <span className="hint" id={`${id}-hint`}>
          Type it, or drop a file here. Files beside it cannot be copied: build those from the command line.
        </span>
        <button type="button" className="button" onClick={() => file.current?.click()}>
          <FileUp aria-hidden /> Choose a file
        </button>
      </div>
      <input
        ref={file}
        type="file"
        hidden
        onChange={({ target }) => {
          void take(target.files)
          target.value = ''
        }}
      />
      {wrong !== null && <Note kind="bad">{wrong}</Note>}
    </div>
  )
}
