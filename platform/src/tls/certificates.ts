import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext, type SecureContext } from 'node:tls'
import { PlatformError } from '@sandyard/protocol'
import type { Log } from '../log.ts'

/** PEM files of certificates with their keys, in the same order. */
export interface CertificateFiles {
  readonly certs: readonly string[]
  readonly keys: readonly string[]
}

/** The certificates in use. They follow their files. */
export interface Certificates {
  /** The one for a name that a client asks for; null when none is. */
  match(name: string): SecureContext | null
  /** The first one. */
  first(): SecureContext
  /** Calls the listener with the first one, now and whenever it changes: it is for clients that ask for no name. */
  onFirst(listener: (first: Pem) => void): void
  close(): void
}

/** A certificate with its key, as they are in their files. */
export interface Pem {
  readonly cert: Buffer
  readonly key: Buffer
}

interface Loaded {
  readonly pem: Pem
  readonly context: SecureContext
  readonly certificate: X509Certificate
  /** changes with the files */
  readonly mark: string
}

/** Oldest version of TLS that is spoken. */
export const oldestTls = 'TLSv1.2'

/** time between two looks at the files, ms */
const lookMs = 10_000

/**
 * Reads certificates and looks at their files from then on: whoever renews them only has to put new ones there. Throws
 * BAD_REQUEST for files that cannot be used; new ones that cannot are left alone, and the log says so.
 */
export async function openCertificates(
  { certs, keys }: CertificateFiles,
  { log, everyMs = lookMs }: { readonly log: Log; readonly everyMs?: number },
): Promise<Certificates> {
  if (certs.length !== keys.length) {
    throw new PlatformError('BAD_REQUEST', '--tls-cert and --tls-key need the same number of files')
  }
  const pairs = certs.map((cert, index) => ({ cert, key: keys[index] ?? '' }))
  const loaded = await Promise.all(pairs.map(load))
  const listeners: ((first: Pem) => void)[] = []
  /** what was told of last, so that the log is told once */
  let failure = ''

  async function look(): Promise<void> {
    for (const [index, pair] of pairs.entries()) {
      const mark = await markOf(pair)
      if (mark === loaded[index]?.mark || mark === failure) continue
      try {
        const newer = await load(pair)
        loaded[index] = newer
        if (index === 0) for (const listener of listeners) listener(newer.pem)
        log.info({ file: pair.cert }, 'a new certificate is in use')
      } catch (error) {
        failure = mark
        log.error({ error, file: pair.cert }, 'a new certificate cannot be used; the one before stays')
      }
    }
  }

  const timer = setInterval(() => {
    look().catch((error: unknown) => log.error({ error }, 'files of certificates cannot be looked at'))
  }, everyMs).unref()

  return {
    match: (name) => loaded.find(({ certificate }) => certificate.checkHost(name) !== undefined)?.context ?? null,
    first() {
      if (loaded[0] === undefined) throw new Error('There is no certificate')
      return loaded[0].context
    },
    onFirst(listener) {
      listeners.push(listener)
      if (loaded[0] !== undefined) listener(loaded[0].pem)
    },
    close: () => clearInterval(timer),
  }
}

async function load(pair: { readonly cert: string; readonly key: string }): Promise<Loaded> {
  try {
    const mark = await markOf(pair)
    const [cert, key] = await Promise.all([readFile(pair.cert), readFile(pair.key)])
    const certificate = new X509Certificate(cert)
    const context = createSecureContext({ cert, key, minVersion: oldestTls })
    return { pem: { cert, key }, context, certificate, mark }
  } catch (cause) {
    throw new PlatformError('BAD_REQUEST', `certificate ${pair.cert} with key ${pair.key} cannot be used`, { cause })
  }
}

async function markOf({ cert, key }: { readonly cert: string; readonly key: string }): Promise<string> {
  const files = await Promise.all([cert, key].map((file) => stat(file, { bigint: true })))
  return files.map(({ ino, mtimeNs, size }) => `${ino}-${mtimeNs}-${size}`).join(' ')
}
