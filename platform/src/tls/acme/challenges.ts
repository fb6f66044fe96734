import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SecureContext } from 'node:tls'
import { parsePreviewHost } from '@sandyard/protocol'

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

/** Where authorities look for proofs: of ACME, and of others that put a file there. */
const proofPaths = [path, '/.well-known/pki-validation/']

/**
 * Refuses what an authority would ask a program in a sandbox: at a preview's name, which is the platform's own, a program that
 * answers would have certificates for it, and use up those that authorities give for the whole domain.
 */
export function refuseProof(domains: readonly string[], request: IncomingMessage, response: ServerResponse): boolean {
  const { url = '', headers } = request
  if (!proofPaths.some((start) => url.startsWith(start))) return false
  const hosts = [headers.host, headers['x-forwarded-host']].map(String)
  if (!hosts.some((host) => parsePreviewHost(host, domains) !== null)) return false
  const text = 'Programs in sandboxes prove nothing to certificate authorities at names of the platform.\n'
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8', 'content-length': text.length })
  response.end(text)
  return true
}
