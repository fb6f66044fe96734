import { type CreateSandboxParams, DaytonaError } from '@sandyard/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { LoaderCircle } from 'lucide-react'
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { Log, withLog } from '../design/log.tsx'
import { Modal } from '../design/modal.tsx'
import { Note } from '../design/notes.tsx'
import { usePlatform } from '../platform/platform.tsx'
import { putSandboxes } from './live.ts'

/** What it is made from. */
type Source = 'snapshot' | 'image'

/** A build may take long; closing the dialog lets it go on, s. */
const createTimeout = 3600

/** Makes a sandbox and goes to it. An image is made a snapshot of first; its log is shown as it comes. */
export function CreateDialog({ onClose }: { onClose: () => void }): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const [, go] = useLocation()
  const [source, setSource] = useState<Source>('snapshot')
  const [wrong, setWrong] = useState<string | null>(null)
  const [log, setLog] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const isOpen = useRef(true)
  useEffect(() => {
    isOpen.current = true
    return () => {
      isOpen.current = false
    }
  }, [])

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const params = readForm(new FormData(event.currentTarget), source)
    setBusy(true)
    setWrong(null)
    setLog(null)
    try {
      const sandbox = await daytona.create(params, {
        timeout: createTimeout,
        onSnapshotCreateLogs: (chunk) => setLog((text) => withLog(text ?? '', chunk)),
      })
      // The event that tells of it may come after the page that shows it.
      putSandboxes(queries, organization.id, [await daytona.client.call('getSandbox', pathOf(sandbox.id))])
      if (isOpen.current) go(`/sandboxes/${sandbox.id}/terminal`)
    } catch (error) {
      setWrong(error instanceof DaytonaError ? error.message : String(error))
      setBusy(false)
    }
  }

  return (
    <Modal title="Create a sandbox" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <div className="field">
          <label htmlFor="name">Name</label>
          <input
            className="input"
            id="name"
            name="name"
            maxLength={100}
            placeholder="Made up if left empty"
            spellCheck={false}
          />
        </div>
        <div className="field">
          <span className="label" id="source-label">
            From
          </span>
          <div className="choice" role="radiogroup" aria-labelledby="source-label">
            {(['snapshot', 'image'] as const).map((one) => (
              <label key={one}>
                <input
                  type="radio"
                  name="source"
                  value={one}
                  checked={source === one}
                  onChange={() => setSource(one)}
                />
                {one === 'snapshot' ? 'A snapshot' : 'An image'}
              </label>
            ))}
          </div>
        </div>
        {source === 'snapshot' ? (
          <SnapshotField />
        ) : (
          <div className="field">
            <label htmlFor="image">Image</label>
            <input
              className="input"
              id="image"
              name="image"
              placeholder="debian:12"
              aria-describedby="image-hint"
              autoCapitalize="none"
              spellCheck={false}
              required
            />
            <span className="hint" id="image-hint">
              With its tag. The first sandbox of an image takes as long as its download.
            </span>
          </div>
        )}
        <div className="pair">
          <NumberField name="cpu" label="CPU" />
          <NumberField name="memory" label="Memory, GiB" />
          <NumberField name="disk" label="Disk, GiB" />
        </div>
        <div className="field">
          <label htmlFor="autostop">Stops when not used for, minutes</label>
          <input
            className="input"
            id="autostop"
            name="autostop"
            type="number"
            min={0}
            placeholder="15"
            aria-describedby="autostop-hint"
          />
          <span className="hint" id="autostop-hint">
            0 is never. Its disk stays, and a start takes a moment.
          </span>
        </div>
        {log !== null && <Log label="Log of the build" text={log} />}
        {wrong !== null && <Note kind="bad">{wrong}</Note>}
        <footer>
          <button type="button" className="button" onClick={onClose}>
            {isBusy ? 'Close' : 'Cancel'}
          </button>
          <button type="submit" className="button" data-kind="primary" disabled={isBusy}>
            {isBusy ? (
              <>
                <LoaderCircle className="spin" aria-hidden /> Creating…
              </>
            ) : (
              'Create'
            )}
          </button>
        </footer>
      </form>
    </Modal>
  )
}

function SnapshotField(): ReactNode {
  const { daytona, organization } = usePlatform()
  const { data: names } = useQuery({
    queryKey: ['snapshots', organization.id, 'active'],
    queryFn: async () => {
      const { items } = await daytona.snapshot.list({ limit: 100 })
      return items.filter(({ state }) => state === 'active').map(({ name }) => name)
    },
  })
  return (
    <div className="field">
      <label htmlFor="snapshot">Snapshot</label>
      <select className="input" id="snapshot" name="snapshot" defaultValue="">
        <option value="">The platform's own</option>
        {names?.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </div>
  )
}

function NumberField({ name, label }: { name: string; label: string }): ReactNode {
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      <input className="input" id={name} name={name} type="number" min={1} step="any" placeholder="Usual" />
    </div>
  )
}

function readForm(form: FormData, source: Source): CreateSandboxParams {
  const text = (name: string): string | undefined => String(form.get(name) ?? '').trim() || undefined
  const number = (name: string): number | undefined => {
    const typed = text(name)
    return typed === undefined ? undefined : Number(typed)
  }
  const resources = { cpu: number('cpu'), memory: number('memory'), disk: number('disk') }
  const autoStopInterval = number('autostop')
  return {
    name: text('name'),
    ...(source === 'image' ? { image: text('image') } : { snapshot: text('snapshot') }),
    ...(Object.values(resources).every((value) => value === undefined) ? {} : { resources }),
    ...(autoStopInterval === undefined ? {} : { autoStopInterval }),
  }
}

const pathOf = (id: string) => ({ params: { sandboxIdOrName: id } })
