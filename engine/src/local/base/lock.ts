import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A lock that is held until it is disposed of, or its process dies. */
export interface Lock extends AsyncDisposable {}

/**
 * Takes the lock of a path on this machine, or gives `null` when another process holds it.
 * It is an abstract unix socket: the kernel gives it back when the holder dies, so it is never stale.
 */
export async function tryLock(path: string): Promise<Lock | null> {
  const name = createHash('sha256').update(resolve(path)).digest('hex').slice(0, 32)
  const server = createServer((socket) => socket.destroy())
  const held = await listen(server, `\0sandyard-lock-${name}`)
  if (!held) return null
  server.unref()
  return {
    async [Symbol.asyncDispose]() {
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}

/** Takes the lock of a path, waiting for its holder; `onWait` is told once when there is one. */
export async function takeLock(path: string, onWait: () => void, signal?: AbortSignal): Promise<Lock> {
  let lock = await tryLock(path)
  if (lock === null) onWait()
  while (lock === null) {
    await sleep(200, undefined, { signal })
    lock = await tryLock(path)
  }
  return lock
}

function listen(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen({ path }, () => resolve(true))
  })
}
