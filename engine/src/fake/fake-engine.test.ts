import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import type { SandboxReport, SandboxSpec } from '@sandyard/protocol'
import { createFakeEngine } from './fake-engine.ts'

const spec: SandboxSpec = {
  id: 'one',
  hostname: 'one',
  snapshot: 'default',
  user: 'daytona',
  env: {},
  cpu: 1,
  memoryGib: 1,
  diskGib: 1,
  network: { blockAll: false, allowList: null },
  volumes: [],
}

test('tells each change, and what it has after a restart', async () => {
  const engine = createFakeEngine({ running: [{ spec: { ...spec, id: 'older' }, state: 'stopped' }] })
  const reports: SandboxReport[] = []
  const stopListening = engine.onReport((report) => reports.push(report))
  await engine.recover()
  await engine.create(spec)
  engine.lose('one', 'It ran out of memory')
  await engine.start('one')
  await engine.stop('one', { graceMs: 0 })
  await engine.stop('one', { graceMs: 0 })
  await engine.destroy('one')
  stopListening()
  await engine.destroy('older')
  assert.deepEqual(reports, [
    { sandboxId: 'older', state: 'stopped' },
    { sandboxId: 'one', state: 'started' },
    { sandboxId: 'one', state: 'stopped', reason: 'It ran out of memory' },
    { sandboxId: 'one', state: 'started' },
    { sandboxId: 'one', state: 'stopped' },
    { sandboxId: 'one', state: 'absent' },
  ])
  await assert.rejects(engine.start('one'), /has no disk/)
  await engine.close()
})

test('a started sandbox answers HTTP through dial, a stopped one cannot be dialled', async () => {
  const engine = createFakeEngine()
  await engine.create(spec)
  const target = { kind: 'port', port: 3000 } as const
  const stream = await engine.dial('one', target)
  const body = await new Promise<string>((resolve, reject) => {
    const call = request({ createConnection: () => stream, path: '/a?b=c' }, async (response) => {
      const chunks: string[] = []
      for await (const chunk of response.setEncoding('utf8')) chunks.push(chunk as string)
      resolve(chunks.join(''))
    })
    call.once('error', reject).end()
  })
  assert.deepEqual(JSON.parse(body), { sandboxId: 'one', target, method: 'GET', url: '/a?b=c' })
  await engine.stop('one', { graceMs: 0 })
  await assert.rejects(engine.dial('one', target), /does not run/)
  await engine.close()
})

test('fails and takes its time as told', async () => {
  const engine = createFakeEngine({ failures: { create: new Error('No room') }, startDelayMs: 20 })
  const startedAt = performance.now()
  await assert.rejects(engine.create(spec), /No room/)
  assert.ok(performance.now() - startedAt >= 19)
  assert.equal((await engine.inspect('one')).state, 'absent')
  engine.knobs.failures = {}
  await assert.rejects(engine.create({ ...spec, snapshot: 'other' }), /Snapshot other not found/)
  await engine.create(spec)
  assert.deepEqual(engine.orders, ['create one', 'create one', 'create one'])
  await engine.close()
})

test('refuses what a real engine refuses', async () => {
  const engine = createFakeEngine()
  await engine.create(spec)
  const { cpu, memoryGib } = spec
  await engine.resize('one', { cpu, memoryGib, diskGib: 2 })
  await assert.rejects(engine.resize('one', { cpu, memoryGib, diskGib: 1 }), { code: 'BAD_REQUEST' })
  await assert.rejects(engine.fork('one', { ...spec, id: 'two' }), { code: 'BAD_REQUEST' })
  await assert.rejects(engine.archive('one'), { code: 'CONFLICT' })
  await engine.stop('one', { graceMs: 0 })
  await engine.archive('one')
  for (const order of [
    engine.start('one'),
    engine.pause('one'),
    engine.fork('one', { ...spec, id: 'two', diskGib: 2 }),
  ]) {
    await assert.rejects(order, { code: 'CONFLICT' })
  }
  await engine.restore('one')
  await engine.saveSnapshot('one', 'saved')
  await engine.create({ ...spec, id: 'three', snapshot: 'saved' })
  await assert.rejects(engine.removeSnapshot('saved'), { code: 'CONFLICT' })
  await engine.destroy('three')
  await engine.removeSnapshot('saved')
  await engine.removeSnapshot('saved')
  await engine.close()
})
