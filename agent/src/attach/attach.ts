import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { attachPath, attachProtocol } from '@sandyard/protocol/attach'
import { isPlatformError, PlatformError } from '@sandyard/protocol/errors'
import { readTarget, shownPath } from '../http/match.ts'
import { refuse } from '../http/upgrades.ts'
import { connectTo, readPlace } from './connect.ts'
import { Arrivals, openListener, readWanted, serveListener } from './listen.ts'
import { attachProgram } from './program.ts'
import type { ProgramContext } from './start-attached.ts'

/** Answers the upgrades by which the gateway works inside for callers by SSH. */
export type Attach = (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>

/** What an upgrade has opened, for a caller who may have left meanwhile. */
interface Opened {
  serve(caller: Duplex): void
  drop(): void
}

/** Makes what answers them. */
export function createAttach(context: ProgramContext, onFault: (fault: unknown, path: string) => void): Attach {
  const arrivals = new Arrivals()

  const open = async (path: string, query: URLSearchParams): Promise<Opened> => {
    switch (path) {
      case `${attachPath}program`:
        return { serve: (caller) => attachProgram(context, caller), drop() {} }
      case `${attachPath}connect`: {
        const server = await connectTo(readPlace(query, false))
        return streamTo(server)
      }
      case `${attachPath}take`: {
        const server = arrivals.take(query.get('id') ?? '')
        if (server === null) throw new PlatformError('GONE', 'gone: nobody waits under this id')
        return streamTo(server)
      }
      case `${attachPath}listen`: {
        const listener = await openListener(readWanted(query))
        return { serve: (caller) => serveListener(listener, arrivals, caller), drop: listener.close }
      }
      default:
        throw new PlatformError('NOT_FOUND', `There is no attachment at ${path.slice(0, 200)}`)
    }
  }

  return async (request, socket, head) => {
    socket.on('error', () => socket.destroy()) // a caller that goes away early ends here
    try {
      const { path, search } = readTarget(request.url ?? '/')
      const opened = await open(path, new URLSearchParams(search))
      if (socket.destroyed) {
        opened.drop()
        return
      }
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${attachProtocol}\r\n\r\n`)
      if (head.length > 0) socket.unshift(head)
      opened.serve(socket)
    } catch (thrown) {
      if (!isPlatformError(thrown)) onFault(thrown, shownPath(request))
      refuse(socket, thrown, request.method ?? 'GET', shownPath(request))
    }
  }
}

function streamTo(server: Socket): Opened {
  return { serve: (caller) => join(caller, server), drop: () => void server.destroy() }
}

/** Each side's end is told to the other; a break of one breaks the other. */
export function join(caller: Duplex, server: Socket): void {
  server.on('error', () => caller.destroy())
  server.once('close', (hadError) => {
    if (hadError || !server.readableEnded) caller.destroy()
  })
  caller.once('close', () => server.destroy())
  caller.pipe(server)
  server.pipe(caller)
}
