import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { limits, PlatformError } from '@sandyard/protocol'

/** The port of SSH. It is open before anybody answers there: early callers wait, for a moment. */
export interface SshPort {
  readonly port: number
  /** Hands over those who have come, and all who come from now on. */
  serve(onSocket: (socket: Socket) => void): void
  /** Lets nobody in any more. */
  close(): void
}

/** Opens it. Throws CONFLICT when the port is taken. */
export async function openSshPort(port: number, host: string): Promise<SshPort> {
  const waiting = new Set<Socket>()
  let take = (socket: Socket): void => {
    if (waiting.size >= limits.sshStrangersOfAddress) {
      socket.destroy()
      return
    }
    waiting.add(socket)
    socket.once('close', () => waiting.delete(socket))
  }
  const server = createServer({
    ...{ pauseOnConnect: true, noDelay: true },
    ...{ keepAlive: true, keepAliveInitialDelay: limits.tcpQuietMs },
  })
  server.on('connection', (socket) => {
    socket.on('error', () => socket.destroy())
    take(socket)
  })
  server.listen(port, host)
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRINUSE') throw cause
    throw new PlatformError('CONFLICT', `port ${port} of ${host} is taken; --ssh-port chooses another`, { cause })
  })
  server.on('error', () => {}) // one who could not be let in
  return {
    port: (server.address() as AddressInfo).port,
    serve(onSocket) {
      take = onSocket
      for (const socket of waiting) onSocket(socket)
      waiting.clear()
    },
    close() {
      server.close()
      for (const socket of waiting) socket.destroy()
    },
  }
}
