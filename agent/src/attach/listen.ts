import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { type Arrival, jsonFrame, type Listening, outward } from '@sandyard/protocol/attach'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { newId } from '../new-id.ts'
import { type Place, readPlace } from './connect.ts'

/** Those who have come to any listener and wait to be taken. */
export class Arrivals {
  readonly #waiting = new Map<string, { readonly socket: Socket; readonly timer: NodeJS.Timeout }>()

  /** Keeps one until it is taken; null when too many wait. */
  add(socket: Socket): string | null {
    if (this.#waiting.size >= limits.attachArrivals) return null
    const id = newId()
    const timer = setTimeout(() => this.take(id)?.destroy(), limits.attachArrivalMs)
    this.#waiting.set(id, { socket, timer })
    socket.once('close', () => void this.take(id))
    return id
  }

  take(id: string): Socket | null {
    const found = this.#waiting.get(id)
    if (found === undefined) return null
    clearTimeout(found.timer)
    this.#waiting.delete(id)
    return found.socket
  }
}

/** Where to listen: the address that is asked for, or a socket of an SSH agent in a folder of its own. */
export type Wanted = Place | 'agent'

/** Reads it from a query. Throws BAD_REQUEST. */
export function readWanted(query: URLSearchParams): Wanted {
  return query.get('kind') === 'agent' ? 'agent' : readPlace(query, true)
}

/** An open listener. */
export interface Listener {
  readonly server: Server
  readonly listening: Listening
  close(): void
}

/** Opens it. Throws CONFLICT or BAD_REQUEST with why it cannot be. */
export async function openListener(wanted: Wanted): Promise<Listener> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  const folder = wanted === 'agent' ? mkdtempSync(join(tmpdir(), 'ssh-')) : null
  const removeFolder = (): void => {
    if (folder !== null) rmSync(folder, { recursive: true, force: true })
  }
  try {
    if (folder !== null) return await bindPath(server, join(folder, 'agent.sock'), removeFolder)
    if (wanted === 'agent') throw new Error('an agent without its folder')
    return 'path' in wanted ? await bindPath(server, wanted.path, () => {}) : await bindPort(server, wanted)
  } catch (thrown) {
    removeFolder()
    const { code = '', syscall } = thrown as NodeJS.ErrnoException
    if (syscall === undefined && code !== 'ENOTFOUND') throw thrown
    const kind = code === 'EADDRINUSE' ? 'CONFLICT' : 'BAD_REQUEST'
    throw new PlatformError(kind, `Cannot listen there (${code})`, { cause: thrown })
  }
}

/** Tells of all who come, for as long as the caller stays. */
export function serveListener(listener: Listener, arrivals: Arrivals, caller: Duplex): void {
  const { server } = listener
  server.on('connection', (socket) => {
    socket.on('error', () => socket.destroy())
    const id = caller.writableNeedDrain ? null : arrivals.add(socket)
    if (id === null) {
      socket.destroy()
      return
    }
    const arrival: Arrival = { id, host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    caller.write(jsonFrame(outward.arrival, arrival))
  })
  server.on('error', () => {}) // one who could not be let in
  caller.on('data', () => {}) // nothing more is expected of the caller but its end
  caller.once('end', () => caller.destroy())
  caller.once('close', () => listener.close())
  caller.write(jsonFrame(outward.listening, listener.listening))
}

async function bindPort(server: Server, { host, port }: { host: string; port: number }): Promise<Listener> {
  const everywhere = host === '' || host === '*'
  await bind(server, () =>
    server.listen(everywhere ? { port } : { port, host: host === 'localhost' ? '127.0.0.1' : host }),
  )
  return { server, listening: { port: (server.address() as AddressInfo).port }, close: () => void server.close() }
}

/** Only the user of the sandbox may connect. */
async function bindPath(server: Server, path: string, removeFolder: () => void): Promise<Listener> {
  await bind(server, () => {
    // It is bound within the call.
    const before = process.umask(0o177)
    server.listen({ path })
    process.umask(before)
  })
  const close = (): void => {
    server.close()
    removeFolder()
  }
  return { server, listening: { path }, close }
}

function bind(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      resolve()
    })
    listen()
  })
}
