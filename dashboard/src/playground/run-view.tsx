import type { ReactNode } from 'react'
import { Code } from '../design/code.tsx'
import { Log } from '../design/log.tsx'
import type { Run } from './use-runs.ts'

/** What became of a call: what it told, what it answered, how long it took. */
export function RunView({ run: { id, name, said, end } }: { run: Run }): ReactNode {
  const text = end?.text ?? ''
  return (
    <li className="run">
      <div className="run-head">
        <code>{name}</code>
        {end === null ? (
          <span className="state" data-tone="busy">
            runs
          </span>
        ) : (
          <span className="state" data-tone={end.isOk ? 'good' : 'bad'}>
            {end.isOk ? 'done' : 'failed'}
          </span>
        )}
        {end !== null && <span className="quiet small numbers">{Math.round(end.ms)} ms</span>}
      </div>
      {said !== '' && <Log label={`What ${name} printed`} text={said} />}
      {text !== '' && <Code label={`Answer ${id}, of ${name}`} text={text} />}
      {end !== null && said === '' && text === '' && <p className="quiet small">It answers nothing.</p>}
    </li>
  )
}
