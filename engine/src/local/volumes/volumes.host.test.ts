import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import type { Engine, VolumeMount } from '@sandyard/protocol'
import { diskUses } from '../disk/disk-uses.ts'
import { assertEmpty, assertRemoved, until } from '../empty.fixture.ts'
import { createGround, type EngineGround, execute, skipWithoutRoot, specOf } from '../engine.fixture.ts'
import { createLayout } from '../layout.ts'
import { containerRootId } from '../records/ids.ts'
import { stageVolumes } from './stage.ts'

const mount = (volumeId: string, mountPath = '/data', subpath: string | null = null): VolumeMount => ({
  volumeId,
  mountPath,
  subpath,
})

describe('volumes', { skip: skipWithoutRoot }, () => {
  let ground: EngineGround
  let engine: Engine
  let volumeId: string
  before(async () => {
    ground = await createGround()
    engine = await ground.open()
  })
  after(async () => {
    await engine.close()
    await assertRemoved(ground)
  })
  afterEach(async () => {
    for (const { sandboxId } of await engine.recover()) await engine.destroy(sandboxId)
    for (const name of readdirSync(join(ground.data, 'disks/volumes'))) await engine.removeVolume(name)
    await assertEmpty(ground)
  })

  async function makeVolume(): Promise<string> {
    volumeId = randomUUID()
    await engine.makeVolume(volumeId)
    return volumeId
  }
  async function sandbox(...volumes: VolumeMount[]): Promise<string> {
    const spec = specOf({ volumes })
    await engine.create(spec)
    return spec.id
  }
  /** Output of a command that must work. */
  async function run(id: string, command: string): Promise<string> {
    const { exitCode, result } = await execute(engine, id, command)
    assert.equal(exitCode, 0, `${command}: ${result}`)
    return result.trim()
  }
  const fails = async (id: string, command: string): Promise<string> => {
    const { exitCode, result } = await execute(engine, id, command)
    assert.notEqual(exitCode, 0, `${command}: ${result}`)
    return result.trim()
  }

  it('is one folder in many sandboxes, whoever runs with which ids', async () => {
    await makeVolume()
    await engine.makeVolume(volumeId)
    const [one, two] = [await sandbox(mount(volumeId)), await sandbox(mount(volumeId, '/home/daytona/shared/deep'))]
    await run(one, 'echo hello >/data/file; sudo sh -c "echo root >/data/rooted; chmod 600 /data/rooted"')
    assert.equal(
      await run(two, 'cat shared/deep/file; stat -c "%u %g %U" shared/deep/file'),
      'hello\n1000 1000 daytona',
    )
    assert.equal(await run(two, 'stat -c "%u %a" shared/deep/rooted shared/deep'), '0 600\n0 777')
    await fails(two, 'cat shared/deep/rooted')
    assert.equal(await run(two, 'sudo cat shared/deep/rooted; echo back >>shared/deep/file; id -u'), 'root\n1000')
    assert.equal(await run(one, 'cat /data/file'), 'hello\nback')
    const path = join(ground.data, 'disks/volumes', volumeId)
    assert.deepEqual([statSync(join(path, 'file')).uid, statSync(path).uid], [101_000, 100_000])
    const owners = [one, two].map((id) => Number(/^0 +(\d+)/.exec(idMapOf(id))?.[1]))
    assert.notEqual(owners[0], owners[1], 'they run with other ids of the host')
    await run(one, 'flock /data/lock sleep 5 >/dev/null 2>&1 & until [ -e /data/lock ]; do sleep .05; done; sleep .2')
    await fails(two, 'flock -n shared/deep/lock true')
    assert.deepEqual(mountsOnHost(), [], 'nothing stays mounted outside')
  })

  function idMapOf(id: string): string {
    const [pid] = execFileSync(
      'sh',
      [
        '-c',
        `cat /sys/fs/cgroup/*/sandyard-${ground.index}/${id}/cgroup.procs /sys/fs/cgroup/sandyard-${ground.index}/${id}/cgroup.procs 2>/dev/null || true`,
      ],
      { encoding: 'utf8' },
    ).split('\n') // prettier-ignore
    return execFileSync('cat', [`/proc/${pid}/uid_map`], { encoding: 'utf8' }).trim()
  }
  const mountsOnHost = (): string[] =>
    execFileSync('cat', ['/proc/self/mountinfo'], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(`/run/sandyard/${ground.index}/volumes/`))

  it('shows a folder of it where a subpath is asked for, and not what is above', async () => {
    await makeVolume()
    const parts = [mount(volumeId, '/a', 'tenants/a'), mount(volumeId, '/b', '0/b c/é')]
    const [part, all] = [await sandbox(...parts), await sandbox(mount(volumeId))]
    await run(part, 'echo a >/a/file; echo b >/b/file; test "$(ls /a/..)" = "$(ls /)"')
    assert.equal(await run(all, 'cat /data/tenants/a/file "/data/0/b c/é/file"; stat -c %a /data/tenants'), 'a\nb\n777')
    // A folder that is taken out from below: nothing above it comes in sight.
    await run(part, 'mkdir /a/x; (cd /a/x; while [ ! -e /a/../b/moved ]; do sleep .05; done; ls ..) >/tmp/seen 2>&1 &')
    await run(all, 'mv /data/tenants/a/x /data/x; echo secret >/data/secret; touch "/data/0/b c/é/moved"')
    await run(part, 'sleep .3; ! grep secret /tmp/seen')
  })

  it('outlives stops, archives and sandboxes, and belongs to no disk', async () => {
    await makeVolume()
    const id = await sandbox(mount(volumeId, '/data', 'part'))
    await run(id, 'echo kept >/data/file; head -c 50M /dev/urandom >/data/random; sync')
    await engine.stop(id, { graceMs: 0 })
    await engine.archive(id)
    const archives = execFileSync('du', ['-sm', join(ground.data, 'archives')], { encoding: 'utf8' })
    assert.ok(Number.parseInt(archives, 10) < 10, archives)
    await assert.rejects(engine.removeVolume(volumeId), { code: 'CONFLICT' })
    await engine.restore(id)
    await engine.start(id)
    assert.equal(await run(id, 'cat /data/file'), 'kept')
    const fork = specOf({ volumes: [mount(volumeId, '/data', 'part')] })
    await engine.fork(id, fork)
    assert.equal(await run(fork.id, 'cat /data/file; echo more >>/data/file'), 'kept')
    const saved = await engine.saveSnapshot(id, randomUUID())
    const plain = specOf({ snapshot: saved.name })
    await engine.create(plain)
    assert.equal(await run(plain.id, 'ls -A /data'), '', 'a saved snapshot has only the place')
    const [beginning] = engine.snapshots().filter(({ name }) => name === 'default')
    assert.ok(saved.sizeBytes - (beginning?.sizeBytes ?? 0) < 30e6)
    for (const one of [id, fork.id, plain.id]) await engine.destroy(one)
    await engine.removeSnapshot(saved.name)
    assert.equal(await run(await sandbox(mount(volumeId)), 'cat /data/part/file'), 'kept\nmore')
  })

  it('stays mounted while the platform is away', async () => {
    await makeVolume()
    const id = await sandbox(mount(volumeId))
    await run(id, 'echo before >/data/file')
    await engine.close()
    engine = await ground.open()
    assert.equal(await run(id, 'cat /data/file; echo after >>/data/file'), 'before')
    assert.equal(await run(await sandbox(mount(volumeId)), 'cat /data/file'), 'before\nafter')
    await assert.rejects(engine.removeVolume(volumeId), { code: 'CONFLICT' })
  })

  it('gives nobody more than they have: no other user, no device, no subvolume', async () => {
    await makeVolume()
    const [one, two] = [await sandbox(mount(volumeId)), await sandbox(mount(volumeId))]
    await run(one, 'sudo cp /usr/bin/id /data/id; sudo chmod 6755 /data/id; sudo setcap cap_chown+ep /data/id || true')
    assert.equal(await run(two, '/data/id -u'), '1000')
    assert.match(await run(two, 'grep " /data " /proc/mounts'), /nosuid.*nodev|nodev.*nosuid/)
    for (const kind of ['b 8 0', 'c 1 3']) await fails(one, `sudo mknod /data/node ${kind}`)
    await fails(one, 'sudo mount -o remount,suid,dev /data')
    const ioctl = (request: string, file: string) =>
      `python3 -c "import fcntl,os; fcntl.ioctl(os.open('${file}', os.O_RDONLY), ${request}, bytearray(8) + b'sub' + bytes(4085))"`
    for (const user of ['', 'sudo '])
      assert.match(await fails(one, user + ioctl('0x5000940e', '/data')), /Operation not permitted|not implemented/)
    await fails(one, 'test -e /data/sub')
    await run(one, 'echo x >/data/a; cp --reflink=always /data/a /data/b; python3 -c "import os; os.openpty()"')
  })

  it('is not left over a link in a subpath, however it is changed', async () => {
    await makeVolume()
    const id = await sandbox(mount(volumeId))
    await run(
      id,
      'ln -s / /data/root; ln -s /etc /data/etc; mkdir /data/d; ln -s ../../../etc /data/d/up; touch /data/f',
    )
    await run(id, 'ln -s d /data/within; ln -s /proc/self/fd /data/fds; ln -s nowhere /data/dangling')
    for (const subpath of ['root', 'root/etc', 'etc', 'd/up', 'within', 'fds/3', 'dangling', 'dangling/x', 'f', 'f/x'])
      await assert.rejects(sandbox(mount(volumeId, '/mnt/v', subpath)), { code: 'BAD_REQUEST' }, subpath)
    await assert.rejects(sandbox(mount(randomUUID())), { code: 'BAD_REQUEST' })
    // What was a folder when the sandbox was made need not be one when it starts again.
    const other = await sandbox(mount(volumeId, '/mnt/v', 'later'))
    await engine.stop(other, { graceMs: 0 })
    await run(id, 'rmdir /data/later; ln -s /etc /data/later')
    await assert.rejects(engine.start(other), { code: 'BAD_REQUEST' })
    assert.equal((await engine.inspect(other)).state, 'stopped')
    // Changed all the time: it is refused, or it is a folder of the volume.
    await run(
      id,
      'rm /data/later; nohup sh -c "while :; do ln -sT /etc /data/race; rm -f /data/race; mkdir /data/race; rmdir /data/race; done" >/dev/null 2>&1 &',
    ) // prettier-ignore
    for (let round = 0; round < 8; round++) {
      const spec = specOf({ volumes: [mount(volumeId, '/mnt/v', 'race')] })
      try {
        await engine.create(spec)
      } catch (error) {
        assert.match(String(error), /(A subpath of a volume|Volumes) cannot be mounted|runc/)
        continue
      }
      assert.equal(await run(spec.id, 'ls -A /mnt/v'), '')
      await engine.destroy(spec.id)
    }
    assert.ok(!existsSync('/etc/race'))
  })

  it('is mounted where its path leads, and never over the system', async () => {
    await makeVolume()
    const id = await sandbox(mount(volumeId, '/home/daytona/a/b'))
    await run(id, 'echo x >a/b/file; mv a c; mkdir -p /tmp/elsewhere; ln -s /tmp/elsewhere a')
    await engine.stop(id, { graceMs: 0 })
    await engine.start(id)
    assert.equal(await run(id, 'cat /tmp/elsewhere/b/file'), 'x')
    for (const target of ['/proc', '/etc', '/opt/sandyard', '/dev']) {
      const other = await sandbox(mount(volumeId, '/home/daytona/a/b'))
      await run(other, `mv a c; ln -s ${target} a`)
      await engine.stop(other, { graceMs: 0 })
      await assert.rejects(engine.start(other), { code: 'BAD_REQUEST' }, target)
      assert.equal((await engine.inspect(other)).state, 'stopped')
    }
  })

  it('holds as much as it may and no more', async () => {
    await makeVolume()
    const full = volumeId
    const id = await sandbox(mount(full), mount(await makeVolume(), '/other'))
    assert.match(await fails(id, 'head -c 1500M /dev/zero >/data/big'), /[Qq]uota|space/)
    const bytes = Number(await run(id, 'stat -c %s /data/big'))
    assert.ok(bytes > 900e6 && bytes <= 2 ** 30, `${bytes}`)
    await run(id, 'echo still >/other/file; echo own >file; cat /other/file file')
    await until(async () => ((await diskUses({ disks: join(ground.data, 'disks') })).get(full) ?? 0) > 900e6)
    assert.ok(statSync(join(ground.data, 'disks.btrfs')).blocks * 512 < 2.5e9)
    await run(id, 'rm /data/big')
    await run(id, 'echo again >/data/file; cat /data/file')
  })

  it('holds names no more than files, and has the limit of today', async () => {
    await makeVolume()
    await engine.close()
    engine = await ground.open({ volumeSizeGib: 1 / 64 })
    const id = await sandbox(mount(volumeId))
    const flood =
      'import os\nos.mkdir("/data/n")\nfor i in range(200000): os.close(os.open(f"/data/n/{i:0200d}", os.O_CREAT))'
    assert.match(await fails(id, `python3 -c '${flood}'`), /Disk quota exceeded/)
    assert.match(await fails(id, 'echo x >/data/one && sync /data/one'), /quota/)
    await run(id, 'rm -r /data/n; sync; echo x >/data/one; echo own >file')
    await engine.close()
    engine = await ground.open()
    await until(async () => (await execute(engine, id, 'head -c 50M /dev/zero >/data/more')).exitCode === 0)
  })

  it('is mounted as it is where a machine cannot map owners', async () => {
    await makeVolume()
    const layout = createLayout(ground.data, ground.index)
    const staged = await stageVolumes(layout, [mount(volumeId), mount(volumeId, '/x', 'a/b')], containerRootId)
    const [all = '', part = ''] = staged.sources
    assert.deepEqual([statSync(all).uid, statSync(part).uid, statSync(part).mode & 0o7777], [100_000, 100_000, 0o777])
    assert.deepEqual(readdirSync(all), ['a'])
    assert.equal(mountsOnHost().filter((line) => /nosuid,nodev/.test(line)).length, 2)
    // Nobody takes it away: as after a crash, the next start does.
    await engine.close()
    engine = await ground.open()
    assert.deepEqual(mountsOnHost(), [])
    await staged.unstage()
    assert.deepEqual(readdirSync(join(ground.data, 'disks/volumes', volumeId)), ['a'])
  })

  it('is removed once, with all of it, and not for a sandbox that is being made', async () => {
    for (let round = 0; round < 5; round++) {
      await makeVolume()
      const spec = specOf({ volumes: [mount(volumeId)] })
      const [made, removed] = await Promise.allSettled([engine.create(spec), engine.removeVolume(volumeId)])
      assert.notEqual(made.status, removed.status, 'one of the two')
      if (made.status === 'fulfilled') {
        await run(spec.id, 'echo x >/data/file')
        await engine.destroy(spec.id)
      }
    }
    await assert.rejects(engine.makeVolume('../escape'), { code: 'BAD_REQUEST' })
    await engine.removeVolume('../../disks')
    await engine.removeVolume(randomUUID())
  })
})
