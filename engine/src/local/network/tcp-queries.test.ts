import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NameRules } from './answer.ts'
import { createFrames, formatFrame } from './ask.ts'
import { listenTcp } from './tcp-queries.ts'

const gateway = '127.53.1.1'

test('whoever does not read its answers is asked no further questions: they would pile up', async (t) => {
  let served = 0
  const reply = Buffer.alloc(16_000)
  const probe = createServer().listen(0, gateway)
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  const listener = await listenTcp(gateway, {
    port,
    upstreams: () => [],
    rate: 1e9,
    guard: { rulesOf: async () => ({}) as NameRules, onChange() {} },
    async serve() {
      served++
      return reply
    },
  })
  t.after(() => listener.close())
  const client = connect(port, gateway)
  t.after(() => client.destroy())
  await once(client, 'connect')
  client.pause()
  const count = 5000
  const query = formatFrame(Buffer.alloc(12))
  for (let at = 0; at < count; at++) client.write(query)
  await sleep(700)
  assert.ok(served < count / 2, `${served} answers were made for one who reads none`)
  let read = 0
  const frames = createFrames(() => read++)
  client.on('data', frames).resume()
  for (let tries = 0; tries < 200 && read < count; tries++) await sleep(20)
  assert.equal(read, count, 'and they come when it reads on')
})

test('who asks without end is answered at a rate, over all its connections', async (t) => {
  let served = 0
  const probe = createServer().listen(0, gateway)
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  const listener = await listenTcp(gateway, {
    port,
    upstreams: () => [],
    rate: 100,
    guard: { rulesOf: async () => ({}) as NameRules, onChange() {} },
    async serve() {
      served++
      return Buffer.alloc(12)
    },
  })
  t.after(() => listener.close())
  const query = formatFrame(Buffer.alloc(12))
  for (let index = 0; index < 8; index++) {
    const client = connect(port, gateway)
    t.after(() => client.destroy())
    client.resume().write(Buffer.concat(Array.from({ length: 1000 }, () => query)))
  }
  await sleep(1500)
  assert.ok(served >= 200 && served < 500, `${served} answers`)
})
