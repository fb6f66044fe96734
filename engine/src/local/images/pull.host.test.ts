import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, afterEach, before, describe, it } from 'node:test'
import { assertEmpty, assertRemoved, until } from '../empty.fixture.ts'
import { execute, skipWithoutRoot, specOf } from '../engine.fixture.ts'
import { createImagesGround, type ImagesGround } from './images-ground.fixture.ts'
import { putImage, shellLayer, startRegistry, type TestRegistry } from './registry.fixture.ts'
import { tarOf } from './tar.fixture.ts'

describe('images of a registry', { skip: skipWithoutRoot }, () => {
  let ground: ImagesGround
  let registry: TestRegistry
  let shell: Buffer

  before(async () => {
    registry = await startRegistry()
    ground = await createImagesGround({ insecureRegistries: [registry.name] })
    shell = shellLayer()
  })
  after(async () => {
    await ground.engine.close()
    await assertRemoved(ground.ground)
    await registry.close()
  })
  afterEach(async () => {
    for (const { sandboxId } of await ground.engine.recover()) await ground.engine.destroy(sandboxId)
    for (const { name } of ground.engine.snapshots()) if (name !== 'default') await ground.engine.removeSnapshot(name)
  })

  it('run, with their user, folder and variables; are forked, saved and archived', async () => {
    await putImage(registry, 'team/app', '1', {
      layers: [shell, tarOf([{ name: 'srv/file', content: 'text\n' }])],
      config: { User: '1000:1000', WorkingDir: '/srv', Env: ['GREETING=hello', 'PATH=/bin'], Cmd: ['sleep', '1000'] },
    })
    const { engine } = ground
    const info = await ground.make('app', `${registry.name}/team/app:1`)
    assert.deepEqual([info.user, info.entrypoint], ['1000', ['sleep', '1000']])
    assert.ok(info.sizeBytes > 2_000_000)
    assert.match(ground.told.join(''), /^Pulling 127.*\n2 layers, 0 here already\n.*Unpacked layer 2 of 2: .*\n$/s)
    const spec = specOf({ snapshot: 'app', user: info.user })
    await engine.create(spec)
    const look = 'cat file; id -u; echo $GREETING; pwd; echo $HOME'
    assert.equal((await execute(engine, spec.id, look)).result, 'text\n1000\nhello\n/srv\n/home/app\n')
    await execute(engine, spec.id, 'echo changed > /tmp/own')
    const fork = specOf({ snapshot: 'app', user: info.user })
    await engine.fork(spec.id, fork)
    assert.equal((await execute(engine, fork.id, 'cat file /tmp/own')).result, 'text\nchanged\n')
    await engine.destroy(fork.id)
    await engine.saveSnapshot(spec.id, 'saved')
    await engine.stop(spec.id, { graceMs: 0 })
    await engine.archive(spec.id)
    await assert.rejects(engine.removeSnapshot('app'), { code: 'CONFLICT' })
    await engine.restore(spec.id)
    await engine.start(spec.id)
    assert.equal((await execute(engine, spec.id, 'cat file /tmp/own')).result, 'text\nchanged\n')
    await engine.destroy(spec.id)
    // What was saved stands on the same layers, and keeps them.
    await engine.removeSnapshot('app')
    await ground.reopen({})
    assert.equal(await ground.runIn('saved', 'cat file /tmp/own; id -un', 'app'), 'text\nchanged\napp\n')
    await ground.engine.removeSnapshot('saved')
    await assertEmpty(ground.ground)
  })

  it('are made once of one name, with the program that is asked for', async () => {
    await putImage(registry, 'once', '1', { layers: [shell], config: { Entrypoint: ['sh'], Cmd: ['-c', 'true'] } })
    const image = `${registry.name}/once:1`
    const source = { kind: 'image', image, entrypoint: ['sleep', '5'] } as const
    const outcomes = await Promise.allSettled([ground.make('once', image, { source }), ground.make('once', image)])
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    )
    await assert.rejects(ground.make('once', image), { code: 'CONFLICT' })
    await assert.rejects(ground.make('default', image), { code: 'CONFLICT' })
    const made = ground.engine.snapshots().find(({ name }) => name === 'once')
    assert.deepEqual(made?.entrypoint, ['sleep', '5'])
    assert.deepEqual((await ground.make('twice', image)).entrypoint, ['sh', '-c', 'true'])
  })

  it('share their layers, and what is here is not fetched', async () => {
    const large = tarOf([{ name: 'large', content: randomBytes(30_000_000) }])
    const own = (name: string) => tarOf([{ name, content: randomBytes(1_000_000) }])
    await putImage(registry, 'first', '1', { layers: [shell, large, own('first')] })
    await putImage(registry, 'second', '1', { layers: [shell, large, own('second')], packing: 'zstd' })
    const uses = [await ground.poolUse()]
    await ground.make('first', `${registry.name}/first:1`)
    uses.push(await ground.poolUse())
    await ground.make('second', `${registry.name}/second:1`)
    uses.push(await ground.poolUse())
    const asked = registry.requests().length
    await ground.make('again', `${registry.name}/second:1`)
    uses.push(await ground.poolUse())
    const [none = 0, one = 0, two = 0, three = 0] = uses
    assert.ok(one - none > 30e6 && two - one < 5e6 && three - two < 1e6, `${uses}`)
    assert.match(ground.told.join(''), /3 layers, all here already/)
    const requests = registry.requests().slice(asked)
    assert.deepEqual(
      requests.filter((request) => !request.endsWith('/v2/')),
      ['GET /v2/second/manifests/1'],
    )
    assert.match(await ground.runIn('second', 'ls /'), /large\n.*second\n/s)
    await ground.engine.removeSnapshot('first')
    await ground.engine.removeSnapshot('again')
    await ground.reopen({})
    assert.equal(await ground.runIn('second', 'wc -c < /large; wc -c < /second'), '30000000\n1000000\n')
    await ground.engine.removeSnapshot('second')
    await assertEmpty(ground.ground)
  })

  it('are fetched once when several are made of one', async () => {
    await putImage(registry, 'both', '1', {
      layers: [shell, tarOf([{ name: 'large', content: randomBytes(5_000_000) }])],
    })
    const asked = registry.requests().length
    const names = ['a', 'b', 'c', 'd', 'e']
    await Promise.all(names.map((name) => ground.make(name, `${registry.name}/both:1`)))
    const blobs = registry
      .requests()
      .slice(asked)
      .filter((request) => request.startsWith('GET') && request.includes('/blobs/'))
    // Two layers, and the configuration when each looked at once and once with the layers.
    assert.ok(blobs.length <= 2 + names.length + 1, blobs.join('\n'))
    for (const name of names) assert.equal(await ground.runIn(name, 'wc -c < /large'), '5000000\n')
  })

  it('keep a layer for a while that no snapshot has any more', async () => {
    await ground.reopen({ layerRestMs: 5000 })
    await putImage(registry, 'rest', '1', { layers: [shell, tarOf([{ name: 'rest', content: 'rest' }])] })
    await ground.make('rest', `${registry.name}/rest:1`)
    await ground.engine.removeSnapshot('rest')
    await ground.reopen({})
    await ground.make('rest', `${registry.name}/rest:1`)
    assert.match(ground.told.join(''), /2 layers, all here already/)
    await ground.engine.removeSnapshot('rest')
    await until(async () => await assertEmpty(ground.ground).then(() => true))
    await ground.reopen({ layerRestMs: 0 })
  })

  for (const count of [60]) {
    it(`may have ${count} layers, with room for more on top`, async () => {
      const layers = [shell]
      for (let at = 1; at < count; at++) {
        layers.push(
          tarOf([
            { name: `srv/file${at}`, content: `${at}\n` },
            { name: 'srv/last', content: `${at}\n` },
            ...(at > 1 ? [{ name: `srv/.wh.file${at - 1}`, content: '' }] : []),
            ...(at === 20 ? [{ name: 'tmp/.wh..wh..opq', content: '' }] : []),
            { name: `tmp/${at}`, content: '' },
          ]),
        )
      }
      // The same layer again is the same disk.
      layers.push(layers[1] ?? shell)
      await putImage(registry, 'many', String(count), { layers })
      await ground.make('many', `${registry.name}/many:${count}`)
      // The first one comes last again, and covers what is below with all it has.
      const look = 'cd /srv; ls | wc -l; ls file1 file%; cat last; ls /tmp | wc -l'.replace('%', String(count - 1))
      const seen = await ground.runIn('many', look)
      assert.equal(seen, `3\nfile1\nfile${count - 1}\n1\n${count - 20 + 1}\n`)
      let snapshot = 'many'
      for (const name of ['on top', 'and again']) {
        const spec = specOf({ snapshot, user: 'root' })
        await ground.engine.create(spec)
        await execute(ground.engine, spec.id, `echo x > "/srv/${name}"`)
        await ground.engine.saveSnapshot(spec.id, name)
        await ground.engine.destroy(spec.id)
        snapshot = name
      }
      assert.equal(await ground.runIn('and again', 'cat /srv/on* /srv/and*'), 'x\nx\n')
      for (const name of ['many', 'on top', 'and again']) await ground.engine.removeSnapshot(name)
      await assertEmpty(ground.ground)
    })
  }

  for (const kind of ['oci', 'docker'] as const) {
    for (const packing of ['gzip', 'zstd', 'none'] as const) {
      if (kind === 'docker' && packing === 'zstd') continue
      it(`may be ${kind} packed with ${packing}`, async () => {
        const layers = [shell, tarOf([{ name: 'packing', content: `${kind} ${packing}\n` }])]
        await putImage(registry, 'kinds', `${kind}-${packing}`, { layers, kind, packing })
        await ground.make('kinds', `${registry.name}/kinds:${kind}-${packing}`)
        assert.equal(await ground.runIn('kinds', 'cat /packing'), `${kind} ${packing}\n`)
      })
    }
  }

  it('end when their snapshot is removed meanwhile, or the engine closes', async () => {
    const layers = [shell, tarOf([{ name: 'large', content: randomBytes(60_000_000) }])]
    await putImage(registry, 'ended', '1', { layers })
    for (const end of [() => ground.engine.removeSnapshot('ended'), () => ground.reopen({})]) {
      for (const afterMs of [0, 60, 150, 300, 500]) {
        const made = ground.make('ended', `${registry.name}/ended:1`)
        made.catch(() => {})
        await new Promise((resolve) => setTimeout(resolve, afterMs))
        await end()
        const outcome = await made.then(
          () => 'made',
          (error: { code: string }) => error.code,
        )
        assert.ok(['CONFLICT', 'made'].includes(outcome), outcome)
        if (ground.engine.snapshots().some(({ name }) => name === 'ended')) await ground.engine.removeSnapshot('ended')
        await assertEmpty(ground.ground)
      }
    }
  })
})
