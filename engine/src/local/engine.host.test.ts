import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine, SandboxSpec } from '@sandyard/protocol'
import { hostState } from '../../../test/fixtures/host-state.ts'
import { listProcesses } from './cgroup/cgroup.ts'
import { assertEmpty, assertRemoved, until } from './empty.fixture.ts'
import { call, createGround, type EngineGround, execute, skipWithoutRoot, specOf, testBase } from './engine.fixture.ts'
import { identify, signal } from './host/processes.ts'
import { removeLocalEngine } from './orders/remove.ts'
import { isInstanceRunning } from './records/instance.ts'

describe('the local engine', { skip: skipWithoutRoot }, () => {
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

  it('does each order once, however often it is given', async () => {
    const spec = specOf()
    const { id } = spec
    assert.deepEqual(await engine.inspect(id), { sandboxId: id, state: 'absent' })
    await Promise.all([engine.create(spec), engine.create(spec)])
    await engine.start(id)
    assert.deepEqual(await engine.inspect(id), { sandboxId: id, state: 'started' })
    assert.deepEqual(await execute(engine, id, 'echo $((6 * 7)) | tee file'), { exitCode: 0, result: '42\n' })
    await Promise.all([engine.stop(id, { graceMs: 2000 }), engine.stop(id, { graceMs: 2000 })])
    assert.deepEqual(await engine.inspect(id), { sandboxId: id, state: 'stopped' })
    await engine.create(spec)
    assert.equal((await engine.inspect(id)).state, 'stopped', 'create does not start it')
    await Promise.all([engine.start(id), engine.start(id)])
    assert.equal((await execute(engine, id, 'cat file')).result, '42\n')
    await Promise.all([engine.destroy(id), engine.destroy(id)])
    await engine.destroy(id)
    assert.deepEqual(
      ground.reports.map(({ state }) => state),
      ['started', 'stopped', 'started', 'absent'],
    )
    await assert.rejects(engine.start(id), { code: 'NOT_FOUND' })
    await assert.rejects(engine.stop(id, { graceMs: 0 }), { code: 'NOT_FOUND' })
    await assertEmpty(ground)
  })

  it('takes orders on one sandbox one after the other', async () => {
    const spec = specOf()
    const creating = engine.create(spec)
    const destroying = engine.destroy(spec.id)
    await Promise.all([creating, destroying])
    assert.deepEqual(await engine.inspect(spec.id), { sandboxId: spec.id, state: 'absent' })
    // And the id can be taken again while what is left of the first is still being removed.
    await engine.create(spec)
    await sleep(300)
    assert.equal((await execute(engine, spec.id, 'echo alive')).result, 'alive\n')
    await engine.destroy(spec.id)
    await assertEmpty(ground)
  })

  it('refuses what it cannot make', async () => {
    await assert.rejects(engine.create(specOf({ snapshot: 'none' })), { code: 'BAD_REQUEST' })
    await assert.rejects(engine.create(specOf({ user: 'nobody-there' })), { code: 'BAD_REQUEST' })
    await assertEmpty(ground)
  })

  it('dials the agent and ports, of running sandboxes only', async () => {
    const spec = specOf()
    const { id } = spec
    const port = { kind: 'port', port: 8000 } as const
    await assert.rejects(engine.dial(id, port), { code: 'NOT_FOUND' })
    await engine.create(spec)
    await assert.rejects(engine.dial(id, port), { code: 'BAD_GATEWAY', message: /Nothing listens on port 8000/ })
    await execute(
      engine,
      id,
      'echo hello > greeting; (setsid python3 -m http.server --bind 127.0.0.1 8000 >/dev/null 2>&1 &)',
    )
    await until(async () => (await execute(engine, id, 'curl -s 127.0.0.1:8000/greeting')).result === 'hello\n')
    assert.equal(await call(await engine.dial(id, port), 'GET', '/greeting'), 'hello\n')
    await engine.stop(id, { graceMs: 0 })
    await assert.rejects(engine.dial(id, port), { code: 'SERVICE_UNAVAILABLE' })
    await assert.rejects(engine.dial(id, { kind: 'agent' }), { code: 'SERVICE_UNAVAILABLE' })
    await engine.destroy(id)
  })

  it('holds a disk to its size, keeps it over a stop, and starts with a full one', async () => {
    const spec = specOf({ diskGib: 1 })
    const { id } = spec
    await engine.create(spec)
    assert.deepEqual(await execute(engine, id, 'fallocate -l 700M a'), { exitCode: 0, result: '' })
    const second = await execute(engine, id, 'fallocate -l 500M b')
    assert.notEqual(second.exitCode, 0)
    assert.match(second.result, /quota|No space/i)
    // To the last byte: files too small for a block of their own are the last that fit.
    await execute(
      engine,
      id,
      'head -c 400000000 /dev/urandom > c; for i in $(seq 3000); do echo $i > small$i || break; done 2>/dev/null',
    )
    assert.notEqual((await execute(engine, id, 'head -c 1000000 /dev/urandom > d')).exitCode, 0, 'it is full')
    await engine.stop(id, { graceMs: 0 })
    await engine.start(id)
    assert.equal((await execute(engine, id, 'stat -c %s a')).result, `${700 * 2 ** 20}\n`)
    assert.equal((await execute(engine, id, 'rm a && fallocate -l 600M b')).exitCode, 0)
    await engine.destroy(id)
    await assertEmpty(ground)
  })

  it('limits memory and processes', async () => {
    const spec = specOf()
    await engine.create(spec)
    const hog = await execute(engine, spec.id, 'python3 -c "x = bytearray(1200 * 2**20)"; echo $?')
    assert.match(hog.result, /137\n$/)
    const { result } = await execute(
      engine,
      spec.id,
      'cat /sys/fs/cgroup/pids.max 2>/dev/null; id -u; cat /proc/self/uid_map',
    )
    assert.match(result, /^1000\n +0 +\d+ +65536\n$/m)
    await engine.destroy(spec.id)
  })

  it('gives every running sandbox user ids of its own, and files keep their owners whatever these are', async () => {
    const [first, second] = [specOf(), specOf()]
    await engine.create(first)
    await engine.create(second)
    const rootOf = async ({ id }: SandboxSpec): Promise<number> =>
      Number((await execute(engine, id, 'cat /proc/self/uid_map')).result.trim().split(/ +/)[1])
    const roots = [await rootOf(first), await rootOf(second)]
    const [low, high] = [Math.min(...roots), Math.max(...roots)]
    assert.ok(high - low >= 65_536, `${high - low} ids apart`)
    const script = 'touch mine; sudo touch roots; sudo rm /etc/motd; sudo chown 7:8 roots; stat -c %u:%g mine roots ~'
    const owners = '1000:1000\n7:8\n1000:1000\n'
    assert.deepEqual(await execute(engine, first.id, script), { exitCode: 0, result: owners })
    for (const { id } of [first, second]) await engine.stop(id, { graceMs: 0 })
    for (const { id } of [second, first]) await engine.start(id)
    assert.ok((await rootOf(second)) <= low, 'what is free is used again')
    const later = await execute(
      engine,
      first.id,
      'stat -c %u:%g mine roots ~; ls /etc/motd; sudo sh -c "echo >> /etc/hosts"',
    )
    assert.match(later.result, new RegExp(`^${owners}.*No such file`))
    assert.equal(later.exitCode, 0)
    for (const { id } of [first, second]) await engine.destroy(id)
    await assertEmpty(ground)
  })

  it('tells that a sandbox has ended by itself, and starts it again', async () => {
    const spec = specOf()
    const { id } = spec
    await engine.create(spec)
    killAll(hostState(ground.index).processes)
    await until(async () => (await engine.inspect(id)).state === 'stopped')
    assert.match((await engine.inspect(id)).reason ?? '', /ended by themselves/)
    assert.deepEqual(ground.reports.at(-1), await engine.inspect(id))
    await engine.start(id)
    assert.deepEqual(await engine.inspect(id), { sandboxId: id, state: 'started' })
    await engine.destroy(id)
    await assertEmpty(ground)
  })

  it('finds its sandboxes again, and a second recover changes nothing', async () => {
    const [running, stopped, dying, lost] = [specOf(), specOf(), specOf(), specOf()]
    for (const spec of [running, stopped, dying, lost]) await engine.create(spec)
    await execute(engine, running.id, '(setsid sleep 1000 >/dev/null 2>&1 &)')
    await engine.stop(stopped.id, { graceMs: 0 })
    const before = (await execute(engine, running.id, 'pgrep sleep')).result
    await engine.close()
    killAll(listProcesses(`/sandyard-${ground.index}/${dying.id}`))
    // As after a crash between two steps: no record speaks for it any more.
    rmSync(join(ground.data, 'sandboxes', lost.id), { recursive: true })
    mkdirSync(join(ground.data, 'sandboxes', '11111111-1111-4111-8111-111111111111'))
    ground.reports.splice(0)

    engine = await ground.open({ spareCount: 2 })
    assert.equal((await engine.inspect(running.id)).state, 'started')
    assert.deepEqual(await engine.inspect(stopped.id), { sandboxId: stopped.id, state: 'stopped' })
    assert.match((await engine.inspect(dying.id)).reason ?? '', /ended by themselves/)
    assert.equal((await engine.inspect(lost.id)).state, 'absent')
    assert.deepEqual(new Set(ground.reports.map(({ sandboxId }) => sandboxId)), new Set([running.id, dying.id]))
    assert.equal((await execute(engine, running.id, 'pgrep sleep')).result, before)
    await until(() => hostState(ground.index).namespaces.length === 3)

    const again = await engine.recover()
    assert.deepEqual(
      new Map(again.map(({ sandboxId, state }) => [sandboxId, state])),
      new Map([
        [running.id, 'started'],
        [stopped.id, 'stopped'],
        [dying.id, 'stopped'],
      ]),
    )
    await sleep(300)
    const spec = specOf()
    await engine.create(spec)
    assert.equal((await execute(engine, spec.id, 'echo from a spare')).result, 'from a spare\n')
    for (const { id } of [running, stopped, dying, spec]) await engine.destroy(id)
    await engine.close()
    engine = await ground.open()
    await assertEmpty(ground)
  })

  it('refuses a folder in use, and lets go of one it could not open', async () => {
    await assert.rejects(ground.open(), { code: 'CONFLICT' })
    await assert.rejects(removeLocalEngine({ data: ground.data, network: '198.18.0.0/15' }), { code: 'CONFLICT' })
    const other = await createGround()
    await assert.rejects(other.open({ network: '10.0.0.0/30' }), { code: 'BAD_REQUEST' })
    assert.equal(await isInstanceRunning(other.data), false)
    await other.remove()
  })

  describe('with an agent that cannot start', () => {
    let folder: string

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'sandyard-runtime-'))
      chmodSync(folder, 0o755)
      mkdirSync(join(folder, 'bin'))
    })
    after(() => rmSync(folder, { recursive: true }))

    it('leaves nothing of a create, and a stopped sandbox as it was', async () => {
      const kept = specOf()
      await engine.create(kept)
      await execute(engine, kept.id, 'echo precious > file')
      await engine.stop(kept.id, { graceMs: 0 })
      const init = join((await testBase()).runtimeFolder, 'bin/init')

      for (const [hasInit, message] of [
        [false, /^container: runc: .*\/opt\/sandyard\/bin\/init/],
        // How far it comes is a matter of which end is noticed first.
        [
          true,
          /^(agent: The agent ended before it answered|container: The first process of the sandbox ended at once)$/,
        ],
      ] as const) {
        if (hasInit) copyFileSync(init, join(folder, 'bin/init'))
        await engine.close()
        engine = await ground.open({ runtimeFolder: folder })
        ground.reports.splice(0)
        for (const spec of [specOf(), specOf({ diskGib: 1, network: { blockAll: true, allowList: null } })]) {
          await assert.rejects(engine.create(spec), { message })
          assert.equal((await engine.inspect(spec.id)).state, 'absent')
        }
        await assert.rejects(engine.start(kept.id), { message })
        assert.deepEqual(await engine.inspect(kept.id), { sandboxId: kept.id, state: 'stopped' })
        assert.deepEqual(ground.reports, [])
        await assertEmpty(ground, [kept.id])
      }

      await engine.close()
      engine = await ground.open()
      await engine.start(kept.id)
      assert.equal((await execute(engine, kept.id, 'cat file')).result, 'precious\n')
      await engine.destroy(kept.id)
      await assertEmpty(ground)
    })
  })

  it('touches nothing of an engine beside it, and removes all of its own', async () => {
    const other = await createGround()
    const neighbour = await other.open({ spareCount: 1 })
    const [mine, its] = [specOf(), specOf()]
    await Promise.all([engine.create(mine), neighbour.create(its)])
    assert.notEqual(other.index, ground.index)
    assert.equal((await neighbour.inspect(mine.id)).state, 'absent')
    await neighbour.close()
    assert.equal((await execute(engine, mine.id, 'echo alive')).result, 'alive\n')
    const { index, data } = other
    assert.ok(hostState(index).processes.length > 0)
    await other.remove()
    const { loops, ...rest } = hostState(index)
    assert.deepEqual(Object.values(rest).flat(), [])
    assert.ok(!loops.some((file) => file.startsWith(data)))
    assert.equal((await execute(engine, mine.id, 'echo alive')).result, 'alive\n')
    await engine.destroy(mine.id)
    await assertEmpty(ground)
  })
})

/** The first to go takes the others with it. */
function killAll(pids: readonly number[]): void {
  for (const identity of pids.map(identify)) if (identity !== null) signal(identity, 'SIGKILL')
}
