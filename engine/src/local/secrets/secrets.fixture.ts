import { randomBytes } from 'node:crypto'
import type { Engine, RevealedSecret, RevealSecrets, SecretUse } from '@sandyard/protocol'
import { createGround, type EngineGround, execute } from '../engine.fixture.ts'
import { type Hosts, openHosts } from './hosts.fixture.ts'

/** An engine that asks the hosts' name server and trusts who certifies them. */
export interface SecretsGround extends Hosts {
  readonly ground: EngineGround
  engine: Engine
  /** what there is to reveal, by sandbox; called for each request that names a secret */
  reveal: RevealSecrets
  /** Opens the engine anew. */
  reopen(): Promise<void>
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
  const hosts = await openHosts()
  const ground = await createGround()
  const open = async (): Promise<Engine> => {
    const engine = await ground.open({ dnsServers: [hosts.one.address], caFile: hosts.trusted })
    engine.revealSecretsWith((sandboxId) => self.reveal(sandboxId))
    return engine
  }
  const self: SecretsGround = {
    ...hosts,
    ground,
    engine: undefined as never,
    reveal: async () => [],
    async reopen() {
      self.engine = await open()
    },
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
      await hosts.close()
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
