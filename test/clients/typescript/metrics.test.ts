// alone: it measures the share of a processor that its sandbox gets
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const platform = await startTestPlatform(['--sample-interval', '1', '--webhook-allow', '127.0.0.1'])
after(() => platform.remove())

const MiB = 2 ** 20
const GiB = 2 ** 30

/** Works for two seconds and holds 200 MiB meanwhile. */
const work = `python3 -c "
import time
held = bytearray(b'x') * (200 << 20)
end = time.process_time() + 2
while time.process_time() < end: pass
time.sleep(3)
"`

for (const client of clients) {
  const { name, isNewest } = client
  describe(name, { skip: isNewest ? false : 'it has no such method' }, () => {
    const daytona = connect(client, platform)
    after(() => daytona[Symbol.asyncDispose]())

    test('getMetrics tells what the sandbox has used since it was made', async () => {
      const sandbox = await daytona.create()
      try {
        await sandbox.process.executeCommand(work)
        await sleep(1500)
        const samples = await sandbox.getMetrics()
        assert.ok(samples.length >= 5, `${samples.length} samples`)
        const times = samples.map(({ timestamp }) => timestamp.getTime())
        assert.deepEqual(
          times,
          times.toSorted((a, b) => a - b),
        )
        for (const { cpuCount, memTotal, diskTotal, diskUsed } of samples) {
          assert.deepEqual([cpuCount, memTotal, diskTotal], [1, GiB, 3 * GiB])
          assert.ok(diskUsed >= 0 && diskUsed < 100 * MiB)
        }
        const most = (field: 'cpuUsedPct' | 'memUsed') => Math.max(...samples.map((sample) => sample[field]))
        assert.ok(most('cpuUsedPct') > 50 && most('cpuUsedPct') < 130, `cpu ${most('cpuUsedPct')} %`)
        assert.ok(most('memUsed') > 200 * MiB && most('memUsed') < 600 * MiB, `memory ${most('memUsed') / MiB} MiB`)
        const [first] = times
        assert.ok(first !== undefined)
        const early = await sandbox.getMetrics(new Date(first), new Date(first + 1500))
        assert.ok(early.length >= 1 && early.length < samples.length, `${early.length} of ${samples.length}`)
      } finally {
        await sandbox.delete()
      }
    })
  })
}

test('a webhook hears of a real sandbox, and /metrics of what it took', async () => {
  const received: { body: string; headers: Record<string, string> }[] = []
  const http = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      received.push({ body, headers: request.headers as Record<string, string> })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  try {
    const created = (await platform.call('POST', '/sandbox', {})).body as { id: string; organizationId: string }
    const path = `/webhooks/organizations/${created.organizationId}/endpoints`
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`
    const endpoint = await platform.call('POST', path, { url })
    assert.equal(endpoint.status, 201)
    await platform.call('DELETE', `/sandbox/${created.id}`)
    const deadline = Date.now() + 10_000
    const isOver = () => received.some(({ body }) => body.includes('"newState":"destroyed"'))
    while (!isOver() && Date.now() < deadline) await sleep(20)
    assert.ok(isOver(), received.map(({ body }) => body).join('\n'))
    const { secret } = endpoint.body as { secret: string }
    for (const { body, headers } of received) {
      const told = new Webhook(secret).verify(body, headers) as { event: string; id: string }
      assert.deepEqual([told.event, told.id], ['sandbox.state.updated', created.id])
    }
  } finally {
    http.closeAllConnections()
    http.close()
  }
  const strange = await fetch(`${platform.url}/metrics`)
  assert.equal(strange.status, 401)
  const response = await fetch(`${platform.url}/metrics`, { headers: { authorization: `Bearer ${platform.apiKey}` } })
  const text = await response.text()
  assert.match(text, /^sandyard_order_seconds_count\{order="destroy",outcome="done"\} [1-9]/m)
  assert.match(text, /^sandyard_order_seconds_count\{order="measure",outcome="done"\} [1-9]/m)
  assert.equal((await fetch(`${platform.url}/api`)).status, 200)
})
