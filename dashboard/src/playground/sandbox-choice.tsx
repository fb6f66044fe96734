import { LoaderCircle, Plus } from 'lucide-react'
import { type ReactNode, useId, useState } from 'react'
import { useTell } from '../design/toasts.tsx'
import { useMay } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { useSandboxes } from '../sandboxes/live.ts'

/** minutes without use after which one that was made here is gone */
const keptMinutes = 30

/** Which of the running sandboxes calls go to; or a new one, which is gone when it stops. */
export function SandboxChoice({ id, onChange }: { id: string | undefined; onChange: (id: string) => void }): ReactNode {
  const { daytona } = usePlatform()
  const running = (useSandboxes().data ?? []).filter(({ state }) => state === 'started')
  const field = useId()
  const tell = useTell()
  const may = useMay()
  const [isMaking, setMaking] = useState(false)

  async function make(): Promise<void> {
    setMaking(true)
    try {
      const labels = { 'made-in': 'playground' }
      const sandbox = await daytona.create({
        labels,
        language: 'python',
        ephemeral: true,
        autoStopInterval: keptMinutes,
      })
      onChange(sandbox.id)
    } catch (error) {
      tell.failed('No sandbox could be made', error)
    } finally {
      setMaking(false)
    }
  }

  return (
    <div className="sandbox-choice">
      <label htmlFor={field}>Sandbox</label>
      <select className="input" id={field} value={id ?? ''} onChange={({ target }) => onChange(target.value)}>
        {id === undefined && <option value="">{running.length === 0 ? 'None is running' : 'Choose one'}</option>}
        {running.map((sandbox) => (
          <option key={sandbox.id} value={sandbox.id}>
            {sandbox.name}
          </option>
        ))}
      </select>
      {may('write:sandboxes') && (
        <button
          type="button"
          className="button"
          title={`It is deleted when it stops, after ${keptMinutes} minutes without use`}
          disabled={isMaking}
          onClick={() => void make()}
        >
          {isMaking ? <LoaderCircle className="spin" aria-hidden /> : <Plus aria-hidden />} Create one
        </button>
      )}
    </div>
  )
}
