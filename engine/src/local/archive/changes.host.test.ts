import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import type { Engine, SandboxSpec } from '@sandyard/protocol'
import { assertEmpty, assertRemoved, keptOf } from '../empty.fixture.ts'
import { createGround, type EngineGround, execute, skipWithoutRoot, specOf } from '../engine.fixture.ts'
import { createLayout } from '../layout.ts'
import { readRecord, type SandboxRecord } from '../records/record.ts'
import { mostParts } from './archive.ts'

/** What the archives that are timed hold; docs/performance.md has the figures of 1024. */
const sizeMib = Number(process.env.SANDYARD_ARCHIVE_MIB ?? 256)

describe('sandboxes that are archived again', { skip: skipWithoutRoot }, () => {
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
  afterEach(async () => {
    for (const { sandboxId } of await engine.recover()) await engine.destroy(sandboxId)
  })

  const run = async ({ id }: SandboxSpec, command: string): Promise<string> =>
    (await execute(engine, id, command)).result
  const archives = (): string => join(ground.data, 'archives')
  const sizeOf = (): number =>
    readdirSync(archives()).reduce((sum, name) => sum + statSync(join(archives(), name)).size, 0)
  const recordOf = ({ id }: SandboxSpec): SandboxRecord => {
    const record = readRecord(createLayout(ground.data, ground.index), id)
    assert.ok(record !== null)
    return record
  }
  async function create(command: string): Promise<SandboxSpec> {
    const spec = specOf()
    await engine.create(spec)
    assert.equal(await run(spec, command), '')
    return spec
  }
  async function archive({ id }: SandboxSpec): Promise<number> {
    await engine.stop(id, { graceMs: 0 })
    const startedAt = performance.now()
    await engine.archive(id)
    const ms = performance.now() - startedAt
    await assertEmpty(ground, [id], keptOf(ground, id))
    assert.deepEqual(keptOf(ground, id).disks, 0, 'it takes no room of the disks')
    return ms
  }
  async function start({ id }: SandboxSpec): Promise<void> {
    await engine.restore(id)
    await engine.start(id)
  }
  const look =
    "sudo find /home /opt -xdev -printf '%P %y %m %U:%G %n %T@ %l' -type f -printf ' %s' -printf '\\n' | sort | md5sum; cd /opt; sudo find . -type f -print0 | sort -z | xargs -0 sudo cksum | md5sum"

  it('add what has changed, and come back as they were every time', async (t) => {
    const spec = await create(
      'sudo install -d -o 1000 /opt/mine && cd /opt/mine && head -c 40M /dev/urandom > big && for i in $(seq 300); do echo $i > f$i; done',
    )
    const before = await run(spec, look)
    await archive(spec)
    const whole = sizeOf()
    const [first] = readdirSync(archives())

    await engine.restore(spec.id)
    await engine.archive(spec.id)
    assert.deepEqual(readdirSync(archives()), [first], 'unchanged, it is the archive that it was')
    await assertEmpty(ground, [spec.id], { disks: 0, archives: 1 })

    await start(spec)
    assert.equal(await run(spec, look), before)
    await archive(spec)
    assert.ok(sizeOf() - whole < whole / 100, `${sizeOf() - whole} bytes more for a start`)

    const counts: number[] = []
    for (let round = 0; round < mostParts + 2; round++) {
      await start(spec)
      const changes = [
        `cd /opt/mine && dd if=/dev/urandom of=big bs=1M count=1 seek=${round} conv=notrunc status=none`,
        `mkdir -p d${round}/x && mv f${round * 3 + 1} d${round}/x/moved && rm -f f${round * 3 + 2} && ln d${round}/x/moved hard${round}`,
        `if [ -d d${round - 2} ]; then mv d${round - 2} d${round}/x/; fi; truncate -s ${round}M sparse; chmod 7${round % 8}5 f100; sudo chown ${round}:${round} f200`,
        `cp --reflink=auto big copy && rm copy; ln -sfn target${round} link; sync`,
      ]
      assert.equal(await run(spec, changes.join(' && ')), '')
      const expected = await run(spec, look)
      await archive(spec)
      const { parts = [] } = recordOf(spec).archive ?? {}
      counts.push(parts.length)
      assert.equal(readdirSync(archives()).length, parts.length)
      if (parts.length > 1) assert.ok((parts.at(-1)?.sizeBytes ?? 0) < whole / 10, 'only what has changed is added')
      if (round % 3 === 0) {
        await engine.close()
        engine = await ground.open()
      }
      await start(spec)
      assert.equal(await run(spec, look), expected, `round ${round}`)
      await archive(spec)
    }
    t.diagnostic(`parts: ${counts.join(' ')}`)
    assert.ok(counts.includes(1), 'it was packed as a whole again')
    assert.ok(Math.max(...counts) <= mostParts)
    await start(spec)
    await engine.fork(spec.id, { ...specOf(), id: crypto.randomUUID() })
    await engine.destroy(spec.id)
    for (const { sandboxId } of await engine.recover()) await engine.destroy(sandboxId)
    await assertEmpty(ground)
  })

  it('are packed as a whole where the disk that they were unpacked to is not there', async () => {
    const spec = await create('echo text > file')
    await archive(spec)
    await start(spec)
    await engine.stop(spec.id, { graceMs: 0 })
    const { base } = recordOf(spec)
    execFileSync('btrfs', ['subvolume', 'delete', join(ground.data, 'disks', base?.diskId ?? '')])
    await archive(spec)
    assert.equal(recordOf(spec).archive?.parts.length, 1)
    assert.notEqual(recordOf(spec).archive?.parts[0]?.name, base?.archive.parts[0]?.name)
    await start(spec)
    assert.equal(await run(spec, 'cat file'), 'text\n')
    await engine.destroy(spec.id)
    await assertEmpty(ground)
  })

  it('are not given up when one of their parts is damaged', async () => {
    const spec = await create('head -c 3M /dev/urandom > big')
    await archive(spec)
    await start(spec)
    await run(spec, 'echo text > file')
    await archive(spec)
    const { parts = [] } = recordOf(spec).archive ?? {}
    assert.equal(parts.length, 2)
    for (const { name } of parts) {
      const file = join(archives(), name)
      const whole = readFileSync(file)
      truncateSync(file, whole.length - 1)
      await assert.rejects(engine.restore(spec.id), { code: 'INTERNAL_SERVER_ERROR', message: /missing or damaged/ })
      await assertEmpty(ground, [spec.id], { disks: 0, archives: 2 })
      writeFileSync(file, whole)
    }
    await start(spec)
    assert.equal(await run(spec, 'cat file'), 'text\n')
    await engine.destroy(spec.id)
    await assertEmpty(ground)
  })

  it(`take their time by what has changed, with ${sizeMib} MiB on the disk`, async (t) => {
    const spec = await create(`sudo head -c ${sizeMib}M /dev/urandom | sudo tee /opt/big > /dev/null; sync`)
    const took: Record<string, string> = {}
    const note = (what: string, ms: number, bytes: number): void => {
      took[what] = `${(ms / 1000).toFixed(1)} s, ${(bytes / 2 ** 20).toFixed(2)} MiB`
    }
    const firstMs = await archive(spec)
    const whole = sizeOf()
    note('archive', firstMs, whole)
    const restore = async (what: string): Promise<void> => {
      const startedAt = performance.now()
      await engine.restore(spec.id)
      note(what, performance.now() - startedAt, sizeOf())
    }
    await restore('restore')
    note('archive, never started', await archive(spec), sizeOf() - whole)
    await restore('restore again')
    await engine.start(spec.id)
    note('archive, started', await archive(spec), sizeOf() - whole)
    assert.ok(sizeOf() - whole <= whole / 10)
    await start(spec)
    await run(spec, 'sudo dd if=/dev/urandom of=/opt/big bs=1M count=10 conv=notrunc status=none')
    const before = sizeOf()
    note('archive, 10 MiB changed', await archive(spec), sizeOf() - before)
    await restore('restore of three parts')
    t.diagnostic(JSON.stringify(took))
    await engine.destroy(spec.id)
    await assertEmpty(ground)
  })
})
