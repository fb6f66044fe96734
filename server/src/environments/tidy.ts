import { isPlatformError, isUuid } from '@sandyard/protocol'
import type { Log } from '../log.ts'
import type { EnvironmentStore, StraySandbox } from '../store/environments.ts'
import { readPages } from './pages.ts'
import type { EnvironmentRecord } from './records.ts'
import { environmentLabel } from './steps/parts.ts'

/** Clears away what is to go: sandboxes that served, environments, and what is known of sandboxes that are gone. */
export interface Tidy {
  round(): Promise<void>
  /** Begins a round soon; those who ask meanwhile share it. */
  poke(): void
  /** Waits for what is under way. */
  close(): Promise<void>
}

/** What it needs. */
interface Parts {
  readonly environments: EnvironmentStore
  readonly isRunning: (environmentId: string) => boolean
  /** Goes on to destroy a sandbox; `true` when nothing is left of it. Throws CONFLICT while it is busy. */
  readonly destroy: (sandboxId: string) => Promise<boolean>
  /** told of a change, after the store has it */
  readonly changed: (environment: EnvironmentRecord) => void
  /** told of an environment whose row is gone */
  readonly gone: (environmentId: string) => Promise<void>
  readonly clock: () => number
  readonly log: Log
}

/** Most of each kind that one round takes up. */
const mostPerRound = 200
/** Why an environment is not ready any more whose sandbox somebody has deleted. */
const bereft = 'Its sandbox was deleted; the next build makes a new one'

/** Makes it. */
export function createTidy(parts: Parts): Tidy {
  const { environments, clock, log } = parts
  const strays = readPages(
    mostPerRound,
    (afterId, most) => environments.strays(environmentLabel, afterId, most),
    ({ id }) => id,
  )
  const litter = readPages(mostPerRound, environments.litter, ({ sandboxId }) => sandboxId)
  const leaving = readPages(mostPerRound, environments.leaving, ({ id }) => id)
  let working: Promise<void> | undefined
  let isWantedAgain = false
  let isClosed = false

  async function clear(): Promise<void> {
    for (const environment of await environments.bereft(mostPerRound)) {
      const after = await environments.bereave(environment, bereft, clock())
      if (after !== undefined) parts.changed(after)
    }
    for (const stray of await strays()) {
      if (!(await isNeeded(stray))) await environments.addLitter(stray.environmentId, stray.id)
    }
    for (const { sandboxId } of await litter()) {
      if (await isDestroyed(sandboxId)) await environments.removeLitter(sandboxId)
    }
    for (const { id } of await leaving()) {
      // Its run may still make a sandbox, which is to go, too.
      if (!parts.isRunning(id) && (await environments.delete(id))) await parts.gone(id)
    }
  }

  /** A run makes a sandbox before the environment has it. What only carries the label is its user's. */
  async function isNeeded({ id, name, organizationId, environmentId }: StraySandbox): Promise<boolean> {
    const [, run] = isUuid(environmentId)
      ? (new RegExp(`^preview-${environmentId}-(\\d+)(?:-image)?$`).exec(name) ?? [])
      : []
    if (run === undefined || parts.isRunning(environmentId)) return true
    const environment = await environments.byId(environmentId, organizationId)
    if (environment === undefined) return false
    if (environment.former?.sandboxId === id) return true
    return environment.status === 'building' && environment.run === Number(run)
  }

  async function isDestroyed(sandboxId: string): Promise<boolean> {
    try {
      return await parts.destroy(sandboxId)
    } catch (error) {
      const isBusy = isPlatformError(error) && (error.code === 'CONFLICT' || error.code === 'NOT_FOUND')
      log[isBusy ? 'info' : 'warn']({ error, sandboxId }, 'the sandbox of a preview is destroyed later')
      return false
    }
  }

  function round(): Promise<void> {
    if (isClosed) return Promise.resolve()
    if (working !== undefined) {
      isWantedAgain = true
      return working
    }
    working = clear().finally(() => {
      working = undefined
      if (!isWantedAgain) return
      isWantedAgain = false
      poke()
    })
    return working
  }

  function poke(): void {
    round().catch((error: unknown) => {
      if (!isClosed) log.error({ error }, 'previews could not be tidied; the next round tries again')
    })
  }

  return {
    round,
    poke,
    async close() {
      isClosed = true
      await working?.catch(() => {}) // Whoever began it has told.
    },
  }
}
