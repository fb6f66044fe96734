import { appendFile, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogEntry } from '@sandyard/protocol'
import type { Log } from '../log.ts'
import type { Feed, SandboxChange } from '../sandboxes/feed.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import { wireDate } from '../wire-date.ts'

/** A file of a journal is put aside when it has become so long, and the one before it goes, bytes. */
const fileBytes = 128 * 1024
/** Entries that wait to be written together, ms. */
const gatherMs = 100

/** A line of the journal: epoch ms, severity, what happened, and what is known about it. */
interface Line {
  readonly at: number
  readonly level: 'INFO' | 'ERROR'
  readonly text: string
  readonly about: Readonly<Record<string, string>>
}

/** What has happened to sandboxes, one file each. It is for people: what the last moments before a crash held is lost. */
export interface Journal {
  /** Entries of a sandbox within a time, epoch ms, the newest first. */
  read(sandbox: SandboxRecord, fromMs: number, toMs: number): Promise<LogEntry[]>
  /** Writes what waits, and listens no more. */
  close(): Promise<void>
}

/** Keeps the journals in a folder. */
export function createJournal({ folder, feed, log }: { folder: string; feed: Feed<SandboxChange>; log: Log }): Journal {
  const waiting = new Map<string, Line[]>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  const unsubscribe = feed.subscribe(({ before, after }) => {
    const line = tell(before, after)
    if (line === undefined) return
    waiting.set(after.id, [...(waiting.get(after.id) ?? []), line])
    timer ??= setTimeout(() => void flush(), gatherMs).unref()
  })

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    writing = writing.then(async () => {
      const batch = [...waiting]
      waiting.clear()
      for (const [id, lines] of batch) {
        try {
          await append(fileOf(id), `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`)
        } catch (error) {
          log.warn({ sandboxId: id, error }, 'what happened to a sandbox could not be noted')
        }
      }
    })
    return writing
  }

  const fileOf = (id: string): string => join(folder, `${id}.log`)

  return {
    async read(sandbox, fromMs, toMs) {
      await flush()
      const file = fileOf(sandbox.id)
      const text = (await readIfThere(`${file}.1`)) + (await readIfThere(file))
      const lines = text.split('\n').flatMap(parse)
      return lines
        .filter(({ at }) => at >= fromMs && at <= toMs)
        .reverse()
        .map((line) => toEntry(sandbox, line))
    },
    async close() {
      unsubscribe()
      await flush()
    },
  }
}

/** What a change means for people; `undefined` when it is none of the state. */
function tell(before: SandboxRecord | null, after: SandboxRecord): Line | undefined {
  const at = after.updatedAtMs
  if (before === null) {
    return { at, level: 'INFO', text: `Sandbox created from ${after.snapshot}`, about: { newState: after.state } }
  }
  if (before.state === after.state) return undefined
  const why = after.errorReason === null || after.errorReason === before.errorReason ? '' : `: ${after.errorReason}`
  const isFailure = after.state === 'error' || after.state === 'build_failed'
  return {
    at,
    level: isFailure ? 'ERROR' : 'INFO',
    text: `State changed from ${before.state} to ${after.state}${why}`,
    about: { oldState: before.state, newState: after.state },
  }
}

function toEntry(sandbox: SandboxRecord, { at, level, text, about }: Line): LogEntry {
  return {
    timestamp: wireDate(at),
    body: text,
    severityText: level,
    severityNumber: level === 'ERROR' ? 17 : 9,
    serviceName: 'sandyard',
    resourceAttributes: { 'sandbox.id': sandbox.id, 'organization.id': sandbox.organizationId },
    logAttributes: about,
  }
}

/** A last line that was cut off by a crash is left out. */
function parse(text: string): Line[] {
  try {
    return text === '' ? [] : [JSON.parse(text) as Line]
  } catch {
    return []
  }
}

async function append(file: string, text: string): Promise<void> {
  await appendFile(file, text, { mode: 0o600 })
  const { size } = await stat(file)
  if (size > fileBytes) await rename(file, `${file}.1`)
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
