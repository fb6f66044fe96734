import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Who makes a request, as its head says. Whether that is true is the platform's to tell. */
export interface Caller {
  /** API key, or token of a session */
  readonly bearer: string
  /** organization to act in, for people who are in several */
  readonly organizationId: string | undefined
  /** who it is, for comparing; tells nothing about the credentials */
  readonly id: string
  /** base under which the platform was reached, such as `https://sandboxes.example.com` */
  readonly site: string
  /** of the connection */
  readonly address: string | undefined
  /** headers that proxies in front have set, for the platform to believe or not */
  readonly forwarded: Readonly<Record<string, string>>
}

const longestBearer = 16 * 1024
const forwardedHeaders = ['x-forwarded-for', 'x-forwarded-proto'] as const

/** Reads the head of a request; null without credentials. */
export function readCaller(request: IncomingMessage, isTls: boolean): Caller | null {
  const { headers } = request
  const [, bearer = ''] = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? []
  if (bearer === '' || bearer.length > longestBearer) return null
  const named = headers['x-daytona-organization-id']
  const organizationId = typeof named === 'string' && named !== '' ? named : undefined
  const forwarded = Object.fromEntries(
    forwardedHeaders.flatMap((name) => {
      const value = headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
  return {
    bearer,
    organizationId,
    id: createHash('sha256')
      .update(`${bearer}\n${organizationId ?? ''}`)
      .digest('hex'),
    site: `${isTls ? 'https' : 'http'}://${headers.host}`,
    address: request.socket.remoteAddress,
    forwarded,
  }
}
