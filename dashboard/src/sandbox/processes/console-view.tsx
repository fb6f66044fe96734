import { Eraser, Square } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { StreamLog } from '../../design/stream-log.tsx'
import { span } from '../../design/times.ts'
import { useAtEnd } from '../../design/use-at-end.ts'
import { RunField } from './run-field.tsx'
import { type RunText, useConsole } from './use-console.ts'

/** A field to run something in, one after the other, with what came of each above it. */
export function ConsoleView({
  title,
  hint,
  label,
  place,
  sign,
  controls,
  run,
}: {
  title: string
  hint: string
  label: string
  place: string
  sign: string
  controls?: ReactNode
  run: RunText
}): ReactNode {
  const { entries, start, clear } = useConsole(place, run)
  const { box, content, toEnd } = useAtEnd<HTMLElement>()
  const isBusy = entries.at(-1)?.ending === null
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was run just now is what one wants to see
  useEffect(toEnd, [entries.length, toEnd])

  return (
    <>
      <div className="view-head">
        <h2>{title}</h2>
        {controls}
        <button type="button" className="button" disabled={entries.length === 0 || isBusy} onClick={clear}>
          <Eraser aria-hidden /> Clear
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section ref={box} className="commands" tabIndex={0} aria-label="What was run">
        <div ref={content}>
          {entries.length === 0 && <p className="quiet">{hint}</p>}
          {entries.map((entry) => (
            <section key={entry.id} className="command-block" aria-label={entry.text.slice(0, 120)}>
              <header>
                <code>{entry.text}</code>
                {entry.ending === null ? (
                  <button type="button" className="button" onClick={entry.stop}>
                    <Square aria-hidden /> End it
                  </button>
                ) : (
                  <>
                    <span className="quiet small numbers">{took(entry.tookMs ?? 0)}</span>
                    <span className="state" data-tone={entry.ending.isGood ? 'good' : 'bad'}>
                      {entry.ending.said}
                    </span>
                  </>
                )}
              </header>
              <StreamLog
                label={`Output of ${entry.text.slice(0, 120)}`}
                log={entry.log}
                whileEmpty={entry.ending === null ? 'It runs…' : 'It wrote nothing.'}
              />
            </section>
          ))}
        </div>
      </section>
      <RunField label={label} place={place} sign={sign} isBusy={isBusy} onRun={start} />
    </>
  )
}

function took(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : span(ms)
}
