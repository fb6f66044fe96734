import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import type { Engine, SandboxSpec } from '@sandyard/protocol'
import { assertEmpty, assertRemoved } from '../empty.fixture.ts'
import { createGround, type EngineGround, execute, skipWithoutRoot, specOf } from '../engine.fixture.ts'

describe('archived sandboxes', { skip: skipWithoutRoot }, () => {
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
  // What a failed test has left must not fail the next ones.
  afterEach(async () => {
    for (const { sandboxId } of await engine.recover()) await engine.destroy(sandboxId)
  })

  const run = async ({ id }: SandboxSpec, command: string): Promise<string> =>
    (await execute(engine, id, command)).result
  const stateOf = async ({ id }: SandboxSpec): Promise<string> => (await engine.inspect(id)).state
  const archives = (): string => join(ground.data, 'archives')
  async function reopen(): Promise<void> {
    await engine.close()
    engine = await ground.open()
  }
  async function createStopped(command: string, change: Partial<SandboxSpec> = {}): Promise<SandboxSpec> {
    const spec = specOf(change)
    await engine.create(spec)
    assert.equal(await run(spec, command), '')
    await engine.stop(spec.id, { graceMs: 0 })
    return spec
  }

  /** All that the sandbox sees of these folders and files, but when they were read. */
  const look = `sudo find /home /etc /usr/share/doc /opt/mine -xdev \\( -path /etc/hosts -o -path /etc/hostname \\
      -o -path /etc/resolv.conf \\) -prune -o -printf '%P %y %m %U:%G %n %T@ %l' -type f -printf ' %s' -printf '\\n' | sort | md5sum
    cd /opt/mine; cksum random holes inside/* | cksum; stat -c '%n %b' holes; ls -A /usr/share/doc; cat linked/target
    python3 -c "import os; print(os.getxattr('random', 'user.note'), os.path.exists('/etc/motd'))"
    [ linked/target -ef inside/target ] && test -S socket && test -p pipe && echo special`

  it('come back as they were, over restarts of the platform, and take no room of the disks meanwhile', async () => {
    const spec = await createStopped(`
      sudo install -d -o 1000 /opt/mine && cd /opt/mine && mkdir inside linked && head -c 30M /dev/urandom > random
      truncate -s 2G holes && echo end >> holes && cp --reflink=auto random inside/copy && echo text > inside/target
      ln inside/target linked/target && mkfifo pipe && ln -s /nowhere "$(printf 'a\\nlink')" && sudo chown 7:8 inside/copy
      sudo chmod 4711 inside/copy && sudo rm -r /usr/share/doc && sudo mkdir /usr/share/doc && sudo rm /etc/motd
      python3 -c "import os, socket; os.setxattr('random', 'user.note', b'x'); socket.socket(socket.AF_UNIX).bind('socket')"`)
    const { id } = spec
    await engine.start(id)
    const expected = await run(spec, look)
    assert.match(expected, /holes \d+\ntext\nb'x' False\nspecial\n$/)
    await assert.rejects(engine.archive(id), { code: 'CONFLICT', message: /is running/ })
    await assert.rejects(engine.restore(id), { code: 'CONFLICT' })
    await engine.stop(id, { graceMs: 0 })
    await engine.restore(id)
    assert.equal(await stateOf(spec), 'stopped', 'which it was')

    await Promise.all([engine.archive(id), engine.archive(id)])
    assert.equal(await stateOf(spec), 'archived')
    await assertEmpty(ground, [id], { disks: 0, archives: 1 })
    for (const order of [
      () => engine.start(id),
      () => engine.pause(id),
      () => engine.resize(id, { cpu: 1, memoryGib: 1, diskGib: 9 }),
      () => engine.fork(id, specOf()),
      () => engine.saveSnapshot(id, 'name'),
    ]) {
      await assert.rejects(order(), { code: 'CONFLICT', message: /is archived/ })
    }
    await assert.rejects(engine.dial(id, { kind: 'agent' }), { code: 'SERVICE_UNAVAILABLE' })
    await engine.stop(id, { graceMs: 0 })
    await engine.setNetwork(id, { blockAll: true, allowList: null })
    await reopen()
    assert.equal(await stateOf(spec), 'archived')

    await Promise.all([engine.restore(id), engine.restore(id)])
    assert.equal(await stateOf(spec), 'stopped')
    await assertEmpty(ground, [id], { disks: 2, archives: 1 })
    await reopen()
    await engine.start(id)
    assert.equal(await run(spec, look), expected)
    assert.notEqual((await execute(engine, id, 'fallocate -l 3100M ~/big')).exitCode, 0, 'it has its limit')
    const states = ground.reports.filter(({ sandboxId }) => sandboxId === id).map(({ state }) => state)
    assert.deepEqual(states.slice(-4), ['stopped', 'archived', 'stopped', 'started'])
    await engine.destroy(id)
    for (const order of [engine.archive(id), engine.restore(id)]) await assert.rejects(order, { code: 'NOT_FOUND' })
    await assertEmpty(ground)
  })

  it('are destroyed with their archive', async () => {
    const spec = await createStopped('echo text > file')
    await engine.archive(spec.id)
    await engine.destroy(spec.id)
    assert.equal(await stateOf(spec), 'absent')
    await assertEmpty(ground)
  })

  it('are not given up for a damaged archive, which stays', async () => {
    const spec = await createStopped('echo text > file; head -c 1M /dev/urandom > random')
    await engine.archive(spec.id)
    const [name = ''] = readdirSync(archives())
    const file = join(archives(), name)
    const whole = readFileSync(file)
    const damaged = Buffer.from(whole)
    damaged.writeUInt8(255 - damaged.readUInt8(5000), 5000)
    for (const content of [damaged, whole.subarray(0, 7000), Buffer.alloc(0)]) {
      writeFileSync(file, content)
      await assert.rejects(engine.restore(spec.id), { code: 'INTERNAL_SERVER_ERROR', message: /missing or damaged/ })
    }
    renameSync(file, `${file}-aside`)
    await assert.rejects(engine.restore(spec.id), { code: 'INTERNAL_SERVER_ERROR' })
    renameSync(`${file}-aside`, file)
    assert.equal(await stateOf(spec), 'archived')
    assert.equal(statSync(file).size, 0)
    await assertEmpty(ground, [spec.id], { disks: 0, archives: 1 })
    writeFileSync(file, whole)
    await engine.restore(spec.id)
    await engine.start(spec.id)
    assert.equal(await run(spec, 'cat file'), 'text\n')
    await engine.destroy(spec.id)
    await assertEmpty(ground)
  })

  it('stay as they were where there is no room', async () => {
    const spec = await createStopped('echo text > file; head -c 8M /dev/urandom > random')
    const small = (folder: string): void => void execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', folder])
    mkdirSync(archives(), { recursive: true })
    small(archives())
    try {
      await assert.rejects(engine.archive(spec.id), { code: 'INSUFFICIENT_CAPACITY' })
    } finally {
      execFileSync('umount', [archives()])
    }
    assert.equal(await stateOf(spec), 'stopped')
    await assertEmpty(ground, [spec.id])
    await engine.start(spec.id)
    assert.equal(await run(spec, 'cat file'), 'text\n')
    await engine.destroy(spec.id)
    await assertEmpty(ground)
  })

  it('keep the snapshot that they stand on', async () => {
    const first = await createStopped('echo below > file')
    await engine.saveSnapshot(first.id, 'below')
    await engine.destroy(first.id)
    const spec = await createStopped('cat file > copy; rm file', { snapshot: 'below' })
    await engine.archive(spec.id)
    await reopen()
    await assert.rejects(engine.removeSnapshot('below'), { code: 'CONFLICT', message: /by 1 sandbox;/ })
    await engine.restore(spec.id)
    await engine.start(spec.id)
    assert.equal(await run(spec, 'cat copy; ls'), 'below\ncopy\n')
    await engine.destroy(spec.id)
    await engine.removeSnapshot('below')
    await assertEmpty(ground)
  })

  it('leave no litter of a crash', async () => {
    const spec = await createStopped('echo text > file')
    const record = join(ground.data, 'sandboxes', spec.id, 'sandbox.json')
    await engine.archive(spec.id)
    const { diskId } = JSON.parse(readFileSync(record, 'utf8'))
    // As far as a restore may have come, first in this platform's time and then in one that was killed.
    const half = join(ground.data, 'disks', diskId)
    execFileSync('btrfs', ['subvolume', 'create', half])
    await engine.restore(spec.id)
    await engine.archive(spec.id)
    await assertEmpty(ground, [spec.id], { disks: 0, archives: 1 })
    execFileSync('btrfs', ['subvolume', 'create', half])
    for (const name of ['cut-off.new', 'of-nobody']) writeFileSync(join(archives(), name), 'x')
    await reopen()
    await assertEmpty(ground, [spec.id], { disks: 0, archives: 1 })
    await engine.restore(spec.id)
    await engine.start(spec.id)
    assert.equal(await run(spec, 'cat file'), 'text\n')
    await engine.destroy(spec.id)
    await assertEmpty(ground)
  })
})
