import { Circle, CircleCheck, CircleDashed, CircleX, LoaderCircle, type LucideIcon } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Log } from '../design/log.tsx'
import { useNow } from '../design/use-now.ts'
import { isBusy, type Preview, type PreviewStep } from './calls.ts'
import type { StepTexts } from './step-log.ts'
import { useStepLog } from './use-step-log.ts'
import { stepWords } from './words.ts'

const icons: Readonly<Record<PreviewStep['state'], LucideIcon>> = {
  pending: Circle,
  running: LoaderCircle,
  done: CircleCheck,
  failed: CircleX,
  skipped: CircleDashed,
}

/** The steps of the last run, each with what it tells. The one that is at work, or has failed, is unfolded. */
export function Steps({ preview }: { preview: Preview }): ReactNode {
  const texts = useStepLog(preview)
  const now = useNow(isBusy(preview) ? 1000 : 60_000)
  return (
    <ol className="steps" aria-label="Steps">
      {preview.steps.map((step) => (
        <Step key={`${preview.run} ${step.name}`} step={step} texts={texts} now={now} />
      ))}
    </ol>
  )
}

function Step({
  step: { name, state, attempts, startedAt, endedAt, reason },
  texts,
  now,
}: {
  step: PreviewStep
  texts: StepTexts
  now: number
}): ReactNode {
  // Until somebody folds it or unfolds it, the state decides.
  const [chosen, setChosen] = useState<boolean | null>(null)
  const isOpen = chosen ?? (state === 'running' || state === 'failed')
  const Icon = icons[state]
  const text = texts[name] ?? ''
  const passed = startedAt === null ? null : (endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt)
  return (
    <li data-state={state}>
      <button type="button" aria-expanded={isOpen} onClick={() => setChosen(!isOpen)}>
        <Icon className={state === 'running' ? 'spin' : undefined} aria-hidden />
        <span className="step-what">
          <span className="step-name">{stepWords[name]}</span>
          <span className="visually-hidden">{state}</span>
          {attempts > 1 && <span className="quiet small">try {attempts}</span>}
          {reason !== null && <span className="step-reason small">{reason}</span>}
        </span>
        <span className="quiet small numbers step-time">
          {state === 'skipped' ? 'not needed' : passed === null ? '' : duration(passed)}
        </span>
      </button>
      {isOpen &&
        (text === '' ? <p className="quiet small">It told nothing.</p> : <Log label={name} text={text.trimEnd()} />)}
    </li>
  )
}

function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}
