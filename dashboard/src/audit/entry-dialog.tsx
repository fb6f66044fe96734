import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Code } from '../design/code.tsx'
import { Facts } from '../design/facts.tsx'
import { Modal } from '../design/modal.tsx'
import { State } from '../design/state.tsx'
import { moment } from '../design/times.ts'
import { type AuditEntry, actionText, actorText, keyText, targetHref } from './entries.ts'

/** How a call ended. */
export function Outcome({ entry: { statusCode, errorMessage } }: { entry: AuditEntry }): ReactNode {
  if (statusCode < 400) return <State tone="good" word="done" />
  return (
    <State
      tone="bad"
      word={statusCode < 500 ? `refused, ${statusCode}` : `failed, ${statusCode}`}
      reason={errorMessage ?? null}
    />
  )
}

/** What an entry is about, with a link where there is a page for it. `isShort`: of an id the first part. */
export function Target({ entry, isShort = false }: { entry: AuditEntry; isShort?: boolean }): ReactNode {
  const href = targetHref(entry)
  const id = isShort ? entry.targetId?.replace(/^([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f-]{22}$/, '$1…') : entry.targetId
  const type = entry.targetType.replaceAll('_', ' ')
  return (
    <div className="stack">
      <span>{type}</span>
      {entry.targetId !== undefined &&
        (href === undefined ? (
          <code className="quiet small" title={entry.targetId}>
            {id}
          </code>
        ) : (
          <Link className="mono small" href={href} title={entry.targetId}>
            {id}
          </Link>
        ))}
    </div>
  )
}

/** All that is known of an entry. */
export function EntryDialog({ entry, onClose }: { entry: AuditEntry; onClose: () => void }): ReactNode {
  const { createdAt, ipAddress, userAgent, source, metadata, id } = entry
  return (
    <Modal title={`${actionText(entry)}: ${entry.targetType.replaceAll('_', ' ')}`} onClose={onClose}>
      <Facts
        rows={[
          ['When', moment(createdAt)],
          ['Who', actorText(entry)],
          ['User', <code key="user">{entry.actorId}</code>],
          ['API key', keyText(entry) === undefined ? undefined : <code key="key">{keyText(entry)}</code>],
          ['Target', <Target key="target" entry={entry} />],
          ['Action', <code key="action">{entry.action}</code>],
          ['Outcome', <Outcome key="outcome" entry={entry} />],
          ['From', ipAddress],
          ['Client', [source, userAgent].filter(Boolean).join(', ') || undefined],
          ['Entry', <code key="id">{id}</code>],
        ]}
      />
      {metadata !== undefined && <Code label="What was asked for" text={JSON.stringify(metadata, null, 2)} />}
    </Modal>
  )
}
