import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PlatformError } from '@sandyard/protocol'
import { createFront } from '../front.ts'
import { answerChallenge, type Challenges } from './acme/challenges.ts'
import { answerPlain } from './serve-tls.ts'

/** A port of plain HTTP. */
export interface HttpPort {
  readonly port: number
  close(): void
}

/** Opens the port that answers certificate authorities and sends everybody else to HTTPS. Throws CONFLICT when it is taken. */
export async function openHttpPort(port: number, host: string, challenges: Challenges): Promise<HttpPort> {
  const http: Server = createFront()
  http.on('request', (request, response) => {
    request.resume()
    if (!answerChallenge(challenges, request, response)) answerPlain(request, response)
  })
  http.listen(port, host)
  await once(http, 'listening').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRINUSE') throw cause
    throw new PlatformError('CONFLICT', `port ${port} of ${host} is taken; --http-port chooses another`, { cause })
  })
  return {
    port: (http.address() as AddressInfo).port,
    close() {
      http.close()
      http.closeAllConnections()
    },
  }
}
