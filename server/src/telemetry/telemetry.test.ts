import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SandboxUse } from '@sandyard/protocol'
import { openTestServer, type TestServer } from '../testing/test-server.ts'
import { readSamples, ringLength, type Sample, writeSample } from './ring.ts'
import { mostPoints, toSeries } from './series.ts'

const always = 'from=2030-01-01T00:00:00Z&to=2031-01-01T00:00:00Z'

function sampleAt(at: number, change: Partial<Sample> = {}): Sample {
  const memory = { memoryGib: 1, memoryKib: 1024, cacheKib: 512 }
  const disk = { diskGib: 3, diskKib: 2048 }
  return { at, cpuPercent: 50, cores: 1, ...memory, ...disk, receivedKib: 1, sentKib: 2, ...change }
}

test('a ring keeps the newest samples and stays as small as it is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-ring-'))
  const file = join(folder, 'a.ring')
  try {
    assert.deepEqual(await readSamples(file, 0, 2 ** 32), [])
    const begin = 1_900_000_000
    for (let index = 0; index < ringLength + 100; index += 1) await writeSample(file, sampleAt(begin + 15 * index), 15)
    const { size } = statSync(file)
    const samples = await readSamples(file, 0, 2 ** 32)
    assert.equal(samples.length, ringLength)
    assert.deepEqual([samples[0]?.at, samples.at(-1)?.at], [begin + 15 * 100, begin + 15 * (ringLength + 99)])
    await writeSample(file, sampleAt(begin + 15 * ringLength * 3), 15)
    assert.equal(statSync(file).size, size)
    assert.ok(size < 256 * 1024, `${size} bytes`)
    // What a crash left half-written is not taken for a sample of its time.
    writeFileSync(file, Buffer.alloc(50, 0xff))
    assert.deepEqual(await readSamples(file, begin, begin + 1e6), [])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a long time is told in averages, and what cannot be compared is left out', () => {
  const samples = Array.from({ length: 4 * mostPoints }, (_, index) =>
    sampleAt(1000 + index, { memoryKib: 1024 * (index % 4), cpuPercent: index < 4 ? Number.NaN : 10 }),
  )
  const [memory, cpu] = ['daytona.sandbox.memory.usage', 'daytona.sandbox.cpu.utilization'].map(
    (name) => toSeries(samples, [name])[0]?.dataPoints ?? [],
  )
  assert.equal(memory?.length, mostPoints)
  assert.ok(memory.every(({ value }) => value === 1.5 * 2 ** 20))
  assert.equal(cpu?.length, mostPoints - 1)
})

test('use of processors is counted from sample to sample, and begins anew with a start', async () => {
  await using server = await openTestServer()
  const { id } = await server.create({ cpu: 2 })
  let cpuMs = 10_000
  server.engine.measure = async () => [useOf(id, cpuMs)]
  const sample = async (more: number) => {
    cpuMs += more
    server.clock.nowMs += 15_000
    await server.server.telemetry.sample()
  }
  await sample(0)
  await sample(6000)
  await sample(24_000)
  cpuMs = 0
  await sample(300)
  await sample(1500)
  const { series } = (
    await server.call(`GET /sandbox/${id}/telemetry/metrics?${always}&metricNames=daytona.sandbox.cpu.utilization`)
  ).body
  assert.deepEqual(
    series[0].dataPoints.map(({ value }: { value: number }) => value),
    [20, 80, 5],
  )
})

test('nothing is kept of sandboxes that the server does not know, and a failing engine does no harm', async () => {
  await using server = await openTestServer()
  const { id } = await server.create()
  server.engine.measure = async () => [useOf(randomUUID(), 5), useOf('../../evil', 5), useOf(id, 5)]
  await server.server.telemetry.sample()
  assert.equal(await points(server, id), 1)
  server.engine.measure = async () => {
    throw new Error('inner text')
  }
  await server.server.telemetry.sample()
  assert.equal(await points(server, id), 1)
  assert.deepEqual(server.faults, [])
})

test('a journal stays within its bounds, and goes with its sandbox', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-journal-'))
  try {
    await using server = await openTestServer({ folder, isRecovered: false })
    const { id } = await server.create()
    const reason = 'x'.repeat(20_000)
    for (let index = 0; index < 30; index += 1) {
      server.clock.nowMs += 1000
      const sandbox = await server.server.store.sandboxes.byId(id)
      assert.ok(sandbox !== undefined)
      const before = { ...sandbox, state: 'stopped' as const }
      const after = { ...sandbox, updatedAtMs: server.clock.nowMs, errorReason: `${index} ${reason}` }
      server.server.feed.publish({ before, after })
      if (index % 3 === 0) await server.call(`GET /sandbox/${id}/telemetry/logs?${always}`)
    }
    const { items } = (await server.call(`GET /sandbox/${id}/telemetry/logs?${always}`)).body
    assert.match(items[0].body, /^State changed from stopped to started: 29 xxx/)
    assert.ok(items.length < 25, `${items.length} entries are kept`)
    const files = ['log', 'log.1', 'ring'].map((kind) => join(folder, 'telemetry', `${id}.${kind}`))
    await server.server.telemetry.sample()
    const sizes = files.map((file) => statSync(file).size)
    assert.ok(Math.max(...sizes) < 400_000, sizes.join())

    await server.call(`DELETE /sandbox/${id}`)
    await server.server.settled()
    await server.server.telemetry.sample()
    for (const file of files) utimesSync(file, 0, server.clock.nowMs / 1000)
    server.clock.nowMs += 24 * 3600 * 1000
    await server.server.telemetry.tidy()
    assert.ok(existsSync(files[0] ?? ''), 'it can be read as long as the sandbox is remembered')
    server.clock.nowMs += 2 * 3600 * 1000
    await server.server.store.sandboxes.purge(server.clock.nowMs)
    await server.server.telemetry.tidy()
    assert.deepEqual(files.filter(existsSync), [])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

async function points({ call }: TestServer, id: string): Promise<number> {
  return (await call(`GET /sandbox/${id}/telemetry/metrics?${always}`)).body.series[1].dataPoints.length
}

function useOf(sandboxId: string, cpuMs: number): SandboxUse {
  return { sandboxId, cpuMs, memoryBytes: 2 ** 20, cacheBytes: 0, diskBytes: 0, receivedBytes: 0, sentBytes: 0 }
}
