import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import type { Engine, SandboxSpec } from '@sandyard/protocol'
import { assertEmpty, assertRemoved, until } from '../empty.fixture.ts'
import { createGround, type EngineGround, execute, skipWithoutRoot, specOf } from '../engine.fixture.ts'

describe('copies of a disk', { skip: skipWithoutRoot }, () => {
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
    for (const { name } of engine.snapshots().toReversed()) if (name !== 'default') await engine.removeSnapshot(name)
  })

  const run = async ({ id }: SandboxSpec, command: string): Promise<string> =>
    (await execute(engine, id, command)).result
  const destroy = async (...specs: SandboxSpec[]): Promise<void> => {
    for (const { id } of specs) await engine.destroy(id)
  }
  async function reopen(): Promise<void> {
    await engine.close()
    engine = await ground.open()
  }

  describe('as a fork', () => {
    it('has all that was written before, and goes its own way', async () => {
      const [source, copy] = [specOf({ hostname: 'source' }), specOf({ hostname: 'copy', diskGib: 4 })]
      await engine.create(source)
      await run(source, 'sudo rm /etc/motd; sudo touch /etc/new; echo text > file; setsid sleep 1000 >/dev/null 2>&1 &')
      await run(source, 'head -c 200M /dev/urandom > big; cksum big > sum; (exec -a held sleep 1000) >/dev/null 2>&1 &')
      await Promise.all([engine.fork(source.id, copy), engine.fork(source.id, copy)])
      await engine.fork(source.id, copy)
      const look =
        'cat file; ls /etc/motd /etc/new 2>&1; cksum big | cmp - sum && echo same; stat -c %u:%g file /etc/new'
      const expected = await run(source, look)
      assert.match(expected, /^text\n.*motd.*No such file[^\n]*\n\/etc\/new\nsame\n1000:1000\n0:0\n$/s)
      assert.equal(await run(copy, look), expected)
      assert.equal(await run(copy, 'hostname; grep -c copy /etc/hosts; pgrep -c sleep'), 'copy\n1\n0\n')
      assert.equal(await run(source, 'hostname; pgrep -c sleep'), 'source\n2\n')
      const addresses = [await run(source, 'hostname -I'), await run(copy, 'hostname -I')]
      assert.notEqual(addresses[0], addresses[1])

      await run(copy, 'echo changed > file; sudo touch /etc/motd')
      assert.equal(await run(source, 'cat file; ls /etc/motd 2>&1 | grep -c No'), 'text\n1\n')
      assert.equal((await execute(engine, copy.id, 'fallocate -l 3500M room && rm room')).exitCode, 0)
      assert.notEqual((await execute(engine, copy.id, 'fallocate -l 4000M room')).exitCode, 0, 'what is shared counts')
      await destroy(source)
      await reopen()
      await engine.stop(copy.id, { graceMs: 0 })
      await engine.start(copy.id)
      assert.equal(await run(copy, 'cat file; cksum big | cmp - sum && echo same'), 'changed\nsame\n')
      await destroy(copy)
      await assertEmpty(ground)
    })

    it('is made of paused, stopped and full sandboxes too', async () => {
      const source = specOf({ diskGib: 1 })
      const [ofPaused, ofStopped, ofFork] = [specOf({ diskGib: 1 }), specOf({ diskGib: 1 }), specOf({ diskGib: 1 })]
      await engine.create(source)
      await run(source, 'echo one > kept; head -c 2G /dev/zero > full 2>/dev/null')
      await engine.pause(source.id)
      await engine.fork(source.id, ofPaused)
      assert.equal((await engine.inspect(source.id)).state, 'paused')
      await engine.stop(source.id, { graceMs: 0 })
      await engine.fork(source.id, ofStopped)
      await engine.fork(ofStopped.id, ofFork)
      for (const copy of [ofPaused, ofStopped, ofFork]) {
        assert.equal(await run(copy, 'cat kept'), 'one\n')
        assert.notEqual((await execute(engine, copy.id, 'head -c 100M /dev/zero > more')).exitCode, 0, 'it is full')
        assert.equal((await execute(engine, copy.id, 'rm full more; head -c 100M /dev/zero > more')).exitCode, 0)
      }
      assert.equal((await engine.inspect(source.id)).state, 'stopped')
      await destroy(source, ofPaused, ofStopped, ofFork)
      await assertEmpty(ground)
    })

    it('is refused where it cannot be, and leaves nothing then', async () => {
      const source = specOf()
      const { id } = source
      await assert.rejects(engine.fork(id, specOf()), { code: 'NOT_FOUND' })
      await engine.create(source)
      await assert.rejects(engine.fork(id, source), { code: 'BAD_REQUEST', message: /itself/ })
      for (const [change, message] of [
        [{ snapshot: 'other' }, /no snapshot other/],
        [{ diskGib: 2 }, /cannot be smaller/],
        [{ user: 'nobody-there' }, /no user/],
      ] as const) {
        await assert.rejects(engine.fork(id, specOf(change)), { code: 'BAD_REQUEST', message })
      }
      const late = specOf()
      const [forked] = await Promise.allSettled([engine.fork(id, late), engine.destroy(late.id), engine.destroy(id)])
      assert.equal(forked.status, 'fulfilled')
      for (const gone of [id, late.id]) assert.equal((await engine.inspect(gone)).state, 'absent')
      await assertEmpty(ground)
    })
  })

  describe('as a snapshot', () => {
    const info = (name: string) => engine.snapshots().find((snapshot) => snapshot.name === name)

    it('is what others begin with: files, deletions, owners, users', async () => {
      const source = specOf()
      await engine.create(source)
      await run(
        source,
        `sudo useradd --uid 1234 --create-home --shell /bin/bash ann; echo mine > mine
         sudo rm -r /usr/share/doc; sudo mkdir /usr/share/doc; sudo touch /usr/share/doc/new
         sudo mv /etc/skel /etc/skeleton; sudo rm /etc/motd; mkdir -p deep/er; echo x > deep/er/x; ln mine linked
         sudo install -o 7 -g 8 -m 4755 /bin/true own; mkfifo pipe; truncate -s 3G sparse; ln -s /etc/hostname link`,
      )
      const saved = await engine.saveSnapshot(source.id, 'with ann/1')
      assert.ok(saved.sizeBytes > (info('default')?.sizeBytes ?? 0) && saved.createdAtMs > Date.now() - 60_000)
      assert.deepEqual(info('with ann/1'), saved)
      assert.equal(await run(source, 'cat mine'), 'mine\n')
      await assert.rejects(engine.saveSnapshot(source.id, 'with ann/1'), { code: 'CONFLICT' })
      await assert.rejects(engine.saveSnapshot(source.id, 'default'), { code: 'CONFLICT' })
      const look = `cd /home/daytona; ls -A /usr/share/doc /etc/skeleton; ls -d /etc/skel /etc/motd 2>&1
        cat mine deep/er/x; stat -c '%n %u:%g %a %s %h %F' mine linked own pipe sparse link deep; stat -c %b sparse; id -u ann`
      const expected = await run(source, look)
      assert.match(expected, /^\/etc\/skeleton:\n\.bash_logout.*\/usr\/share\/doc:\nnew\n.*No such.*No such.*1234\n$/s)
      await destroy(source)
      await reopen()
      assert.deepEqual(info('with ann/1'), saved)

      const [first, second] = [specOf({ snapshot: 'with ann/1' }), specOf({ snapshot: 'with ann/1', user: 'ann' })]
      for (const spec of [first, second]) await engine.create(spec)
      assert.equal(await run(first, look), expected)
      assert.equal(
        await run(second, 'id -un; pwd; echo $HOME; touch ~/x && stat -c %u ~/x'),
        'ann\n/home/daytona\n/home/ann\n1234\n',
      )
      await engine.stop(first.id, { graceMs: 0 })
      await engine.start(first.id)
      assert.equal(await run(first, look), expected)
      await destroy(first, second)
      await engine.removeSnapshot('with ann/1')
      await assertEmpty(ground)
    })

    it('can be saved on top of others, whose layers stay then', async () => {
      const specs = [specOf()]
      const names = ['one', 'two', 'three']
      for (const [index, name] of names.entries()) {
        const spec = specs.at(-1)
        assert.ok(spec)
        await engine.create(spec)
        await run(
          spec,
          `echo ${name} > ${name}; rm -f shared; echo ${name} > shared; sudo userdel -f user${index - 1}; sudo useradd user${index}`,
        )
        if (index > 0) await run(spec, `rm ${names[index - 1]}`)
        if (index === 1) await engine.pause(spec.id)
        if (index === 2) await engine.stop(spec.id, { graceMs: 0 })
        await engine.saveSnapshot(spec.id, name)
        specs.push(specOf({ snapshot: name }))
      }
      const last = specs.at(-1)
      assert.ok(last)
      await assert.rejects(engine.create({ ...last, user: 'user1' }), { code: 'BAD_REQUEST', message: /no user user1/ })
      await engine.create(last)
      assert.equal(await run(last, 'ls one two three 2>/dev/null; cat shared three'), 'three\nthree\nthree\n')
      const fork = specOf({ snapshot: 'three' })
      await engine.fork(last.id, fork)
      assert.equal(await run(fork, 'cat shared'), 'three\n')

      for (const name of names)
        await assert.rejects(engine.removeSnapshot(name), { code: 'CONFLICT', message: /in use by \d sandbox/ })
      await destroy(...specs, fork)
      await reopen()
      // What the third has of their layers stays.
      for (const name of ['one', 'two']) await engine.removeSnapshot(name)
      await reopen()
      await assert.rejects(engine.removeSnapshot('default'), { code: 'CONFLICT', message: /came with the platform/ })
      const again = specOf({ snapshot: 'three' })
      await engine.create(again)
      assert.equal(await run(again, 'cat shared'), 'three\n')
      await destroy(again)
      for (const name of names.toReversed()) {
        await engine.removeSnapshot(name)
        await engine.removeSnapshot(name)
        assert.equal(info(name), undefined)
        await assert.rejects(engine.create(specOf({ snapshot: name })), { code: 'BAD_REQUEST' })
      }
      await assertEmpty(ground)
    })

    it('has no link out of it, whatever its files say of users', async () => {
      const source = specOf()
      await engine.create(source)
      writeFileSync(join(ground.data, 'secret'), 'intruder:x:0:0::/:/bin/sh\n')
      await run(source, `sudo cp /etc/passwd /tmp/p; sudo rm /etc/passwd; sudo ln -s ${ground.data}/secret /etc/passwd`)
      await engine.saveSnapshot(source.id, 'linked')
      await assert.rejects(engine.create(specOf({ snapshot: 'linked', user: 'intruder' })), { code: 'BAD_REQUEST' })
      await destroy(source)
      await engine.removeSnapshot('linked')
      rmSync(join(ground.data, 'secret'))
      await assertEmpty(ground)
    })

    it('is there or not after a crash, and goes on being refused or made when orders come at once', async () => {
      const source = specOf()
      const { id } = source
      await engine.create(source)
      const saves = await Promise.allSettled([engine.saveSnapshot(id, 'same'), engine.saveSnapshot(id, 'same')])
      assert.deepEqual(saves.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
      const user = specOf({ snapshot: 'same' })
      const [made, removed] = await Promise.allSettled([engine.create(user), engine.removeSnapshot('same')])
      assert.deepEqual([made.status, removed.status], ['fulfilled', 'rejected'])
      await engine.destroy(user.id)
      await engine.saveSnapshot(id, 'unsure')

      // As when the record was never written: the layer is litter. As when it was cut off: that is no record.
      const folder = join(ground.data, 'snapshots')
      const files = readdirSync(folder).map((name) => join(folder, name))
      const unsure = files.find((file) => readFileSync(file, 'utf8').includes('"unsure"'))
      assert.ok(unsure)
      await engine.close()
      renameSync(unsure, `${unsure}.new`)
      engine = await ground.open()
      assert.equal(info('unsure'), undefined)
      await until(() => readdirSync(join(ground.data, 'disks')).length === 2)
      // One that cannot be read is nothing to take for litter.
      await engine.close()
      writeFileSync(unsure, '{}')
      engine = await ground.open()
      assert.match(ground.warnings.splice(0).join(), /snapshot is left out/)
      rmSync(unsure)
      assert.ok(info('same'))
      await engine.destroy(id)
      await engine.removeSnapshot('same')
      rmSync(`${unsure}.new`, { force: true })
      await assertEmpty(ground)
    })

    it('cannot stand on more layers than fit, and can be as deep as that', async () => {
      const source = specOf()
      await engine.create(source)
      await run(source, 'echo deep > file')
      await engine.saveSnapshot(source.id, 'layer')
      const folder = join(ground.data, 'snapshots')
      const [file = ''] = readdirSync(folder)
      const saved = JSON.parse(readFileSync(join(folder, file), 'utf8'))
      const disks = join(ground.data, 'disks')
      const copies = Array.from({ length: 62 }, () => crypto.randomUUID())
      for (const id of copies) {
        execFileSync('btrfs', ['subvolume', 'snapshot', '-r', join(disks, saved.id), join(disks, id)])
      }
      await engine.close()
      const record = { ...saved, id: copies[0], name: 'deep', disks: [...copies, saved.id] }
      writeFileSync(join(folder, `${copies[0]}.json`), JSON.stringify(record))
      engine = await ground.open()
      const above = specOf({ snapshot: 'deep' })
      await engine.create(above)
      assert.equal(await run(above, 'cat file; echo more > file; cat file'), 'deep\nmore\n')
      await assert.rejects(engine.saveSnapshot(above.id, 'deeper'), {
        code: 'UNPROCESSABLE_ENTITY',
        message: /63 others/,
      })
      await destroy(source, above)
      await engine.removeSnapshot('deep')
      await engine.removeSnapshot('layer')
      await reopen()
      await assertEmpty(ground)
    })
  })
})
