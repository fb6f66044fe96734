import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import { writeDurably } from '../records/durable-file.ts'
import { formatCertificate } from './certificate.ts'

/** The platform's own certificate authority: sandboxes with secrets trust it. */
export interface Authority {
  /** its certificate, PEM */
  readonly certificate: string
  /** What a TLS server needs to be a host, and nothing else; `name` is in lower case. Kept for the hosts asked for last. */
  contextFor(name: string): SecureContext
}

/** How long it and its certificates of hosts are good, ms; and how long before now they begin, for clocks that are slow. */
const authorityMs = 20 * 365 * 86_400_000
const hostMs = 90 * 86_400_000
const slowMs = 86_400_000
/** Hosts whose certificates are kept. */
const mostHosts = 1000

/**
 * Opens the authority of a data folder, `<data>/secrets-authority.pem` (mode 0600), or makes it, once and for all: what
 * runs trusts it. Throws when the file is there and cannot be read: another authority would be one that nobody trusts.
 */
export async function openAuthority(data: string): Promise<Authority> {
  const file = join(data, 'secrets-authority.pem')
  if (!existsSync(file)) await writeDurably(file, makeAuthority(Date.now()))
  const stored = readFileSync(file, 'utf8')
  let parsed: X509Certificate
  try {
    parsed = new X509Certificate(stored)
    if (!parsed.checkPrivateKey(createPrivateKey(stored))) throw new Error('its key is another one')
  } catch (cause) {
    throw new Error(`${file} cannot be read; without it no sandbox can use its secrets`, { cause })
  }
  const issuerKey = createPrivateKey(stored)
  const certificate = parsed.toString()
  const issuer = /^CN=(.+)$/m.exec(parsed.subject)?.[1] ?? ''
  // One key for all hosts of this process: it never leaves it.
  const host = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = host.privateKey.export({ type: 'pkcs8', format: 'pem' })
  /** the one that was asked for longest ago first */
  const kept = new Map<string, { readonly context: SecureContext; readonly atMs: number }>()

  return {
    certificate,
    contextFor(name) {
      const nowMs = Date.now()
      const found = kept.get(name)
      kept.delete(name)
      const isFresh = found !== undefined && Math.abs(nowMs - found.atMs) < hostMs / 2
      const one = isFresh ? found : { context: makeContext(name, nowMs), atMs: nowMs }
      kept.set(name, one)
      const [oldest] = kept.keys()
      if (kept.size > mostHosts && oldest !== undefined) kept.delete(oldest)
      return one.context
    },
  }

  function makeContext(name: string, nowMs: number): SecureContext {
    const cert = formatCertificate({
      subject: name,
      issuer,
      publicKey: host.publicKey,
      issuerKey,
      fromMs: nowMs - slowMs,
      untilMs: nowMs + hostMs,
      hostName: name,
    })
    return createSecureContext({ key, cert: `${cert}${certificate}`, minVersion: 'TLSv1.2' })
  }
}

function makeAuthority(nowMs: number): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // Each has a name of its own: programs may know several.
  const name = `Sandyard secrets ${randomBytes(4).toString('hex')}`
  const certificate = formatCertificate({
    subject: name,
    issuer: name,
    publicKey: createPublicKey(privateKey),
    issuerKey: privateKey,
    fromMs: nowMs - slowMs,
    untilMs: nowMs + authorityMs,
    hostName: null,
  })
  return `${privateKey.export({ type: 'pkcs8', format: 'pem' })}${certificate}`
}

/** The certificates that hosts outside are checked by, PEM: those of the configured file, else of this machine. */
export function readRoots(caFile: string | null): string {
  const usual = '/etc/ssl/certs/ca-certificates.crt'
  if (caFile !== null) return readFileSync(caFile, 'utf8')
  return existsSync(usual) ? readFileSync(usual, 'utf8') : rootCertificates.join('\n')
}
