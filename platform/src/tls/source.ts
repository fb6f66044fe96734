import type { Server as HttpServer } from 'node:http'
import { isIP } from 'node:net'
import { isUuid, PlatformError, parsePreviewHost } from '@sandyard/protocol'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import { type Challenges, createChallenges } from './acme/challenges.ts'
import { openAcmeFiles } from './acme/files.ts'
import { createIssue } from './acme/issue.ts'
import { type AcmeCertificates, createAcmeCertificates } from './acme/keeper.ts'
import { type Certificates, openCertificates } from './certificates.ts'
import { serveTls } from './serve-tls.ts'

/** What the server knows of names. */
export interface KnownNames {
  /** active domains of users */
  domains(): readonly string[]
  /** True for a sandbox that is there, in whatever state, and for an environment that has one. */
  hasPreview(id: string): Promise<boolean>
}

/** TLS of the platform. */
export interface Tls {
  readonly challenges: Challenges
  /** Begins to make certificates, once the server can tell which names there are. */
  start(names: KnownNames): void
  /** Call when there may be other domains. */
  look(): void
  close(): Promise<void>
}

type TlsConfig = Pick<
  Config,
  | 'acmeDirectory'
  | 'acmeEmail'
  | 'acmeKey'
  | 'acmeKeyId'
  | 'acmePreviews'
  | 'data'
  | 'httpPort'
  | 'previewDomain'
  | 'publicUrl'
  | 'tlsCert'
  | 'tlsKey'
>

/**
 * Lets the server speak TLS, with certificates from files, by ACME, or both: a file that has the name goes first. Null
 * when neither is set up.
 */
export async function openTls(http: HttpServer, config: TlsConfig, log: Log): Promise<Tls | null> {
  const files =
    config.tlsCert.length + config.tlsKey.length === 0
      ? null
      : await openCertificates({ certs: config.tlsCert, keys: config.tlsKey }, { log })
  const challenges = createChallenges()
  let names: KnownNames | null = null
  const acme = await openAcme(config, { challenges, names: () => names, hasFile: hasFile(files), log })
  if (files === null && acme === null) return null
  serveTls(
    http,
    {
      contextFor(name) {
        const ready = files?.match(name) ?? acme?.match(name)
        if (ready !== undefined && ready !== null) return ready
        const last = () => files?.first() ?? null
        return acme === null ? last() : acme.obtain(name).then((made) => made ?? last())
      },
      onFirst(listener) {
        if (files !== null) files.onFirst(listener)
        else acme?.onFirst((pem) => listener({ cert: Buffer.from(pem), key: Buffer.from(pem) }))
      },
    },
    acme === null ? undefined : challenges,
  )
  const look = () => {
    if (names !== null) acme?.look().catch((error: unknown) => log.error({ error }, 'certificates were not looked at'))
  }
  return {
    challenges,
    start(known) {
      names = known
      look()
    },
    look,
    async close() {
      files?.close()
      await acme?.close()
    },
  }
}

function hasFile(files: Certificates | null): (name: string) => boolean {
  return (name) => files !== null && files.match(name) !== null
}

async function openAcme(
  config: TlsConfig,
  parts: {
    readonly challenges: Challenges
    readonly names: () => KnownNames | null
    readonly hasFile: (name: string) => boolean
    readonly log: Log
  },
): Promise<AcmeCertificates | null> {
  const { acmeEmail: email, acmeDirectory: directoryUrl, acmeKey: hmacKey, acmeKeyId: kid } = config
  if (email === null) return null
  if ((hmacKey === null) !== (kid === null)) {
    throw new PlatformError('BAD_REQUEST', '--acme-key and --acme-key-id are needed together')
  }
  const files = await openAcmeFiles(config.data, directoryUrl)
  const external = kid === null || hmacKey === null ? null : { kid, hmacKey }
  const { challenges, names, log } = parts
  const host = config.publicUrl === null ? 'localhost' : new URL(config.publicUrl).hostname
  const home = isIP(host.replace(/[[\]]/g, '')) !== 0 || /(^|\.)localhost$/.test(host) ? [] : [host]
  const domains = config.previewDomain.filter((domain) => domain !== 'localhost')
  return createAcmeCertificates({
    files,
    issue: createIssue({ directoryUrl, accountKey: files.accountKey, email, external }, challenges),
    names: {
      wanted: () => [...home, ...(names()?.domains() ?? [])].filter((name) => !parts.hasFile(name)),
      async isOnDemand(name) {
        const label = config.acmePreviews ? parsePreviewHost(name, domains)?.label : undefined
        // A signed link is over before its certificate is there.
        return label !== undefined && isUuid(label) && (await names()?.hasPreview(label)) === true
      },
      // What registries sell is mostly two labels; where it is three, several share.
      ownerOf: (name) => parsePreviewHost(name, domains)?.label ?? name.split('.').slice(-2).join('.'),
    },
    firstKind: config.httpPort === null ? 'tls-alpn-01' : 'http-01',
    clock: () => Date.now(),
    log,
  })
}
