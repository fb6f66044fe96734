import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2'
import { generateHostKey } from '../../gateway/src/ssh/host-keys.ts'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'
import { type Access, createAccess, openDoor, type SshDoor, until } from '../fixtures/ssh.ts'

/** Insides of the client's library, for what no honest client does. */
interface Insides {
  readonly _protocol: {
    session(channel: number, window: number, packetSize: number): void
    exec(channel: number, command: string, wantReply: boolean): void
    channelData(channel: number, bytes: Buffer): void
    ping(): void
  }
  readonly _sock: { pause(): void; readonly destroyed: boolean }
}

describe('SSH, by clients of every kind', () => {
  let platform: TestPlatform
  let folder: string
  let id: string
  let access: Access
  let door: SshDoor

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-ssh-'))
    platform = await startTestPlatform()
    id = ((await platform.call('POST', '/sandbox', {})).body as { id: string }).id
    access = await createAccess(platform, id)
    door = openDoor(access, folder)
  })
  after(async () => {
    await platform?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  const login = async (config: ConnectConfig = {}): Promise<Client> => {
    const client = new ssh2.Client()
    const ready = once(client, 'ready')
    client.on('error', () => {})
    client.connect({ host: '127.0.0.1', port: door.port, username: access.token, ...config })
    const failed = once(client, 'close').then(() => Promise.reject(new Error('not let in')))
    await Promise.race([ready, failed])
    failed.catch(() => {})
    return client
  }
  const exec = (client: Client, command: string, options: object = {}): Promise<ClientChannel> =>
    new Promise((resolve, reject) => {
      client.exec(command, options, (error, channel) => (error === undefined ? resolve(channel) : reject(error)))
    })
  const outputOf = async (channel: ClientChannel): Promise<string> => {
    let output = ''
    channel.on('data', (bytes: Buffer) => {
      output += bytes.toString()
    })
    await once(channel, 'close')
    return output
  }

  test('a token opens as user name by every method, or as password of its sandbox', async () => {
    const key = generateHostKey()
    const ways: [string, ConnectConfig][] = [
      ['none', {}],
      ['password', { password: 'whatever', authHandler: ['password'] }],
      ['publickey', { privateKey: key, authHandler: ['publickey'] }],
      ['keyboard-interactive', { tryKeyboard: true, authHandler: ['keyboard-interactive'] }],
      ['sandbox id', { username: id, password: access.token }],
    ]
    for (const [name, config] of ways) {
      const client = await login(config)
      assert.equal(await outputOf(await exec(client, 'echo in')), 'in\n', name)
      client.end()
    }
    const other = ((await platform.call('POST', '/sandbox', {})).body as { id: string }).id
    for (const config of [
      { username: id, password: 'a'.repeat(32) },
      { username: other, password: access.token },
      { username: 'root', password: access.token },
      { username: `${access.token}x` },
      { username: '' },
      { username: 'x'.repeat(5000) },
    ]) {
      await assert.rejects(
        login(config),
        /not let in|methods failed|username|closed/i,
        JSON.stringify(config).slice(0, 80),
      )
    }
    await platform.call('DELETE', `/sandbox/${other}`)
  })

  test('signals arrive, and how programs end by them is told by name', async () => {
    const client = await login()
    for (const [command, signal] of [
      ['kill -KILL $$', 'KILL'],
      ['kill -SEGV $$', 'SEGV'],
    ] as const) {
      const channel = await exec(client, command)
      const [code, name] = (await once(channel.resume(), 'exit')) as [number | null, string]
      assert.deepEqual([code, name.replace(/^SIG/, '')], [null, signal])
    }
    const channel = await exec(client, 'echo ready; exec sleep 100')
    await once(channel, 'data')
    const exit = once(channel, 'exit')
    channel.signal('TERM')
    assert.match(String((await exit)[1]), /TERM$/)
    client.end()
  })

  test('a terminal follows its size', async () => {
    const client = await login()
    const script = 'trap "stty size" WINCH; stty size; while :; do sleep 0.05; done'
    const channel = await exec(client, script, { pty: { cols: 91, rows: 17, term: 'vt100' } })
    let output = ''
    channel.on('data', (bytes: Buffer) => {
      output += bytes.toString()
    })
    await until(async () => output.includes('17 91'))
    channel.setWindow(40, 120, 0, 0)
    await until(async () => output.includes('40 120'))
    channel.setWindow(0, 100_000, 0, 0)
    await until(async () => output.includes('24 1000'))
    client.end()
  })

  test('more channels than may be are refused, and others go on', async () => {
    const client = await login()
    const channels = await Promise.allSettled(Array.from({ length: 60 }, () => exec(client, 'sleep 100')))
    const open = channels.filter(({ status }) => status === 'fulfilled').length
    assert.equal(open, 32)
    client.end()
    await until(async () => (await door.ssh(['pgrep -xc sleep'])).stdout.toString() === '0\n')
  })

  test('nonsense before a login ends its connection, and nothing else', async () => {
    const heads = ['', 'GET / HTTP/1.1\r\n\r\n', 'SSH-2.0-x\r\n', `SSH-2.0-${'x'.repeat(100_000)}`, 'SSH-1.5-old\r\n']
    for (const head of heads) {
      const socket = connect(door.port, '127.0.0.1')
      socket.on('error', () => {}).resume()
      const closed = once(socket, 'close')
      socket.write(Buffer.concat([Buffer.from(head), Buffer.alloc(70_000, 0xff)]))
      socket.end()
      await closed
    }
    assert.equal((await door.ssh(['echo fine'])).stdout.toString(), 'fine\n')
  })

  test('connections that say nothing are bounded, and hold up nobody for long', async () => {
    const sockets = Array.from({ length: 100 }, () =>
      connect(door.port, '127.0.0.1')
        .on('error', () => {})
        .resume(),
    )
    const closed = sockets.map((socket) => once(socket, 'close'))
    await delay(500)
    const left = sockets.filter((socket) => !socket.destroyed).length
    assert.equal(left, 64, 'of one address')
    for (const socket of sockets) socket.destroy()
    await Promise.all(closed)
    await until(async () => (await door.ssh(['echo fine'])).stdout.toString() === 'fine\n')
  })

  test('who ignores windows, or gives one that has no end, costs little memory', async () => {
    const atFirst = memoryOf(platform.pid)
    const greedy = (await login()) as unknown as Client & Insides
    greedy._protocol.session(70, 0xffffffff, 32_768)
    await delay(300)
    greedy._protocol.exec(0, 'cat /dev/zero', true)
    greedy._sock.pause()
    const flooding = (await login()) as unknown as Client & Insides
    flooding._protocol.session(71, 1_000_000, 32_768)
    await delay(300)
    flooding._protocol.exec(0, 'sleep 100', true)
    for (let sent = 0; sent < 4000; sent++) {
      flooding._protocol.channelData(0, Buffer.alloc(32_000))
      if (sent % 50 === 0) await delay(5)
    }
    const asking = (await login()) as unknown as Client & Insides
    asking._sock.pause()
    for (let sent = 0; sent < 60_000; sent++) {
      if (sent % 5000 === 0) await delay(5)
      asking._protocol.ping()
    }
    await delay(1000)
    const grown = memoryOf(platform.pid) - atFirst
    assert.ok(grown < 150_000, `${grown} KiB more`)
    assert.equal((await door.ssh(['echo fine'])).stdout.toString(), 'fine\n')
    for (const client of [greedy, flooding, asking]) client.destroy()
  })

  test('a packet size of nothing ends the channel', async () => {
    const client = (await login()) as unknown as Client & Insides
    client._protocol.session(72, 1_000_000, 0)
    await delay(300)
    client._protocol.exec(0, 'echo x', true)
    await delay(300)
    assert.equal((await door.ssh(['echo fine'])).stdout.toString(), 'fine\n')
    client.destroy()
  })
})

function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
