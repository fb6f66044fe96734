import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine, RevealedSecret, RevealSecrets, SecretUse } from '@sandyard/protocol'
import { type Outside, openOutside } from '../../../../test/fixtures/outside.ts'
import { createGround, type EngineGround, execute } from '../engine.fixture.ts'
import { formatCertificate } from './certificate.ts'

const upstream = join(import.meta.dirname, 'upstream.fixture.mjs')
const nameServer = join(import.meta.dirname, '../../../../test/fixtures/name-server.mjs')

/** Two outsides with HTTPS: hosts below `one.test` and below `two.test`; and an engine that trusts who certifies them. */
export interface SecretsGround {
  readonly one: Outside
  readonly two: Outside
  readonly ground: EngineGround
  /** PEM file with key and certificate for hosts below `one.test` */
  readonly hostFile: string
  engine: Engine
  /** what there is to reveal, by sandbox; called for each request that names a secret */
  reveal: RevealSecrets
  /** Opens the engine anew. */
  reopen(): Promise<void>
  /** Names besides the usual ones: `api`, `other` and `wrong` below `one.test`, `api` below `two.test`. */
  zone(names?: object): void
  /** Runs a shell command inside and gives all that it says. */
  sh(id: string, command: string): Promise<string>
  /** Runs a program inside with Node or Python. */
  node(id: string, program: string): Promise<string>
  python(id: string, program: string): Promise<string>
  /** What the host saw of a request that curl sent: `null` when it did not come to that. */
  curl(id: string, args: string): Promise<Seen>
  close(): Promise<void>
}

/** What curl got; of an answer of the upstream, what that has seen. */
export interface Seen {
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever JSON came
  readonly json: any
}

/** Something that stands nowhere else. */
export function newValue(): string {
  return `value-${randomBytes(12).toString('hex')}`
}

/** A secret as a spec and a reveal have it. */
export function secretOf(hosts: readonly string[], env = 'KEY'): { use: SecretUse; revealed: RevealedSecret } {
  const placeholder = `dtn-secret-${randomBytes(12).toString('hex')}`
  return { use: { env, placeholder, hosts }, revealed: { placeholder, value: newValue(), hosts } }
}

/** Opens it all. */
export async function openSecretsGround(): Promise<SecretsGround> {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-secrets-'))
  chmodSync(folder, 0o755)
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signed = {
    fromMs: Date.now() - 60_000,
    untilMs: Date.now() + 3_600_000,
    issuerKey: authority.privateKey,
    issuer: 'Outside',
  }
  const trusted = join(folder, 'ca.pem')
  writeFileSync(
    trusted,
    formatCertificate({ ...signed, subject: 'Outside', publicKey: authority.publicKey, hostName: null }),
  )
  const host = (domain: string): string => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const file = join(folder, domain)
    const certificate = formatCertificate({ ...signed, subject: domain, publicKey, hostName: `*.${domain}` })
    writeFileSync(file, `${privateKey.export({ type: 'pkcs8', format: 'pem' })}${certificate}`)
    return file
  }
  const [one, two] = [await openOutside(), await openOutside()]
  const hostFile = host('one.test')
  await one.start(process.execPath, [upstream, one.address, hostFile])
  await two.start(process.execPath, [upstream, two.address, host('two.test')])
  const zone = (names: object = {}): void =>
    writeFileSync(
      join(folder, 'zone'),
      JSON.stringify({
        'api.one.test': { A: [one.address] },
        'other.one.test': { A: [one.address] },
        'wrong.one.test': { A: [two.address] },
        'api.two.test': { A: [two.address] },
        ...names,
      }),
    )
  zone()
  await one.start(process.execPath, [nameServer, one.address, '53', join(folder, 'zone')])
  const ground = await createGround()
  const open = async (): Promise<Engine> => {
    const engine = await ground.open({ dnsServers: [one.address], caFile: trusted })
    engine.revealSecretsWith((sandboxId) => self.reveal(sandboxId))
    return engine
  }
  const self: SecretsGround = {
    one,
    two,
    ground,
    hostFile,
    engine: undefined as never,
    reveal: async () => [],
    async reopen() {
      self.engine = await open()
    },
    zone,
    sh: async (id, command) => (await execute(self.engine, id, `{ ${command}\n} 2>&1`)).result,
    node: (id, program) => self.sh(id, `cat > /tmp/p.mjs <<'END'\n${program}\nEND\nnode /tmp/p.mjs`),
    python: (id, program) => self.sh(id, `python3 - <<'END'\n${program}\nEND`),
    async curl(id, args) {
      const text = await self.sh(id, `curl -sS -m 10 ${args}`)
      return { text, json: text.startsWith('{') ? JSON.parse(text) : null }
    },
    async close() {
      await self.engine?.close()
      await ground.remove()
      await Promise.all([one.close(), two.close()])
      rmSync(folder, { recursive: true })
    },
  }
  await self.reopen()
  return self
}

/** The value of a header that the upstream has seen. */
export function header({ json }: Seen, name: string): string | undefined {
  const raw = (json?.headers ?? []) as string[]
  const index = raw.findIndex((one, at) => at % 2 === 0 && one.toLowerCase() === name)
  return index === -1 ? undefined : raw[index + 1]
}
