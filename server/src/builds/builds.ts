import { randomUUID } from 'node:crypto'
import { type Engine, limits, PlatformError, type RegistryLogin } from '@sandyard/protocol'
import type { Log } from '../log.ts'
import type { ServerConfig } from '../options.ts'
import { failureReason } from '../sandboxes/reason.ts'
import type { BuildPatch, BuildRecord, BuildSource, BuildStore } from '../store/builds.ts'
import type { BuildState } from '../store/tables.ts'
import { buildKey } from './build-key.ts'
import type { BuildLogs } from './logs.ts'

/** Uploaded build contexts. */
export interface Contexts {
  /** `file:` URL of a context's tar file; `null` when the organization has uploaded none of this name */
  url(organizationId: string, hash: string): Promise<string | null>
}

/** Makes snapshots of images and Dockerfiles, a few at a time. */
export interface Builds {
  /** A build that nobody has asked for yet, to be written with what stands on it. */
  wanted(organizationId: string, source: BuildSource, options: { readonly isForSandbox: boolean }): BuildRecord
  byId(id: string): Promise<BuildRecord | undefined>
  /** What a build has told, from its beginning; `follow` until it ends. The reader counts as one of its organization. */
  log(build: { readonly id: string; readonly organizationId: string }, follow: boolean): ReadableStream<Uint8Array>
  /** Throws BAD_REQUEST when a context was not uploaded. */
  checkContexts(organizationId: string, hashes: readonly string[]): Promise<void>
  /** Begins what waits, as far as there is room for it. */
  begin(): Promise<void>
  /** Removes what nobody stands on any more, and ends the making of it. */
  tidy(): Promise<void>
  /** Lets go of what is under way: it stays as it is, and the next start goes on with it. */
  close(): void
}

/** What it needs. */
interface Parts {
  readonly engine: Pick<Engine, 'makeSnapshot' | 'removeSnapshot' | 'snapshots'>
  readonly builds: BuildStore
  readonly logs: BuildLogs
  readonly contexts: Contexts
  /** what an organization's pulls and builds may use */
  readonly logins: (organizationId: string) => Promise<readonly RegistryLogin[]>
  /** told of each change of state, after the store has it */
  readonly changed: (build: BuildRecord) => Promise<void>
  readonly config: Pick<ServerConfig, 'capacity'>
  readonly clock: () => number
  readonly log: Log
}

/** A build that is worked on. */
interface Running {
  readonly organizationId: string
  /** epoch ms */
  readonly beganAtMs: number
  /** ends it with this error */
  readonly isLate: (error: Error) => void
}

/** What is kept of one organization that nothing stands on: it counts in no quota. */
const keptMost = {
  most: limits.buildsKept,
  mostBytes: limits.buildsKeptBytes,
  mostFailed: limits.buildsFailedKept,
}
/** Most builds that one round takes up for one reason. */
const mostPerRound = 100
/** Most organizations that wait of which one is chosen. */
const mostWaiting = 1000

/** Makes the builds. Nothing happens by itself before the first `begin`. */
export function createBuilds(parts: Parts): Builds {
  const { engine, builds, logs, contexts, clock, log } = parts
  /** those that are worked on */
  const running = new Map<string, Running>()
  /** when organizations that have builds had their last turn, as a count of all turns */
  const lastTurns = new Map<string, number>()
  let turns = 0
  let isClosed = false

  async function move(build: BuildRecord, to: BuildState, patch: BuildPatch = {}): Promise<BuildRecord | undefined> {
    const after = await builds.changeState(build, to, { patch, nowMs: clock() })
    logs.wake(build.id)
    if (after === undefined) return undefined
    try {
      await parts.changed(after)
    } catch (error) {
      log.error({ error, buildId: build.id }, 'what stands on a build could not follow it; the next round tries again')
    }
    return after
  }

  async function begin(): Promise<void> {
    while (!isClosed && running.size < limits.buildsAtOnce) {
      const build = await choose()
      if (build === undefined) return
      // Another call may have come first, while this one was reading.
      if (running.has(build.id) || !mayBegin(build.organizationId)) continue
      turns += 1
      lastTurns.set(build.organizationId, turns)
      const late = Promise.withResolvers<never>()
      late.promise.catch(() => {}) // Most builds end in time, and then nobody waits for it.
      const { organizationId } = build
      running.set(build.id, { organizationId, beganAtMs: clock(), isLate: late.reject })
      void work(build, late.promise)
        .catch((error: unknown) =>
          log.error({ error, buildId: build.id }, 'a build stopped half-way; it is tried again'),
        )
        .finally(() => {
          running.delete(build.id)
          if (!isClosed) void begin().catch((error: unknown) => log.error({ error }, 'the next build could not begin'))
        })
    }
  }

  /** The next one: of the organization that has the fewest under way, and of these the one whose turn was longest ago. */
  async function choose(): Promise<BuildRecord | undefined> {
    const ids = [...running.keys()]
    const waiting = await builds.waiting(ids, mostWaiting)
    for (const id of lastTurns.keys()) if (countOf(id) === 0 && !waiting.includes(id)) lastTurns.delete(id)
    const [first] = waiting
      .filter(mayBegin)
      .sort((one, other) => countOf(one) - countOf(other) || (lastTurns.get(one) ?? 0) - (lastTurns.get(other) ?? 0))
    return first === undefined ? undefined : builds.next(first, ids)
  }

  function countOf(organizationId: string): number {
    return [...running.values()].filter((build) => build.organizationId === organizationId).length
  }

  /** The last place is kept for an organization that has none: builds can take an hour. */
  function mayBegin(organizationId: string): boolean {
    const own = countOf(organizationId)
    const places = own === 0 ? limits.buildsAtOnce : limits.buildsAtOnce - 1
    return own < limits.buildsOfOrganizationAtOnce && running.size < places
  }

  /** Makes one, whatever a crash has left of it. */
  async function work(found: BuildRecord, late: Promise<never>): Promise<void> {
    const build = found.state === 'making' ? found : await move(found, 'making')
    if (build === undefined) return
    const { id } = build
    const writer = logs.writer(id)
    try {
      if (found.state === 'making') writer.write('[the platform was restarted; the build goes on]\n')
      const made =
        engine.snapshots().find(({ name }) => name === id) ?? (await Promise.race([order(build, writer.write), late]))
      const { sizeBytes, user, entrypoint } = made
      if (isClosed) return
      const ready = await move(build, 'ready', { sizeBytes, user, entrypoint })
      if (ready === undefined) await engine.removeSnapshot(id)
    } catch (error) {
      if (isClosed) return
      const errorReason = failureReason(error)
      // What follows its first line is the end of what a program printed, which the log has already.
      writer.write(`error: ${errorReason.split('\n', 1)[0]}\n`)
      log.warn({ error, buildId: id }, 'a build failed')
      await move(build, 'failed', { errorReason })
    } finally {
      writer.close()
      logs.wake(id)
    }
  }

  async function order(build: BuildRecord, tell: (text: string) => void) {
    const { id, organizationId, source } = build
    const isOfStranger = source.kind === 'dockerfile' && source.isOfStranger === true
    return engine.makeSnapshot(
      {
        name: id,
        scope: isOfStranger ? `${organizationId} strangers` : organizationId,
        source: source.kind === 'image' ? source : await resolve(organizationId, source),
        logins: isOfStranger ? [] : await parts.logins(organizationId),
        resources: parts.config.capacity,
      },
      tell,
    )
  }

  /** Ends those that take too long. */
  async function endLate(): Promise<void> {
    for (const [id, { beganAtMs, isLate }] of running) {
      if (clock() - beganAtMs <= limits.buildMs) continue
      isLate(new PlatformError('BAD_REQUEST', 'Timeout processing snapshot on initial runner'))
      await engine.removeSnapshot(id)
    }
  }

  async function resolve(organizationId: string, source: Extract<BuildSource, { kind: 'dockerfile' }>) {
    const { dockerfile, contextHashes } = source
    const urls = await Promise.all(contextHashes.map((hash) => contextUrl(organizationId, hash)))
    return { kind: 'dockerfile', dockerfile, contexts: urls } as const
  }

  async function contextUrl(organizationId: string, hash: string): Promise<string> {
    const url = await contexts.url(organizationId, hash)
    if (url === null) throw new PlatformError('BAD_REQUEST', `Build context ${hash} was not uploaded`)
    return url
  }

  /** Nobody stands on it. The log goes with it, the row last. */
  async function remove(build: BuildRecord): Promise<void> {
    try {
      await engine.removeSnapshot(build.id)
    } catch (error) {
      // A sandbox that the store has let go of, or a snapshot that was saved from one, can still stand on it.
      log.info({ error, buildId: build.id }, 'a build cannot be removed yet')
      await builds.changeState(build, 'removing', { nowMs: clock() })
      return
    }
    // Whoever works on it may still have to hear of it; the next round comes back.
    if (running.has(build.id)) return
    await logs.remove(build.id)
    await builds.delete(build.id)
  }

  return {
    wanted(organizationId, source, { isForSandbox }) {
      const nowMs = clock()
      return {
        id: randomUUID(),
        organizationId,
        // A tag of an image can name another one by the next time.
        key: source.kind === 'dockerfile' ? buildKey(source) : null,
        source,
        state: 'pending',
        uses: 0,
        sizeBytes: null,
        user: null,
        entrypoint: null,
        errorReason: null,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        lastUsedAtMs: isForSandbox ? nowMs : null,
      }
    },
    byId: (id) => builds.byId(id),
    log({ id, organizationId }, follow) {
      if (!follow) return logs.read(id, organizationId)
      return logs.read(id, organizationId, async () => {
        const state = (await builds.byId(id))?.state
        return state !== 'pending' && state !== 'making'
      })
    },
    async checkContexts(organizationId, hashes) {
      for (const hash of new Set(hashes)) await contextUrl(organizationId, hash)
    },
    begin,
    async tidy() {
      await endLate()
      const keptSinceMs = clock() - limits.buildKeptMs
      const gone = [
        ...(await builds.unused(keptSinceMs, mostPerRound)),
        ...(await builds.surplus(keptMost, mostPerRound)),
      ]
      for (const build of gone) {
        const retired = await builds.retire(build, clock())
        if (retired !== undefined) logs.wake(build.id)
      }
      for (const build of await builds.retired(mostPerRound)) await remove(build)
    },
    close() {
      isClosed = true
      logs.close()
    },
  }
}
