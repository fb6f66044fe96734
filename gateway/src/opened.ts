import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { isPlatformError } from '@sandyard/protocol'
import type { Admission } from './access/admit.ts'

/** What callers have open, and what it was opened with: it is closed when that opens it no more. */
export interface OpenedConnections {
  /** Holds a connection until the function that is given is called, once, when it is closed. */
  hold(request: IncomingMessage, closing: Duplex | ServerResponse, admission: Admission): () => void
  /** Call when somebody may do less than before. */
  recheckAll(): void
  /** Call when a sandbox has changed: it may be public no more, or a signed link of it has ended. */
  recheckSandbox(sandboxId: string): void
  close(): void
}

/** time between two looks at what signed links have opened: they expire without a word; ms */
const lookMs = 10_000
/** refusals that mean: not any more */
const endings: ReadonlySet<string> = new Set(['UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND', 'GONE'])

interface Held {
  readonly request: IncomingMessage
  readonly closing: Duplex | ServerResponse
  readonly sandboxId: string
  readonly by: Admission['by']
  /** where it stands among those that are held */
  index: number
}

/** Makes it; `ask` asks anew who may pass. */
export function createOpenedConnections(
  ask: (request: IncomingMessage, isUpgrade: boolean) => Promise<unknown>,
): OpenedConnections {
  // Not a Map or Set: every request comes and goes here, and V8 kept what was deleted from those until it collected the
  // whole heap, which took a third of the time of a busy gateway.
  const opened: Held[] = []

  function recheck(isMeant: (held: Held) => boolean): void {
    for (const { request, closing } of opened.filter(isMeant)) {
      ask(request, closing instanceof Socket).catch((error: unknown) => {
        if (isPlatformError(error) && endings.has(error.code)) closing.destroy()
      })
    }
  }

  function release(held: Held): void {
    const last = opened.pop()
    if (last === undefined || last === held) return
    // The last one takes its place.
    opened[held.index] = last
    last.index = held.index
  }

  const timer = setInterval(() => recheck(({ by }) => by === 'signed'), lookMs).unref()
  return {
    hold(request, closing, { by, sandboxId }) {
      const held: Held = { request, closing, sandboxId, by, index: opened.length }
      opened.push(held)
      return () => release(held)
    },
    recheckAll: () => recheck(() => true),
    recheckSandbox: (changed) =>
      recheck(({ by, sandboxId }) => (by === 'public' || by === 'signed') && sandboxId === changed),
    close: () => clearInterval(timer),
  }
}
