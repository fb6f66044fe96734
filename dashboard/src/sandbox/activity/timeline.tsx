import { CircleDot, CircleX, Moon, Play, User } from 'lucide-react'
import type { ReactNode } from 'react'
import { type AuditEntry, actionText, actorText, keyText } from '../../audit/entries.ts'
import { byDay, type Happening, type Moment } from './moments.ts'

/** A line of time, the newest at the top. */
export function Timeline({
  moments,
  onShow,
  onMore,
}: {
  moments: readonly Moment[]
  onShow: (entry: AuditEntry) => void
  onMore: (() => void) | undefined
}): ReactNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="timeline" tabIndex={0} aria-label="Activity">
      {byDay(moments).map(([day, its]) => (
        <section key={day}>
          <h2>{day}</h2>
          <ol>
            {its.map((moment) => (
              <Point key={moment.key} moment={moment} onShow={onShow} />
            ))}
          </ol>
        </section>
      ))}
      {onMore !== undefined && (
        <button type="button" className="button" onClick={onMore}>
          Show more
        </button>
      )}
    </section>
  )
}

function Point({ moment, onShow }: { moment: Moment; onShow: (entry: AuditEntry) => void }): ReactNode {
  const time = (
    <time className="quiet numbers" dateTime={moment.at} title={new Date(moment.at).toLocaleString()}>
      {new Date(moment.at).toLocaleTimeString(undefined, { timeStyle: 'medium' })}
    </time>
  )
  if (moment.kind === 'event') {
    const { happening } = moment
    return (
      <li data-tone={toneOf(happening)}>
        <Sign happening={happening} />
        <span>{happening.body}</span>
        {time}
      </li>
    )
  }
  const { entry } = moment
  const isRefused = entry.statusCode >= 400
  return (
    <li data-tone={isRefused ? 'bad' : 'action'}>
      <User aria-hidden />
      <span>
        <button type="button" className="row-button" onClick={() => onShow(entry)}>
          {actionText(entry)}
        </button>{' '}
        <span className="quiet">
          by {actorText(entry)}
          {keyText(entry) !== undefined && <> with the key {keyText(entry)}</>}
        </span>
        {isRefused && (
          <span className="refusal">
            {' '}
            {entry.statusCode}
            {entry.errorMessage !== undefined && `: ${entry.errorMessage}`}
          </span>
        )}
      </span>
      {time}
    </li>
  )
}

function toneOf({ severityText, logAttributes }: Happening): string {
  if (severityText === 'ERROR') return 'bad'
  return logAttributes.newState === 'started' ? 'good' : 'rest'
}

function Sign({ happening }: { happening: Happening }): ReactNode {
  if (happening.severityText === 'ERROR') return <CircleX aria-hidden />
  const { newState = '' } = happening.logAttributes
  if (newState === 'started') return <Play aria-hidden />
  return ['stopped', 'archived', 'paused'].includes(newState) ? <Moon aria-hidden /> : <CircleDot aria-hidden />
}
