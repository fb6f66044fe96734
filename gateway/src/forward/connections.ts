import type { Duplex } from 'node:stream'
import { type DialTarget, type Engine, isPlatformError, PlatformError } from '@sandyard/protocol'
import { createLines, type Lines } from './lines.ts'

/** Connections into sandboxes: kept ones for requests, fresh ones for tunnels. */
export interface Connections {
  /** the kept ones to a target */
  lines(sandboxId: string, target: DialTarget): Lines
  /** a connection of its own; rejects as `dial` does, or with REQUEST_GATEWAY_TIMEOUT */
  open(sandboxId: string, target: DialTarget): Promise<Duplex>
  /** Drops idle connections to a target; what is in use goes on. */
  renew(sandboxId: string, target: DialTarget): void
  /** The same for all targets of a sandbox. */
  forget(sandboxId: string): void
  /** Cuts everything. */
  close(): void
}

const dialMs = 30_000
/** targets that connections are kept to */
const targetCount = 1024
/** Shorter than servers commonly keep an idle connection, so that they rarely close one as we use it. */
const idleMs = { agent: 4000, port: 1500 } as const
/** time between two looks for idle ones, ms */
const sweepMs = 250

/** Makes them; `dial` opens one. */
export function createConnections(dial: Engine['dial']): Connections {
  /** the target used last is the last one */
  const targets = new Map<string, { readonly lines: Lines; readonly idleMs: number }>()
  let newest = ''
  const open = (sandboxId: string, target: DialTarget) => dialInTime(dial, sandboxId, target)

  const retire = (key: string) => {
    targets.get(key)?.lines.retire()
    targets.delete(key)
    if (key === newest) newest = ''
  }
  const timer = setInterval(() => {
    const nowMs = performance.now()
    for (const { lines, idleMs } of targets.values()) lines.sweep(nowMs - idleMs)
  }, sweepMs).unref()

  return {
    open,
    lines(sandboxId, target) {
      const key = keyOf(sandboxId, target)
      const known = targets.get(key)
      const entry = known ?? { lines: createLines(() => open(sandboxId, target)), idleMs: idleMs[target.kind] }
      if (key === newest) return entry.lines
      newest = key
      targets.delete(key)
      targets.set(key, entry)
      for (const oldest of targets.keys()) {
        if (targets.size <= targetCount) break
        retire(oldest)
      }
      return entry.lines
    },
    renew(sandboxId, target) {
      retire(keyOf(sandboxId, target))
    },
    forget(sandboxId) {
      for (const key of [...targets.keys()]) if (key.startsWith(`${sandboxId} `)) retire(key)
    },
    close() {
      clearInterval(timer)
      for (const { lines } of targets.values()) lines.close()
      targets.clear()
    },
  }
}

async function dialInTime(dial: Engine['dial'], sandboxId: string, target: DialTarget): Promise<Duplex> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new PlatformError('REQUEST_GATEWAY_TIMEOUT', `Sandbox ${sandboxId} took no connection in time`))
  }, dialMs)
  const dialling = dial(sandboxId, target)
  try {
    return await Promise.race([dialling, late.promise])
  } catch (error) {
    dialling.then(
      (stream) => stream.destroy(),
      () => {}, // it failed, and is told here
    )
    if (isPlatformError(error)) throw error
    throw new PlatformError('BAD_GATEWAY', `Sandbox ${sandboxId} could not be reached`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

function keyOf(sandboxId: string, target: DialTarget): string {
  return `${sandboxId} ${target.kind === 'agent' ? 'agent' : target.port}`
}
