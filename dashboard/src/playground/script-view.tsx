import { ListPlus, Play, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from '../design/icon-button.tsx'
import type { Step } from './programs.ts'

/** Steps that were put together, to be run one after the other. */
export function ScriptView({
  steps,
  isOff,
  onRun,
  onRemove,
  onClear,
}: {
  steps: readonly Step[]
  isOff: boolean
  onRun: () => void
  onRemove: (at: number) => void
  onClear: () => void
}): ReactNode {
  return (
    <section className="script" aria-label="Script">
      <h2>
        <ListPlus aria-hidden /> Script
      </h2>
      <ol>
        {steps.map(({ call }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same call may come twice
          <li key={at}>
            <code>{call.name}</code>
            <IconButton label={`Take ${call.name} out`} onClick={() => onRemove(at)}>
              <X />
            </IconButton>
          </li>
        ))}
      </ol>
      <div className="script-actions">
        <button type="button" className="button" onClick={onClear}>
          Clear
        </button>
        <button type="button" className="button" disabled={isOff} onClick={onRun}>
          <Play aria-hidden /> Run all {steps.length}
        </button>
      </div>
    </section>
  )
}
