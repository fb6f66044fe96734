import type { EnvironmentRecord } from './records.ts'
import { type RunParts, runSteps } from './run.ts'
import { PlatformStops, RunOutOfDate } from './step.ts'

/** Runs what is wanted, a few at a time. */
export interface Runner {
  /** Begins what waits, as far as there is room for it. */
  begin(): Promise<void>
  /** Ends the run under way of an environment that something else is wanted of. */
  supersede(environment: EnvironmentRecord): void
  /** The same for all runs, whoever has written what is wanted. */
  sweep(): Promise<void>
  isRunning(environmentId: string): boolean
  /** Lets go of what is under way, and waits for that a while: the next start goes on with it. */
  close(): Promise<void>
}

/** What it needs. */
interface Parts extends RunParts {
  /** runs under way at a time */
  readonly atOnce: number
  /** told when a run is over */
  readonly over: (environmentId: string) => void
}

/** A run under way. */
interface Running {
  readonly organizationId: string
  readonly run: number
  readonly end: AbortController
  readonly done: Promise<void>
}

/** Most organizations that wait of which one is chosen. */
const mostWaiting = 1000
/** Longest wait of `close`, ms. */
const closeWaitMs = 10_000

/** Makes the runner. Nothing happens by itself before the first `begin`. */
export function createRunner(parts: Parts): Runner {
  const { runs, logs, atOnce, clock, log } = parts
  const running = new Map<string, Running>()
  /** when organizations had their last turn, as a count of all turns */
  const lastTurns = new Map<string, number>()
  let turns = 0
  let isClosed = false

  async function begin(): Promise<void> {
    while (!isClosed && running.size < atOnce) {
      const isShared = (await runs.organizations()) > 1
      const found = await choose(isShared)
      if (found === undefined || isClosed) return
      // Another call may have come first, while this one was reading.
      if (running.has(found.id) || !mayBegin(found.organizationId, isShared)) continue
      turns += 1
      lastTurns.set(found.organizationId, turns)
      start(found)
    }
  }

  function start(found: EnvironmentRecord): void {
    const { id, organizationId, status } = found
    const end = new AbortController()
    const run = status === 'queued' ? found.wantedRun : found.run
    let isFaulty = false
    const done = work(found, end.signal)
      .catch((error: unknown) => {
        isFaulty = true
        if (!isClosed) log.error({ error, environmentId: id }, 'a run stopped half-way; the next round goes on with it')
      })
      .finally(() => {
        running.delete(id)
        if (isClosed) return
        parts.over(id)
        // What the store did not take is left to the next round, or it would be tried all the time.
        if (!isFaulty) again()
      })
    running.set(id, { organizationId, run, end, done })
  }

  function again(): void {
    void begin().catch((error: unknown) => {
      if (!isClosed) log.error({ error }, 'the next run could not begin')
    })
  }

  /** The next one: of the organization that has the fewest under way, and of these the one whose turn was longest ago. */
  async function choose(isShared: boolean): Promise<EnvironmentRecord | undefined> {
    const ids = [...running.keys()]
    const waiting = await runs.waiting(ids, mostWaiting)
    for (const id of lastTurns.keys()) if (countOf(id) === 0 && !waiting.includes(id)) lastTurns.delete(id)
    const [first] = waiting
      .filter((id) => mayBegin(id, isShared))
      .sort((one, other) => countOf(one) - countOf(other) || (lastTurns.get(one) ?? 0) - (lastTurns.get(other) ?? 0))
    return first === undefined ? undefined : runs.next(first, ids)
  }

  function countOf(organizationId: string): number {
    return [...running.values()].filter((run) => run.organizationId === organizationId).length
  }

  /** Where several organizations have previews, the last place is kept for one that has none: runs can take an hour. */
  function mayBegin(organizationId: string, isShared: boolean): boolean {
    const isLastKept = isShared && countOf(organizationId) > 0
    return running.size < (isLastKept ? atOnce - 1 : atOnce)
  }

  async function work(found: EnvironmentRecord, signal: AbortSignal): Promise<void> {
    let environment = found
    if (found.status === 'queued') {
      // The log is of the last run only; whoever follows this one opens it when it has begun.
      await logs.remove(found.id)
      const begun = await runs.begin(found, clock())
      if (begun === undefined) return
      parts.changed(begun)
      environment = begun
    }
    await runSteps(parts, environment, signal)
  }

  function supersede({ id, wantedRun, status }: Pick<EnvironmentRecord, 'id' | 'wantedRun' | 'status'>): void {
    const current = running.get(id)
    if (current === undefined || (current.run === wantedRun && status !== 'deleting')) return
    current.end.abort(new RunOutOfDate('Something else is wanted by now'))
  }

  return {
    begin,
    supersede,
    async sweep() {
      for (const [id, { end }] of running) {
        const now = await parts.environments.byId(id)
        if (now !== undefined) supersede(now)
        else end.abort(new RunOutOfDate('The environment is gone'))
      }
    },
    isRunning: (environmentId) => running.has(environmentId),
    async close() {
      isClosed = true
      const under = [...running.values()]
      for (const { end } of under) end.abort(new PlatformStops('The platform stops'))
      let timer: NodeJS.Timeout | undefined
      const waited = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, closeWaitMs)
      })
      await Promise.race([Promise.all(under.map(({ done }) => done)), waited])
      clearTimeout(timer)
    },
  }
}
