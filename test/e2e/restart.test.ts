// alone: it times the start of a platform
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import ssh2 from 'ssh2'
import { layGround } from '../fixtures/ground.ts'
import { createInside } from '../fixtures/inside.ts'
import { startTestPlatform } from '../fixtures/platform.ts'
import { createAccess } from '../fixtures/ssh.ts'
import { visit } from '../fixtures/visit.ts'

/** sandboxes that run while the platform starts anew */
const count = 20
/** longest time until new connections are served, from the signal that ends the platform, on a machine at rest, ms */
const patienceMs = 2000
/** what loading the platform takes there, ms */
const restMs = 400

/** A platform whose ports stay, as they do where people run it. */
const { platform, ways } = await layGround(async (ground) => {
  const [port, sshPort] = await freePorts()
  const started = await startTestPlatform(['--port', String(port), '--ssh-port', String(sshPort)])
  ground.defer(() => started.remove())
  const all = await Promise.all(Array.from({ length: count }, () => createInside(started)))
  const [inside] = all
  assert.ok(inside)
  await inside.run('mkdir -p /tmp/www && echo served > /tmp/www/index.html')
  await inside.serve('cd /tmp/www && python3 -m http.server 8000', 8000)
  const { url, token } = await inside.link(8000)
  const access = await createAccess(started, inside.id)
  const isServed: Readonly<Record<string, () => Promise<boolean>>> = {
    preview: async () => (await visit(url, { 'x-daytona-preview-token': token })).body === 'served\n',
    toolbox: async () => (await inside.run('echo served')) === 'served\n',
    ssh: () => saysServed(sshPort, access.token),
    api: async () => (await started.call('GET', `/sandbox/${inside.id}`)).status === 200,
  }
  return { platform: started, ways: isServed }
})

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`after ${signal} new connections are served soon, with ${count} sandboxes that run`, async (t) => {
    for (const [name, isServed] of Object.entries(ways)) assert.equal(await isServed(), true, name)
    const slowness = slownessOf()
    const endedAt = performance.now()
    await platform.end(signal)
    const goneMs = performance.now() - endedAt
    const starting = platform.start()
    const times = await Promise.all(
      Object.entries(ways).map(async ([name, isServed]) => {
        while (!(await isServed().catch(() => false))) {
          assert.ok(performance.now() - endedAt < 30_000, `${name} is never served again`)
          await delay(20)
        }
        return [name, Math.round(performance.now() - endedAt)] as const
      }),
    )
    await starting
    t.diagnostic(
      `slowness ${slowness.toFixed(1)}; gone after ${Math.round(goneMs)} ms; served: ${times.map((time) => time.join(' ')).join(', ')} ms`,
    )
    for (const [name, ms] of times) assert.ok(ms < patienceMs * slowness, `${name} after ${ms} ms`)
  })
}

/** How many times slower than at rest the machine is now, with all that others do on it: at least 1. */
function slownessOf(): number {
  const main = join(import.meta.dirname, '../../platform/src/main.ts')
  const startedAt = performance.now()
  spawnSync(process.execPath, [main, 'help'])
  return Math.max(1, (performance.now() - startedAt) / restMs)
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()]
  const ports: number[] = []
  for (const server of servers) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    ports.push((server.address() as AddressInfo).port)
  }
  for (const server of servers) server.close()
  return ports as [number, number]
}

/** Whether a login by SSH is let in and its command answered. */
async function saysServed(port: number, username: string): Promise<boolean> {
  const client = new ssh2.Client()
  const { promise, resolve } = Promise.withResolvers<boolean>()
  client.on('error', () => resolve(false)).once('close', () => resolve(false))
  client.once('ready', () => {
    client.exec('echo served', (error, channel) => {
      if (error !== undefined) resolve(false)
      else channel.once('data', (bytes: Buffer) => resolve(bytes.toString() === 'served\n'))
    })
  })
  client.connect({ host: '127.0.0.1', port, username, readyTimeout: 2000 })
  try {
    return await promise
  } finally {
    client.destroy()
  }
}
