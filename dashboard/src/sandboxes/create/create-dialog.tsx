import { useQuery, useQueryClient } from '@tanstack/react-query'
import { LoaderCircle } from 'lucide-react'
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { SelectField, TextField } from '../../design/fields.tsx'
import { Modal } from '../../design/modal.tsx'
import { Note } from '../../design/notes.tsx'
import { useTell } from '../../design/toasts.tsx'
import { usePlatform } from '../../platform/platform.tsx'
import { useRights } from '../actions.ts'
import { putSandboxes, type SandboxDetail } from '../live.ts'
import { stateWord } from '../states.tsx'
import { type Draft, emptyDraft, readParams } from './draft.ts'
import { Making } from './making.tsx'
import { MoreFields } from './more-fields.tsx'
import { SizeFields, type UsualSize } from './size-fields.tsx'
import { SourceFields } from './source-fields.tsx'
import './create.css'

/** The call that makes it waits for its start for a while; a build is not waited for, s. */
const answerWithin = 120

/** Makes a sandbox and goes to it. What is built first tells its log, here or on its page; closing lets it go on. */
export function CreateDialog({
  snapshot,
  onClose,
}: {
  /** chosen at the beginning */
  snapshot?: string | undefined
  onClose: () => void
}): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const tell = useTell()
  const [, go] = useLocation()
  const [draft, setDraft] = useState<Draft>(emptyDraft)
  const [usual, setUsual] = useState<UsualSize | null>(null)
  const [wrong, setWrong] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  /** what is being made, or has failed */
  const [made, setMade] = useState<SandboxDetail | null>(null)
  const [isBack, setBack] = useState(false)
  const { canDelete } = useRights()
  const isOpen = useIsMounted()
  const change = (part: Partial<Draft>): void => setDraft((all) => ({ ...all, ...part }))
  const isMaking = made !== null && !isBack

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setWrong(null)
    try {
      const params = readParams(form, draft)
      if (made !== null && canDelete) await daytona.client.call('deleteSandbox', pathOf(made.id))
      setMade(null)
      const { id } = await daytona.create(params, { timeout: answerWithin, wait: false })
      // The event that tells of it may come after the page that shows it.
      const sandbox = await daytona.client.call('getSandbox', pathOf(id))
      putSandboxes(queries, organization.id, [sandbox])
      if (!isOpen.current) return tell.done(`${sandbox.name} is ${stateWord(sandbox.state)}`)
      if (sandbox.state === 'started') return go(`/sandboxes/${id}/terminal`)
      setBack(false)
      setMade(sandbox)
    } catch (error) {
      if (!isOpen.current) return tell.failed('The sandbox was not created', error)
      setWrong(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Modal title={isMaking ? `Making ${made.name}` : 'Create a sandbox'} isWide onClose={onClose}>
      {isMaking && (
        <Making
          first={made}
          onStarted={() => go(`/sandboxes/${made.id}/terminal`)}
          onBack={() => setBack(true)}
          onClose={(isGoingOn) => {
            if (isGoingOn) tell.done(`${made.name} is being made. Its page shows the log`)
            onClose()
          }}
        />
      )}
      <div hidden={isMaking}>
        <form onSubmit={(event) => void submit(event)}>
          <TextField label="Name" name="name" maxLength={100} placeholder="Made up if left empty" />
          <SourceFields draft={draft} onChange={change} first={snapshot} onUsual={setUsual} />
          <SizeFields usual={usual} />
          <RegionField />
          <MoreFields draft={draft} onChange={change} />
          {made !== null && canDelete && (
            <Note>The one that failed, {made.name}, is removed when you create again.</Note>
          )}
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
      </div>
    </Modal>
  )
}

/** Where it is to be; not asked where there is one place only. */
function RegionField(): ReactNode {
  const { daytona, organization } = usePlatform()
  const { data = [] } = useQuery({
    queryKey: ['regions', organization.id],
    queryFn: ({ signal }) => daytona.client.call('listAvailableRegions', {}, { signal }),
  })
  if (data.length < 2) return null
  return (
    <SelectField label="Region" name="region">
      {data.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </SelectField>
  )
}

function useIsMounted(): { readonly current: boolean } {
  const isMounted = useRef(true)
  useEffect(() => {
    isMounted.current = true
    return () => {
      isMounted.current = false
    }
  }, [])
  return isMounted
}

const pathOf = (id: string) => ({ params: { sandboxIdOrName: id } })
