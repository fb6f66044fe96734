import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Requests of one connection that wait for their answers. Clients of our day send one after the other; Node reads on for as long
 * as nothing is answered, and each request takes some KiB: who asks slow programs has all memory for a few megabytes sent.
 */
const mostUnderWay = 100

const underWay = new WeakMap<Socket, { count: number }>()

/**
 * Option `ServerResponse` of an HTTP server that strangers reach: cuts a connection with too many requests under way. Those
 * that were read at once with the last one are still told of, by a socket that is destroyed: there is nobody to answer.
 */
export class BoundedResponse<R extends IncomingMessage = IncomingMessage> extends ServerResponse<R> {
  constructor(request: R) {
    super(request)
    const { socket } = request
    const requests = underWay.get(socket) ?? { count: 0 }
    underWay.set(socket, requests)
    requests.count += 1
    if (requests.count > mostUnderWay) socket.destroy()
    this.once('close', () => {
      requests.count -= 1
    })
  }
}
