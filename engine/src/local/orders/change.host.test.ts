import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine, Resources, SandboxSpec } from '@sandyard/protocol'
import { isUnified, listProcesses } from '../cgroup/cgroup.ts'
import { freeze, thaw } from '../cgroup/freezer.ts'
import { assertEmpty, assertRemoved, until } from '../empty.fixture.ts'
import { createGround, type EngineGround, execute, skipWithoutRoot, specOf } from '../engine.fixture.ts'
import { identify, signal } from '../host/processes.ts'

const small: Resources = { cpu: 1, memoryGib: 1, diskGib: 3 }

describe('changes of a sandbox', { skip: skipWithoutRoot }, () => {
  let ground: EngineGround
  let engine: Engine

  before(async () => {
    ground = await createGround()
    engine = await ground.open()
  })
  after(async () => {
    await engine.close()
    await assertRemoved(ground)
  })
  beforeEach(() => {
    ground.reports.splice(0)
  })

  const cgroup = ({ id }: SandboxSpec): string => `/sandyard-${ground.index}/${id}`
  const told = ({ id }: SandboxSpec): string[] =>
    ground.reports.filter(({ sandboxId }) => sandboxId === id).map(({ state }) => state)
  const run = async ({ id }: SandboxSpec, command: string): Promise<string> =>
    (await execute(engine, id, command)).result
  async function reopen(): Promise<void> {
    await engine.close()
    engine = await ground.open()
  }

  describe('of its size', () => {
    const view = isUnified()
      ? 'cat /sys/fs/cgroup/memory.max; cut -d" " -f1 /sys/fs/cgroup/cpu.max'
      : 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.cfs_quota_us'
    const seen = ({ memoryGib, cpu }: Resources): string => `${memoryGib * 2 ** 30}\n${cpu * 100_000}\n`
    const hold = (mib: number) => `python3 -c "x = bytearray(${mib} * 2**20); print(len(x) >> 20)" 2>&1 | tail -n 1`

    it('holds at once, again after a restart of the platform, and after a stop', async () => {
      const spec = specOf(small)
      const { id } = spec
      await engine.create(spec)
      assert.equal(await run(spec, view), seen(small))
      assert.doesNotMatch(await run(spec, `fallocate -l 3500M big; ${hold(1200)}`), /1200/)

      const large = { cpu: 2, memoryGib: 2, diskGib: 5 }
      await Promise.all([engine.resize(id, large), engine.resize(id, large)])
      assert.equal(await run(spec, view), seen(large))
      assert.equal(await run(spec, `fallocate -l 3500M big && ${hold(1200)}`), '1200\n')
      await assert.rejects(engine.resize(id, small), { code: 'BAD_REQUEST', message: /5 GiB.* cannot be made smaller/ })
      await reopen()
      assert.equal(await run(spec, `${view}; ${hold(1200)}`), `${seen(large)}1200\n`)

      await engine.stop(id, { graceMs: 0 })
      await assert.rejects(engine.resize(id, small), { code: 'BAD_REQUEST' })
      const less = { cpu: 1, memoryGib: 1, diskGib: 6 }
      await engine.resize(id, less)
      await reopen()
      await engine.start(id)
      assert.equal(await run(spec, view), seen(less))
      assert.equal(await run(spec, 'fallocate -l 5500M big && stat -c %s big'), `${5500 * 2 ** 20}\n`)
      await engine.destroy(id)
      await assert.rejects(engine.resize(id, large), { code: 'NOT_FOUND' })
      await assertEmpty(ground)
    })

    it('ends nothing: memory in use cannot be taken away, only what is cached', async () => {
      const [spec, large] = [specOf({ ...small, memoryGib: 2 }), { ...small, memoryGib: 2 }]
      const { id } = spec
      await engine.create(spec)
      await run(spec, 'head -c 1300M /dev/zero > cached; cat cached > /dev/null')
      await engine.resize(id, small)
      assert.equal(await run(spec, view), seen(small))
      await engine.resize(id, large)
      await run(spec, 'setsid python3 -c "import time; x = bytearray(1200 * 2**20); time.sleep(60)" >/dev/null 2>&1 &')
      await until(
        async () => Number(await run(spec, "awk '/VmRSS/ {print $2}' /proc/$(pgrep -n python3)/status")) > 1.2e6,
      )
      await assert.rejects(engine.resize(id, small), { code: 'CONFLICT', message: /more than 1 GiB of memory/ })
      assert.equal(await run(spec, `pgrep -c python3; ${view}`), `1\n${seen(large)}`)
      await engine.stop(id, { graceMs: 0 })
      await engine.resize(id, small)
      await engine.destroy(id)
      await assertEmpty(ground)
    })

    it('is as before when a crash came before it was written down', async () => {
      const spec = specOf(small)
      await engine.create(spec)
      const record = join(ground.data, 'sandboxes', spec.id, 'sandbox.json')
      const before = readFileSync(record)
      await engine.resize(spec.id, { cpu: 2, memoryGib: 2, diskGib: 5 })
      await engine.close()
      writeFileSync(record, before)
      engine = await ground.open()
      await until(async () => (await execute(engine, spec.id, 'fallocate -l 3500M big')).exitCode !== 0)
      assert.equal(await run(spec, view), seen(small))
      await engine.destroy(spec.id)
      await assertEmpty(ground)
    })
  })

  describe('by a pause', () => {
    const counting = 'setsid sh -c "while :; do echo >> count; sleep 0.01; done" >/dev/null 2>&1 &'

    it('leaves its processes as they are, also over a restart of the platform', async () => {
      const spec = specOf()
      const { id } = spec
      await engine.create(spec)
      await run(spec, counting)
      await Promise.all([engine.pause(id), engine.pause(id)])
      assert.deepEqual(await engine.inspect(id), { sandboxId: id, state: 'paused' })
      for (const target of [{ kind: 'agent' }, { kind: 'port', port: 80 }] as const) {
        await assert.rejects(engine.dial(id, target), { code: 'SERVICE_UNAVAILABLE', message: /is paused/ })
      }
      const used = () => listProcesses(cgroup(spec)).map((pid) => readFileSync(`/proc/${pid}/schedstat`, 'utf8'))
      const before = used()
      assert.ok(before.length >= 3)
      await sleep(100)
      await reopen()
      assert.deepEqual(await engine.inspect(id), { sandboxId: id, state: 'paused' })
      assert.deepEqual(used(), before, 'none of them had any of a processor')

      await Promise.all([engine.resume(id), engine.resume(id)])
      const count = async () => Number(await run(spec, 'wc -l < count'))
      const first = await count()
      await until(async () => (await count()) > first)
      assert.deepEqual(told(spec), ['started', 'paused', 'paused', 'started'])
      await engine.pause(id)
      await engine.start(id)
      assert.equal(await run(spec, 'echo $((6 * 7))'), '42\n')
      await reopen()
      assert.deepEqual(await engine.inspect(id), { sandboxId: id, state: 'started' })
      await engine.destroy(id)
      await assertEmpty(ground)
    })

    it('can be followed by a stop, a resize and the end', async () => {
      const specs = [specOf(), specOf(), specOf()] as const
      for (const spec of specs) await engine.create(spec)
      await Promise.all(specs.map(({ id }) => engine.pause(id)))
      const [gentle, hard, gone] = specs
      await engine.resize(gentle.id, { ...small, cpu: 2 })
      assert.equal((await engine.inspect(gentle.id)).state, 'paused')
      await engine.stop(gentle.id, { graceMs: 5000 })
      await engine.stop(hard.id, { graceMs: 0 })
      await engine.destroy(gone.id)
      for (const { id } of [gentle, hard]) {
        assert.deepEqual(await engine.inspect(id), { sandboxId: id, state: 'stopped' })
        await assert.rejects(engine.pause(id), { code: 'CONFLICT', message: /is stopped/ })
        await assert.rejects(engine.resume(id), { code: 'CONFLICT' })
      }
      await engine.start(gentle.id)
      await engine.resume(gentle.id)
      assert.deepEqual(await engine.inspect(gentle.id), { sandboxId: gentle.id, state: 'started' })
      for (const { id } of specs) await engine.destroy(id)
      await assert.rejects(engine.pause(gone.id), { code: 'NOT_FOUND' })
      await assert.rejects(engine.resume(gone.id), { code: 'NOT_FOUND' })
      await assertEmpty(ground)
    })

    it('is finished or undone after a crash, and what nobody knows is removed though it is frozen', async () => {
      const [halfway, killed, lost] = [specOf(), specOf(), specOf()]
      for (const spec of [halfway, killed, lost]) await engine.create(spec)
      await engine.pause(killed.id)
      await engine.close()
      await freeze(cgroup(halfway))
      await freeze(cgroup(lost))
      rmSync(join(ground.data, 'sandboxes', lost.id, 'sandbox.json'))
      for (const identity of listProcesses(cgroup(killed)).map(identify))
        if (identity !== null) signal(identity, 'SIGKILL')
      thaw(cgroup(killed))
      await until(() => listProcesses(cgroup(killed)).length === 0)

      engine = await ground.open()
      assert.equal(await run(halfway, 'echo goes on'), 'goes on\n')
      assert.match((await engine.inspect(killed.id)).reason ?? '', /ended by themselves/)
      await engine.start(killed.id)
      await engine.pause(killed.id)
      for (const identity of listProcesses(cgroup(killed)).map(identify))
        if (identity !== null) signal(identity, 'SIGKILL')
      thaw(cgroup(killed))
      await until(async () => (await engine.inspect(killed.id)).state === 'stopped')
      for (const { id } of [halfway, killed]) await engine.destroy(id)
      await assertEmpty(ground)
    })
  })

  it('come one after the other', async () => {
    const spec = specOf(small)
    const { id } = spec
    await engine.create(spec)
    await Promise.all([
      engine.pause(id),
      engine.resize(id, { ...small, diskGib: 4 }),
      engine.resume(id),
      engine.setNetwork(id, { blockAll: true, allowList: null }),
      engine.resize(id, { ...small, diskGib: 5 }),
      engine.stop(id, { graceMs: 0 }),
    ])
    assert.deepEqual(told(spec), ['started', 'paused', 'started', 'stopped'])
    const { spec: kept } = JSON.parse(readFileSync(join(ground.data, 'sandboxes', id, 'sandbox.json'), 'utf8'))
    assert.deepEqual([kept.diskGib, kept.network.blockAll], [5, true])
    await engine.destroy(id)
    await assertEmpty(ground)
  })
})
