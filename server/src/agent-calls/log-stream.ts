import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import type { Duplex } from 'node:stream'
import { PlatformError } from '@sandyard/protocol'
import { type DialAgent, dialWithin } from './exchange.ts'
import { clientFrame, WebSocketFrames } from './frames.ts'

/** The log of a command of a session. */
export interface FollowedLog {
  readonly sessionId: string
  readonly commandId: string
  /** byte to begin at */
  readonly offset: number
}

/** Time for the connection to be taken, ms. */
const openMs = 15_000
/** The agent pings every 20 s; one that is silent for longer is gone, ms. */
const silentMs = 90_000
/** Answers to pings that an agent does not read are kept up to this, bytes: ours pings seldom, and reads them. */
const mostUnread = 16 * 1024

/**
 * What a command writes, from a byte of it on, until it ends: a clean end is one that the agent has told (toolbox.md
 * 2.4). Throws PROCESS_NOT_FOUND when the command is not known any more, BAD_GATEWAY when the connection is lost.
 */
export async function* followLog(
  dial: DialAgent,
  { sessionId, commandId, offset }: FollowedLog,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const session = `/process/session/${encodeURIComponent(sessionId)}/command/${encodeURIComponent(commandId)}`
  const path = `${session}/logs?follow=true&offset=${offset}`
  const stream = await open(dial, path, signal)
  let silence = setTimeout(() => stream.destroy(), silentMs)
  const abort = () => stream.destroy()
  signal.addEventListener('abort', abort, { once: true })
  try {
    const frames = new WebSocketFrames()
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      clearTimeout(silence)
      silence = setTimeout(() => stream.destroy(), silentMs)
      for (const { opcode, body } of frames.push(chunk)) {
        if (opcode === 8) {
          const code = body.length >= 2 ? body.readUInt16BE(0) : 1005
          if (code === 1000) return
          throw new PlatformError('BAD_GATEWAY', 'The log of the command could not be read')
        }
        if (opcode === 9 && stream.writableLength < mostUnread) stream.write(clientFrame(10, body))
        if (opcode <= 2 && body.length > 0) yield body
      }
    }
    throw new Error('the connection ended')
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof PlatformError) throw thrown
    throw new PlatformError('BAD_GATEWAY', 'The connection to the log of the command was lost', { cause: thrown })
  } finally {
    clearTimeout(silence)
    signal.removeEventListener('abort', abort)
    stream.destroy()
  }
}

async function open(dial: DialAgent, path: string, signal: AbortSignal): Promise<Duplex> {
  const deadline = AbortSignal.timeout(openMs)
  const ended = AbortSignal.any([signal, deadline])
  try {
    const connection = await dialWithin(dial, ended)
    return await upgrade(connection, path, ended)
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof PlatformError) throw thrown
    throw new PlatformError('BAD_GATEWAY', 'The log of the command could not be opened', { cause: thrown })
  }
}

function upgrade(connection: Duplex, path: string, signal: AbortSignal): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>()
  const headers = {
    host: 'agent',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
  }
  const outgoing = httpRequest({ createConnection: () => connection, path, headers })
  const abort = () => {
    outgoing.destroy()
    reject(signal.reason)
  }
  signal.addEventListener('abort', abort, { once: true })
  const settled = () => signal.removeEventListener('abort', abort)
  outgoing.on('error', (error) => {
    settled()
    reject(error)
  })
  outgoing.once('upgrade', (_answer, socket: Duplex, head: Buffer) => {
    settled()
    socket.on('error', () => socket.destroy())
    if (head.length > 0) socket.unshift(head)
    resolve(socket)
  })
  outgoing.once('response', (answer) => {
    settled()
    answer.destroy()
    connection.destroy()
    const isGone = answer.statusCode === 404 || answer.statusCode === 410
    const message = `The log of the command was not opened: ${answer.statusCode}`
    reject(new PlatformError(isGone ? 'PROCESS_NOT_FOUND' : 'BAD_GATEWAY', message))
  })
  outgoing.end()
  return promise
}
