import { type Access, limits, PlatformError } from '@sandyard/protocol'
import type { Admission } from './admit.ts'

/** A sandbox that somebody may enter is not started. */
export class NotStarted extends PlatformError {
  readonly state: string
  /** it starts by itself now; the caller may come again */
  readonly isComing: boolean
  /** seconds until it is worth another try; null: not by itself */
  readonly retryAfterS: number | null

  constructor(
    message: string,
    { state, isComing, retryAfterS }: Pick<NotStarted, 'state' | 'isComing' | 'retryAfterS'>,
  ) {
    super(retryAfterS === null ? 'CONFLICT' : 'SERVICE_UNAVAILABLE', message)
    this.state = state
    this.isComing = isComing
    this.retryAfterS = retryAfterS
  }
}

/** How long and for what a request waits. */
export interface Wait {
  /** what it was told at first */
  readonly first: Admission
  /** asks anew who may pass */
  ask(): Promise<Admission>
  /** false: the request is no use of the sandbox, and starts nothing */
  readonly mayWake: boolean
  readonly waitMs: number
  /** the caller has gone */
  readonly signal: AbortSignal
}

/** What waits for sandboxes to start. */
export interface Arrivals {
  /** Gives the admission to a started sandbox. Throws `NotStarted` when it does not start, or not in time. */
  arrive(wait: Wait): Promise<Admission>
  /** Call when a sandbox has changed: whoever waits for it looks again. */
  changed(sandboxId: string): void
  /** True for a while after somebody had to wait for it: its programs may not be up yet. */
  isNew(sandboxId: string): boolean
}

/** States that become `started` by themselves, soon enough for a request to wait. */
const comingStates: ReadonlySet<string> = new Set(['creating', 'restoring', 'starting', 'resuming'])
/** The same, but it may take long. */
const buildingStates: ReadonlySet<string> = new Set(['pending_build', 'building_snapshot', 'pulling_snapshot'])
/** States in which an order to start can be given. */
const wakeStates: ReadonlySet<string> = new Set(['stopped', 'paused', 'archiving', 'archived'])

/** Longest time between two looks, ms: a change that nobody told of is seen too. */
const lookMs = 2_000
/** Programs of a sandbox that has just been started may take so long to listen, ms. */
const newMs = 60_000
const keptNew = 2_000

/** Makes it. */
export function createArrivals({ wake }: Pick<Access, 'wake'>): Arrivals {
  /** told of the next change of a sandbox */
  const waiting = new Map<string, Set<() => void>>()
  /** when somebody last waited for a sandbox, by the process's own clock, ms */
  const seen = new Map<string, number>()
  /** requests that wait for a sandbox */
  const counts = new Map<string, number>()
  let count = 0

  function countOne({ sandboxId }: Admission, change: 1 | -1): void {
    count += change
    const left = (counts.get(sandboxId) ?? 0) + change
    if (left > 0) counts.set(sandboxId, left)
    else counts.delete(sandboxId)
  }

  function note(sandboxId: string): void {
    seen.delete(sandboxId)
    seen.set(sandboxId, performance.now())
    if (seen.size > keptNew) seen.delete(seen.keys().next().value ?? '')
  }

  /** Resolves at the next change of the sandbox, and at the latest after `lookMs`. */
  async function nextChange(sandboxId: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const told = waiting.get(sandboxId) ?? new Set()
    waiting.set(sandboxId, told.add(resolve))
    signal.addEventListener('abort', () => resolve(), { once: true })
    const timer = setTimeout(resolve, lookMs)
    try {
      await promise
    } finally {
      clearTimeout(timer)
      told.delete(resolve)
      if (told.size === 0 && waiting.get(sandboxId) === told) waiting.delete(sandboxId)
    }
  }

  async function wakeOnce(admission: Admission, signal: AbortSignal): Promise<void> {
    const { promise: left, resolve } = Promise.withResolvers<{ kind: 'coming' }>()
    signal.addEventListener('abort', () => resolve({ kind: 'coming' }), { once: true })
    const answer = await Promise.race([wake(admission.sandboxId), left])
    if (answer.kind !== 'refused') return
    const { sandboxId, state, by } = admission
    // Limits of the organization are not for everybody's eyes.
    const reason = by === 'public' || by === 'signed' ? '' : `: ${answer.reason}`
    const retryAfterS = answer.retryAfterMs === null ? null : Math.max(1, Math.ceil(answer.retryAfterMs / 1000))
    const message = `Sandbox ${sandboxId} is ${state} and could not be started${reason}`
    throw new NotStarted(message, { state, isComing: false, retryAfterS })
  }

  async function untilStarted({ first, ask, mayWake, signal }: Omit<Wait, 'waitMs'>): Promise<Admission> {
    let admission = first
    while (admission.state !== 'started') {
      const { sandboxId, state, isWakeable } = admission
      const isToWake = isWakeable && mayWake
      if (!comingStates.has(state) && !isToWake) throw notStarted(admission)
      if (signal.aborted) throw notYet(admission)
      note(sandboxId)
      const change = nextChange(sandboxId, signal)
      if (isToWake && wakeStates.has(state)) await wakeOnce(admission, signal)
      // What the order has led to may be here already, or still to come.
      const newer = await ask()
      if (newer.state === state) await change
      admission = newer.state === state ? await ask() : newer
    }
    return admission
  }

  return {
    async arrive({ first, ask, mayWake, waitMs, signal }) {
      if (first.state === 'started') return first
      const own = counts.get(first.sandboxId) ?? 0
      if (count >= limits.arrivalsWaiting || own >= limits.arrivalsOfSandbox) throw notYet(first)
      countOne(first, 1)
      const ended = AbortSignal.any([signal, AbortSignal.timeout(waitMs)])
      try {
        return await untilStarted({ first, ask, mayWake, signal: ended })
      } finally {
        countOne(first, -1)
      }
    },
    changed(sandboxId) {
      const told = waiting.get(sandboxId)
      waiting.delete(sandboxId)
      for (const tell of told ?? []) tell()
    },
    isNew: (sandboxId) => performance.now() - (seen.get(sandboxId) ?? -newMs) < newMs,
  }
}

function notStarted(admission: Admission): NotStarted {
  const { sandboxId, state, reason } = admission
  const isComing = buildingStates.has(state)
  const message = `Sandbox ${sandboxId} is ${state}${reason === undefined ? '' : `: ${reason}`}`
  return new NotStarted(message, { state, isComing, retryAfterS: isComing ? 5 : null })
}

/** What serves in the sandbox does not listen yet, and will. */
export function notListening({ sandboxId, state }: Admission): NotStarted {
  const message = `Sandbox ${sandboxId} is up, and what serves in it is being started: come again in a moment`
  return new NotStarted(message, { state, isComing: true, retryAfterS: 2 })
}

function notYet({ sandboxId, state, isWakeable }: Admission): NotStarted {
  const what = isWakeable ? 'is being started' : `is ${state}`
  return new NotStarted(`Sandbox ${sandboxId} ${what}: come again in a moment`, {
    state,
    isComing: true,
    retryAfterS: 2,
  })
}
