import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, createServer as createNetServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { attachProtocol, type SshAnswer, type SshRequest } from '@sandyard/protocol'
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2'
import { createSshGateway, type SshGateway } from '../ssh/gateway.ts'
import { openHostKey } from '../ssh/host-keys.ts'

/** What plays the agent: told each upgrade, its connection after the answer. */
export type FakeAgent = (socket: Socket, request: IncomingMessage) => void

/** A gateway on a port of its own, before one sandbox whose agent is the test's. */
export interface SshGround {
  readonly gateway: SshGateway
  readonly port: number
  readonly touched: string[]
  readonly faults: unknown[]
  /** what the server answers */
  answer: (request: SshRequest) => SshAnswer
  agent: FakeAgent
  /** Connects a client and waits until it is let in. */
  login(config?: ConnectConfig): Promise<Client>
}

/** The token that opens the sandbox. */
export const goodToken = 'a'.repeat(32)

/** Starts the ground and takes it away after the test. */
export async function startSshGround(t: TestContext): Promise<SshGround> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-ssh-'))
  const hostKey = await openHostKey(folder)
  const path = join(folder, 'agent.sock')
  const inside = createServer({ shouldUpgradeCallback: ({ headers }) => headers.upgrade === attachProtocol })
  const agents = new Set<Socket>()
  inside.on('upgrade', (request, socket) => {
    agents.add(socket as Socket)
    socket.on('error', () => socket.destroy())
    ground.agent(socket as Socket, request)
  })
  await new Promise<void>((resolve) => inside.listen(path, resolve))
  const faults: unknown[] = []
  const touched: string[] = []
  const fail = (fields: object) => void faults.push(fields)
  const gateway = createSshGateway({
    access: { checkSsh: async (request) => ground.answer(request), touch: (id) => void touched.push(id) },
    async dial() {
      const socket = connect({ path, allowHalfOpen: true })
      await once(socket, 'connect')
      return socket
    },
    hostKey,
    log: { info() {}, warn: fail, error: fail },
    clock: Date.now,
  })
  const front = createNetServer({ pauseOnConnect: true }, (socket) => gateway.serve(socket))
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  const { port } = front.address() as AddressInfo
  const clients = new Set<Client>()
  const ground: SshGround = {
    gateway,
    port,
    touched,
    faults,
    answer: ({ token }) =>
      token === goodToken
        ? { kind: 'granted', sandboxId: 'sb-1', expiresAtMs: Date.now() + 60_000 }
        : { kind: 'denied', reason: 'no such token', isKnown: false },
    agent: (socket) => void socket.destroy(),
    async login(config = {}) {
      const client = new ssh2.Client()
      clients.add(client)
      const ready = once(client, 'ready')
      client.on('error', () => {})
      client.connect({ host: '127.0.0.1', port, username: goodToken, ...config })
      await ready
      return client
    },
  }
  t.after(async () => {
    for (const client of clients) client.destroy()
    gateway.close()
    front.close()
    for (const socket of agents) socket.destroy()
    inside.close()
    await rm(folder, { recursive: true, force: true })
  })
  return ground
}

/** The answer by which an agent takes an upgrade. */
export const switching = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${attachProtocol}\r\n\r\n`

/** Runs a command and gives all there is to know of its end. */
export async function execute(client: Client, command: string) {
  const seen = { code: null as number | null, output: '', errorOutput: '' }
  const listen = (channel: ClientChannel): void => {
    channel.on('data', (bytes: Buffer) => {
      seen.output += bytes.toString('latin1')
    })
    channel.stderr.on('data', (bytes: Buffer) => {
      seen.errorOutput += bytes.toString('latin1')
    })
    channel.on('exit', (code: number | null) => {
      seen.code = code
    })
  }
  // All of it can come in one piece.
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.exec(command, (error, opened) => {
      if (error !== undefined) return reject(error)
      listen(opened)
      opened.once('close', () => resolve(opened))
    })
  })
  channel.destroy()
  return seen
}
