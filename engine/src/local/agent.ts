import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type DialTarget, PlatformError } from '@sandyard/protocol'

/** Opens a stream to the agent, or through it to a port inside. */
export async function dialAgent(agentSocket: string, sandboxId: string, target: DialTarget): Promise<Duplex> {
  const socket = await connectTo(agentSocket, sandboxId)
  return target.kind === 'agent' ? socket : await tunnel(socket, sandboxId, target.port)
}

/**
 * Waits until the agent answers. It may not listen yet: the kernel keeps the connection until it does, so there is
 * nothing to poll. Rejects when the sandbox ends before, answers anything else, or lets `timeoutMs` pass.
 */
export async function waitForAgent(agentSocket: string, timeoutMs: number): Promise<void> {
  const socket = connect({ path: agentSocket })
  socket.on('error', () => {}) // Read as the end of the answer.
  socket.write(requestFor('/lifeline'))
  const head = await readHead(socket, timeoutMs)
  socket.destroy()
  if (head === null) throw new Error(`The agent did not answer within ${timeoutMs} ms`)
  if (head === '') throw new Error('The agent ended before it answered')
  if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`The agent answered ${JSON.stringify(head.slice(0, 100))}`)
}

/** Something that tells once when the agent is gone. */
export interface Lifeline {
  close(): void
}

/** Holds a call to the agent that ends only with it, and calls `onEnd` then. */
export function openLifeline(agentSocket: string, onEnd: () => void): Lifeline {
  let isOpen = true
  let receivedBytes = 0
  const socket = connect({ path: agentSocket })
  socket.unref()
  socket.on('error', () => {}) // `close` follows.
  socket.on('data', (chunk) => {
    // The agent says one short thing. What says more is not it, and must not keep us reading.
    receivedBytes += chunk.length
    if (receivedBytes > answerLimitBytes) socket.destroy()
  })
  socket.once('close', () => {
    if (isOpen) onEnd()
    isOpen = false
  })
  socket.write(requestFor('/lifeline'))
  return {
    close() {
      isOpen = false
      socket.destroy()
    },
  }
}

function requestFor(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n\r\n`
}

function connectTo(agentSocket: string, sandboxId: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path: agentSocket, allowHalfOpen: true })
    socket.once('connect', () => {
      socket.off('error', refuse)
      resolve(socket)
    })
    const refuse = (cause: Error): void => {
      reject(new PlatformError('SERVICE_UNAVAILABLE', `Sandbox ${sandboxId} is not running`, { cause }))
    }
    socket.once('error', refuse)
  })
}

const answerLimitBytes = 4096
const tunnelTimeoutMs = 10_000

/** Asks the agent to go on to a port; what comes after the blank line is the port's own. */
async function tunnel(socket: Socket, sandboxId: string, port: number): Promise<Socket> {
  socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
  const head = await readHead(socket, tunnelTimeoutMs)
  if (head?.startsWith('HTTP/1.1 200 ') === true) return socket
  socket.destroy()
  if (head === null)
    throw new PlatformError('REQUEST_GATEWAY_TIMEOUT', `Port ${port} of sandbox ${sandboxId} did not answer`)
  throw new PlatformError('BAD_GATEWAY', `Nothing listens on port ${port} of sandbox ${sandboxId}`)
}

/**
 * Reads up to the blank line and puts back what follows it. Gives an empty text when the stream ends before, `null`
 * when the time is over: it is for the whole head, as whoever sends a byte now and then is never idle.
 */
function readHead(socket: Socket, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0)
    const timer = setTimeout(() => finish(null), timeoutMs)
    const finish = (head: string | null): void => {
      clearTimeout(timer)
      socket.off('readable', onReadable)
      socket.off('end', onEnd)
      socket.off('error', onEnd)
      resolve(head)
    }
    const onEnd = (): void => finish('')
    const onReadable = (): void => {
      for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
        received = Buffer.concat([received, chunk])
        const end = received.indexOf('\r\n\r\n')
        if (end >= 0) {
          const rest = received.subarray(end + 4)
          if (rest.length > 0) socket.unshift(rest)
          finish(received.toString('latin1', 0, end))
          return
        }
        if (received.length > answerLimitBytes) {
          onEnd()
          return
        }
      }
    }
    socket.on('readable', onReadable)
    socket.once('end', onEnd)
    socket.once('error', onEnd)
  })
}
