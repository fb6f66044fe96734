import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream'
import type { Connection } from './connection.ts'
import { Answer, pageOf, prepare, type Reveal } from './exchange.ts'
import { answerHeaders, isTunnel } from './headers.ts'

/** Time for the host's answer, ms. */
const answerMs = 30_000

/**
 * Asks the host to upgrade, as for a WebSocket, and joins both connections when it does; any other answer is relayed and
 * ends the connection. What goes through the tunnel is not looked at.
 */
export async function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  connection: Connection,
  reveal: Reveal,
): Promise<void> {
  socket.on('error', () => connection.destroy())
  try {
    if (!isTunnel(request)) throw new Answer(400, 'This request cannot be upgraded')
    const { target, headers } = await prepare(request, connection, reveal)
    const stream = await connection.open()
    const sent = httpRequest({
      createConnection: () => stream,
      method: request.method ?? 'GET',
      path: target,
      headers: [...headers, 'Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? ''],
      setHost: false,
    })
    const timer = setTimeout(() => connection.destroy(), answerMs)
    sent.on('error', () => connection.destroy())
    /** Whether the head of the answer could be passed on. */
    const begin = (answer: IncomingMessage, added: readonly string[]): boolean => {
      clearTimeout(timer)
      try {
        writeHead(socket, answer, added, request)
        return true
      } catch {
        connection.destroy() // it is framed in a way that is not known
        return false
      }
    }
    sent.once('upgrade', (answer, upgraded, rest) => {
      upgraded.on('error', () => connection.destroy())
      if (!begin(answer, ['Connection', 'Upgrade', 'Upgrade', answer.headers.upgrade ?? ''])) return
      if (rest.length > 0) socket.write(rest)
      if (head.length > 0) upgraded.write(head)
      pipeline(socket, upgraded, socket, () => connection.destroy())
    })
    sent.once('response', (answer) => {
      answer.on('error', () => connection.destroy())
      if (!begin(answer, ['Connection', 'close'])) return
      pipeline(answer, socket, () => connection.destroy())
    })
    sent.end()
  } catch (fault) {
    const { status, text } = pageOf(fault)
    const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain; charset=utf-8\r\n`
    socket.end(`${head}Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`)
  }
}

function writeHead(socket: Duplex, answer: IncomingMessage, added: readonly string[], request: IncomingMessage): void {
  const lines = [...answerHeaders(answer, request), ...added]
  let text = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`
  for (let index = 0; index + 1 < lines.length; index += 2) text += `${lines[index]}: ${lines[index + 1]}\r\n`
  socket.write(`${text}\r\n`, 'latin1')
}
