import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SecureContext } from 'node:tls'

/** Answers to what a certificate authority asks while it makes a certificate; nobody else's questions are answered. */
export interface Challenges {
  /** by token, for HTTP-01 (RFC 8555, 8.3) */
  readonly http: Map<string, string>
  /** by name, for TLS-ALPN-01 (RFC 8737) */
  readonly alpn: Map<string, SecureContext>
}

/** Makes them, without any. */
export function createChallenges(): Challenges {
  return { http: new Map(), alpn: new Map() }
}

/** Protocol by which an authority asks in a TLS handshake. */
export const challengeProtocol = 'acme-tls/1'

const path = '/.well-known/acme-challenge/'

/** Answers the question of an authority; `false`: the request is for somebody else, and so is an unknown token. */
export function answerChallenge({ http }: Challenges, request: IncomingMessage, response: ServerResponse): boolean {
  const { url = '', method } = request
  if (http.size === 0 || !url.startsWith(path) || (method !== 'GET' && method !== 'HEAD')) return false
  const answer = http.get(url.slice(path.length))
  if (answer === undefined) return false
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': answer.length })
  response.end(answer)
  return true
}
