import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { until } from './test-server.ts'

/** A message that has come. */
export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into payloads of every shape
  readonly json: any
}

/** Somebody who is told of events, on a real port of loopback; gone when disposed. */
export interface Receiver extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly received: Received[]
  /** how it answers from here on; by default with 204 */
  answer: (request: IncomingMessage, response: ServerResponse) => void
  /** Waits until so many have come. */
  count(wanted: number): Promise<void>
}

/** Opens a receiver. */
export async function openReceiver(port = 0): Promise<Receiver> {
  const sockets = new Set<Socket>()
  const received: Received[] = []
  const http = createServer((request, response) => {
    text(request).then(
      (body) => {
        received.push({ path: request.url ?? '', headers: request.headers, body, json: JSON.parse(body) })
        receiver.answer(request, response)
      },
      () => {}, // The sender has gone away.
    )
  })
  http.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve))
  const address = http.address() as AddressInfo
  const receiver: Receiver = {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    received,
    answer: (_, response) => void response.writeHead(204).end(),
    count: (wanted) => until(() => received.length >= wanted),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => http.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return receiver
}
