import { existsSync } from 'node:fs'
import { type Boxes, syncSession } from './boxes.ts'
import { isOtherAlive, thisProcess } from './file-lock.ts'
import type { PluginLog } from './log.ts'
import type { Client } from './opencode.ts'
import { isSessionGone } from './roots.ts'
import type { SessionRecord, State } from './state.ts'
import type { Synchronizer } from './synchronizer.ts'

/** Brings what sandboxes have to the branches of their sessions. */
export interface Pulls {
  /** Notes that a tool is about to run: what it does is to be brought, by the next start if this one dies. */
  expect(root: string): Promise<void>
  /** Brings what one session's sandbox has, if a tool ran since the last time. Never rejects. */
  pull(root: string): Promise<void>
  /** The same of all sessions of this process. */
  pullAll(): Promise<void>
  /** Does what earlier processes of this folder left undone. Never rejects. */
  catchUp(signal: AbortSignal): Promise<void>
}

export interface PullsPlace {
  readonly boxes: Boxes
  readonly state: State
  readonly sync: Synchronizer | null
  readonly client: Client
  readonly directory: string
  readonly log: PluginLog
  toast(variant: 'info' | 'success' | 'warning' | 'error', message: string): void
}

/** ms that a pull may take */
const pullMs = 5 * 60_000
/** most sessions that a start looks after, the newest first */
const mostCaughtUp = 50

/** What a sandbox never answers must not keep later pulls, or the end of OpenCode, waiting. */
function rejectAtEnd(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`it took longer than ${pullMs / 60_000} min`)))
  })
}

export function createPulls(place: PullsPlace): Pulls {
  const { boxes, state, sync, log, client } = place
  const expected = new Set<string>()
  const running = new Map<string, Promise<void>>()

  async function bring(root: string): Promise<boolean> {
    if (!expected.delete(root)) return true
    try {
      const record = await state.get(root)
      if (record === null || record.isDeleted) return true
      if (sync !== null && record.sync !== null) {
        const signal = AbortSignal.timeout(pullMs)
        const box = await boxes.reopen(root, record)
        const pulled = await Promise.race([
          sync.pull(box, syncSession(state, root, record), signal),
          rejectAtEnd(signal),
        ])
        if (pulled?.isChanged) {
          log.write('INFO', `session ${root}: ${pulled.branch} is at ${pulled.commit}`)
          place.toast('info', `Changes are on ${pulled.branch}`)
        }
        if (pulled?.warning !== undefined) {
          log.write('WARN', `session ${root}: ${pulled.warning}`)
          place.toast('warning', pulled.warning)
        }
      }
      if (!expected.has(root)) await state.change(root, { needsPull: false })
      return true
    } catch (error) {
      expected.add(root)
      const reason = error instanceof Error ? error.message : String(error)
      log.write('ERROR', `session ${root}: its changes were not brought here: ${reason}`)
      place.toast('error', `Changes in the sandbox were not brought here: ${reason}`)
      return false
    }
  }

  function pull(root: string): Promise<void> {
    const before = running.get(root) ?? Promise.resolve()
    const next = before.then(() => bring(root)).then(() => {})
    running.set(root, next)
    return next.finally(() => {
      if (running.get(root) === next) running.delete(root)
    })
  }

  async function look(root: string, record: SessionRecord, signal: AbortSignal): Promise<void> {
    const isOurs = record.directory === place.directory
    // Of a folder that is gone, too, nobody else will think.
    if (record.isDeleted && (isOurs || !existsSync(record.directory))) return await boxes.remove(root)
    if (record.isDeleted || !isOurs || record.root === null) return
    // Another process that runs looks after its own sessions.
    if (record.owner !== null && isOtherAlive(record.owner)) return
    if (record.needsPull && boxes.opened(root) === undefined) {
      expected.add(root)
      await pull(root)
    }
    if (signal.aborted || !(await isSessionGone(client, root))) return
    // It was deleted while the plugin was not there. What it did is on its branch, or it stays.
    if (record.sync !== null && !expected.has(root)) await boxes.remove(root)
    else log.write('WARN', `session ${root} is gone; its sandbox ${record.name} stays, as its work is nowhere else`)
  }

  return {
    pull,
    async expect(root) {
      if (expected.has(root)) return
      expected.add(root)
      await state.change(root, { needsPull: true, owner: thisProcess, lastAccessed: Date.now() })
    },
    async pullAll() {
      await Promise.all([...expected].map(pull))
    },
    async catchUp(signal) {
      try {
        const records = [...(await state.all())].sort(([, one], [, other]) => other.lastAccessed - one.lastAccessed)
        for (const [root, record] of records.slice(0, mostCaughtUp)) {
          if (signal.aborted) return
          await look(root, record, signal).catch((error: unknown) => {
            log.write('WARN', `session ${root} is left for the next start: ${String(error)}`)
          })
        }
      } catch (error) {
        log.write('ERROR', `the records of sandboxes cannot be read: ${String(error)}`)
      }
    },
  }
}
