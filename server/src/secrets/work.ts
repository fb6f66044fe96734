import { type Engine, isPlatformError, type SandboxState } from '@sandyard/protocol'
import type { Log } from '../log.ts'
import { createBackOff } from '../sandboxes/back-off.ts'
import type { SecretStore } from '../store/secrets.ts'
import { usesOf } from './uses.ts'

/** States in which the engine takes secrets. Of a paused sandbox it is told when that goes on. */
const tellable: readonly SandboxState[] = ['started', 'stopped', 'archived', 'starting']

/** So many sandboxes are told of at a time, and read at once. */
const width = 8
const pageSize = 1000

/** Sees to it that the engine knows the secrets of sandboxes; what it does not know is noted in the store. */
export interface SecretWork {
  /** Tells it what it does not know of a sandbox, unless that is in no state for it. Throws what the engine throws. */
  tell(sandboxId: string): Promise<void>
  /** The same for many. Never rejects: a later round tells what could not be told. */
  tellAll(sandboxIds: readonly string[]): Promise<void>
  /** Begins to tell what a crash or a failure has left. */
  tidy(): Promise<void>
  /** Resolves when nothing is under way. */
  settled(): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly engine: Pick<Engine, 'setSecrets'>
  readonly secrets: SecretStore
  readonly clock: () => number
  readonly log: Log
}

/** Makes the worker. */
export function createSecretWork({ engine, secrets, clock, log }: Parts): SecretWork {
  const backOff = createBackOff(clock)
  /** the last telling of each sandbox: an older one must not come after it */
  const turns = new Map<string, Promise<void>>()
  const drains = new Set<Promise<void>>()
  let isClosing = false

  async function tellNow(sandboxId: string): Promise<void> {
    const untold = await secrets.untold(sandboxId)
    if (untold === undefined || !tellable.includes(untold.state)) return
    await engine.setSecrets(sandboxId, await usesOf(secrets, untold.secrets))
    await secrets.told(sandboxId, untold.revision)
  }

  function tell(sandboxId: string): Promise<void> {
    const before = turns.get(sandboxId) ?? Promise.resolve()
    // Who asked for the one before sees its failure.
    const turn = before.catch(() => {}).then(() => tellNow(sandboxId))
    turns.set(sandboxId, turn)
    const leave = () => {
      if (turns.get(sandboxId) === turn) turns.delete(sandboxId)
    }
    turn.then(leave, leave)
    return turn
  }

  async function tellOrNote(sandboxId: string): Promise<void> {
    try {
      await tell(sandboxId)
    } catch (error) {
      // It has moved on, or is gone: nothing is wrong then.
      const isMoved = isPlatformError(error) && (error.code === 'CONFLICT' || error.code === 'NOT_FOUND')
      log[isMoved ? 'info' : 'warn'](
        { error, sandboxId },
        'the engine was not told of secrets; a later round tries again',
      )
    }
  }

  async function drain(sandboxIds: readonly string[]): Promise<void> {
    const left = [...sandboxIds]
    const worker = async () => {
      for (let next = left.pop(); next !== undefined && !isClosing; next = left.pop()) await tellOrNote(next)
    }
    await Promise.all(Array.from({ length: Math.min(width, left.length) }, worker))
  }

  async function untoldOfAll() {
    const untold: { sandboxId: string; revision: number }[] = []
    for (let page = await secrets.untoldIn(tellable, pageSize); ; ) {
      untold.push(...page)
      const last = page.at(-1)
      if (last === undefined || page.length < pageSize) return untold
      page = await secrets.untoldIn(tellable, pageSize, last.sandboxId)
    }
  }

  function tellAll(sandboxIds: readonly string[]): Promise<void> {
    const work = drain(sandboxIds).finally(() => drains.delete(work))
    drains.add(work)
    return work
  }

  return {
    tell,
    tellAll,
    async tidy() {
      const untold = await untoldOfAll()
      const keyOf = (row: { sandboxId: string; revision: number }) => `${row.sandboxId} ${row.revision}`
      backOff.retain(new Set(untold.map(keyOf)))
      void tellAll(untold.filter((row) => backOff.try(keyOf(row)) > 0).map(({ sandboxId }) => sandboxId))
    },
    async settled() {
      isClosing = true
      await Promise.allSettled([...drains, ...turns.values()])
    },
  }
}
