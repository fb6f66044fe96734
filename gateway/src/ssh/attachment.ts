import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { attachPath, attachProtocol, type Engine, limits, PlatformError } from '@sandyard/protocol'

/** Opens an upgrade of a sandbox's agent: `program`, `connect`, `listen` or `take`. */
export type Attach = (what: string, query?: Readonly<Record<string, string | number>>) => Promise<Duplex>

/** longest answer that is read of an agent that refuses, bytes */
const answerBytes = 64 * 1024

/** Makes what opens the attachments of one sandbox. They reject with what the agent says, or with GATEWAY errors. */
export function createAttach(dial: Engine['dial'], sandboxId: string): Attach {
  return async (what, query = {}) => {
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) search.set(name, String(value))
    const stream = await dial(sandboxId, { kind: 'agent' })
    return await upgrade(stream, `${attachPath}${what}?${search}`)
  }
}

function upgrade(stream: Duplex, path: string): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>()
  stream.on('error', () => stream.destroy())
  const sent = request({
    createConnection: () => stream,
    path,
    headers: { connection: 'Upgrade', upgrade: attachProtocol },
  })
  const fail = (error: Error): void => {
    clearTimeout(timer)
    stream.destroy()
    reject(error)
  }
  const timer = setTimeout(() => {
    fail(new PlatformError('REQUEST_GATEWAY_TIMEOUT', 'The sandbox did not answer'))
  }, limits.attachMs + 1000)
  sent.on('error', fail)
  sent.once('upgrade', (_answer, upgraded, head) => {
    clearTimeout(timer)
    if (head.length > 0) upgraded.unshift(head)
    resolve(upgraded)
  })
  sent.once('response', (answer) => {
    readMessage(answer).then((message) => fail(new PlatformError('BAD_GATEWAY', message)), fail)
  })
  sent.end()
  return promise
}

/** What the agent says is wrong, for people. */
async function readMessage(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > answerBytes) break
    pieces.push(piece)
  }
  try {
    const { message } = JSON.parse(Buffer.concat(pieces).toString('utf8')) as { message?: unknown }
    if (typeof message === 'string') return plainText(message)
  } catch {
    // Not one of our answers: its status tells enough.
  }
  return `The sandbox answered ${answer.statusCode}`
}

/** One line for a terminal: what comes from a sandbox must not write to it as it likes. */
export function plainText(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 500)
}
