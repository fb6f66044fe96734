import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { isPlatformError } from '@sandyard/protocol'
import type { Admission } from './access/admit.ts'

/** What callers have open, and what it was opened with: it is closed when that opens it no more. */
export interface OpenedConnections {
  /** Holds a connection until it is closed. */
  hold(request: IncomingMessage, closing: Duplex | ServerResponse, admission: Admission): void
  /** Call when somebody may do less than before. */
  recheckAll(): void
  /** Call when a sandbox has changed: it may be public no more. */
  recheckPublic(sandboxId: string): void
  close(): void
}

/** time between two looks at what signed links have opened: they expire, and are ended, without a word; ms */
const lookMs = 10_000
/** refusals that mean: not any more */
const endings: ReadonlySet<string> = new Set(['UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND', 'GONE'])

interface Held {
  readonly request: IncomingMessage
  readonly sandboxId: string
  readonly by: Admission['by']
}

/** Makes it; `ask` asks anew who may pass. */
export function createOpenedConnections(
  ask: (request: IncomingMessage, isUpgrade: boolean) => Promise<unknown>,
): OpenedConnections {
  const opened = new Map<Duplex | ServerResponse, Held>()

  function recheck(isMeant: (held: Held) => boolean): void {
    for (const [closing, held] of opened) {
      if (!isMeant(held)) continue
      ask(held.request, closing instanceof Socket).catch((error: unknown) => {
        if (isPlatformError(error) && endings.has(error.code)) closing.destroy()
      })
    }
  }

  const timer = setInterval(() => recheck(({ by }) => by === 'signed'), lookMs).unref()
  return {
    hold(request, closing, { by, sandboxId }) {
      opened.set(closing, { request, sandboxId, by })
      closing.once('close', () => opened.delete(closing))
    },
    recheckAll: () => recheck(() => true),
    recheckPublic: (changed) => recheck(({ by, sandboxId }) => by === 'public' && sandboxId === changed),
    close: () => clearInterval(timer),
  }
}
