import { setTimeout as delay } from 'node:timers/promises'
import { isPlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { interpreterRoutes } from '@sandyard/protocol/toolbox/interpreter'
import type { WebSocket } from 'ws'
import type { Upgrades } from '../http/upgrades.ts'
import { createAcceptor, sendMessage } from '../http/web-socket.ts'
import type { InterpreterContext, RunEnd, RunOutput } from './context.ts'
import type { Contexts } from './contexts.ts'
import { forward } from './forward.ts'
import { unlessHurried } from './hurry.ts'
import { type ExecuteRequest, readRequest } from './request.ts'

/** Close codes of toolbox.md 1.7. */
const closeCodes = { done: 1000, unreadable: 1002, refused: 1008, failed: 1011, timeout: 4008 } as const

/** What is left of a run when it has ended is given to a caller who reads slowly for so long, ms. */
const leftoverMs = 60_000

/** Longest close reason, bytes (RFC 6455). */
const reasonBytes = 123

const accept = createAcceptor(limits.interpreterRequestBytes)

/** Adds the WebSocket that runs code. */
export function addExecute(upgrades: Upgrades, contexts: Contexts): void {
  upgrades.add(interpreterRoutes.executeInterpreterCode, async (upgrade) => {
    const webSocket = await accept(upgrade)
    try {
      await answer(webSocket, contexts)
    } catch (thrown) {
      // What failed is the platform's own doing; nobody above can tell the caller any more.
      await close(webSocket, closeCodes.failed, 'An unexpected error occurred.')
      if (!isPlatformError(thrown)) throw thrown
    }
  })
}

async function answer(webSocket: WebSocket, contexts: Contexts): Promise<void> {
  let request: ExecuteRequest | null
  try {
    request = await readRequest(webSocket)
  } catch (thrown) {
    if (!isPlatformError(thrown)) throw thrown
    const code = thrown.code === 'INVALID_REQUEST_BODY' ? closeCodes.unreadable : closeCodes.refused
    return await close(webSocket, code, thrown.message)
  }
  if (request === null) return
  const context = contexts.find(request.contextId)
  if (context === null) return await close(webSocket, closeCodes.refused, `context not found: ${request.contextId}`)
  await runFor(webSocket, context, request)
}

async function runFor(webSocket: WebSocket, context: InterpreterContext, request: ExecuteRequest): Promise<void> {
  const gone = new AbortController()
  webSocket.once('close', () => gone.abort())
  const hurry = new AbortController()
  let delivered: Promise<unknown> = Promise.resolve()
  let end: RunEnd
  try {
    end = await context.run(request, gone.signal, (output) => {
      delivered = deliver(webSocket, output, hurry.signal)
    })
  } catch (thrown) {
    if (!isPlatformError(thrown)) throw thrown
    if (thrown.code === 'TOO_MANY_REQUESTS') return await close(webSocket, closeCodes.refused, thrown.message)
    await send(webSocket, { type: 'error', name: 'WorkerProcessError', value: thrown.message })
    return await close(webSocket, closeCodes.failed, thrown.message)
  }
  if (end.kind !== 'timeout') await Promise.race([delivered, delay(leftoverMs, undefined, { ref: false })])
  // What is left is little; it waits in memory for a caller who does not read, and goes with the connection.
  hurry.abort()
  await delivered
  await tellEnd(webSocket, end, request)
}

/** Sends all that a run writes; waits for the caller to read it, until told to hurry. */
async function deliver(webSocket: WebSocket, output: RunOutput, hurry: AbortSignal): Promise<void> {
  const sender = (type: 'stdout' | 'stderr') => (text: string) => unlessHurried(send(webSocket, { type, text }), hurry)
  if (output.notice !== null) void send(webSocket, { type: 'stderr', text: output.notice })
  await Promise.all([forward(output.stdout, sender('stdout')), forward(output.stderr, sender('stderr'))])
}

async function tellEnd(webSocket: WebSocket, end: RunEnd, request: ExecuteRequest): Promise<void> {
  switch (end.kind) {
    case 'left':
      return
    case 'deleted':
      return await close(webSocket, closeCodes.refused, `context was deleted: ${request.contextId}`)
    case 'timeout':
      // Without `interrupted` before it, which clients take for the end of a run that went well.
      return await close(webSocket, closeCodes.timeout, `the code ran longer than ${(request.timeoutMs ?? 0) / 1000} s`)
    case 'interrupted':
      void send(webSocket, { type: 'control', text: 'interrupted' })
      return await close(webSocket, closeCodes.done, '')
    case 'error':
      void send(webSocket, { type: 'error', name: end.name, value: end.value, traceback: end.traceback })
      break
    case 'died': {
      const value = `The Python of this context has ended while it ran the code: ${end.reason}. Its variables are lost.`
      void send(webSocket, { type: 'error', name: 'WorkerProcessError', value })
      break
    }
    case 'completed':
  }
  void send(webSocket, { type: 'control', text: 'completed' })
  await close(webSocket, closeCodes.done, '')
}

/** A message to the caller; clients read all five fields. */
interface Message {
  readonly type: 'stdout' | 'stderr' | 'error' | 'control'
  readonly text?: string
  readonly name?: string
  readonly value?: string
  readonly traceback?: string
}

function send(
  webSocket: WebSocket,
  { type, text = '', name = '', value = '', traceback = '' }: Message,
): Promise<void> {
  return sendMessage(webSocket, JSON.stringify({ type, text, name, value, traceback }))
}

async function close(webSocket: WebSocket, code: number, reason: string): Promise<void> {
  // A cut through a character leaves a stray U+FFFD, which is three bytes: hence the smaller cut.
  const bytes = Buffer.from(reason)
  webSocket.close(code, bytes.length <= reasonBytes ? reason : bytes.subarray(0, reasonBytes - 3).toString('utf8'))
}
