import { type Engine, limits, type SshAnswer } from '@sandyard/protocol'
import type { Connection } from 'ssh2'
import { createAttach, plainText } from './attachment.ts'
import { type ForwardPlace, serveInward, serveOutward } from './forwards.ts'
import { socketOf } from './library.ts'
import { Link } from './link.ts'
import type { Program } from './program.ts'
import { serveSession } from './sessions.ts'

/** Who has been let in. */
export interface Visitor {
  readonly token: string
  readonly granted: SshAnswer & { kind: 'granted' }
  readonly variables: Readonly<Record<string, string>>
}

/** An open connection of somebody who has been let in. */
export interface Visit {
  readonly visitor: Visitor
  /** Tells those who look why, and ends it. */
  cut(reason: string): void
}

/** time for the last words to be read before the end is told, and until it comes without being told, ms */
const readingMs = 150
const lastWordsMs = 450
/** timers take no more, ms */
const longestTimerMs = 2 ** 30

/** Serves a connection until it is closed. */
export function serveVisit(
  connection: Connection,
  visitor: Visitor,
  { dial, clock }: { readonly dial: Engine['dial']; readonly clock: () => number },
): Visit {
  const link = new Link(connection)
  const attach = createAttach(dial, visitor.granted.sandboxId)
  const programs = new Set<Program>()
  let channels = 0
  let sessions = 0
  let isCut = false
  const place: ForwardPlace = {
    link,
    attach,
    enter() {
      if (isCut || channels >= limits.sshChannels) return false
      channels++
      return true
    },
    leave: () => void channels--,
  }
  serveOutward(place)
  const { agentSocket } = serveInward(place)
  connection.on('session', (accept, reject) => {
    if (sessions >= limits.sshSessions || !place.enter()) return reject()
    const session = accept()
    sessions++
    serveSession({ link, attach, agentSocket, programs, variables: visitor.variables }, session, () => {
      sessions--
      place.leave()
    })
  })

  const cut = (reason: string): void => {
    isCut = true
    for (const program of programs) program.note(`\r\nsandyard: ${plainText(reason)}\r\n`)
    // Clients that read of the end in one go with the words before do not show the words.
    setTimeout(() => link.act(() => connection.end()), readingMs).unref()
    setTimeout(() => socketOf(connection).destroy(), lastWordsMs).unref()
  }
  let timer: NodeJS.Timeout | undefined
  const waitForExpiry = (): void => {
    const leftMs = visitor.granted.expiresAtMs - clock()
    if (leftMs <= 0) cut('The token for SSH has expired')
    else timer = setTimeout(waitForExpiry, Math.min(leftMs, longestTimerMs)).unref()
  }
  waitForExpiry()
  link.onClosed(() => clearTimeout(timer))
  return { visitor, cut }
}
