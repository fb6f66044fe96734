import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Engine } from '@sandyard/protocol'
import { assertEmpty } from './empty.fixture.ts'
import { createGround, type EngineGround, execute, skipWithoutRoot, specOf } from './engine.fixture.ts'

/** What a sandbox can put where the table of its users or groups was: the OCI runtime reads both before it starts anything. */
const tricks = [
  'mkfifo /etc/passwd',
  'mkfifo /etc/group',
  'mkfifo /srv/pipe; ln -s /srv/pipe /etc/passwd',
  'ln -s ../srv/../srv/far /etc/group; ln -s /srv/pipe /srv/far; mkfifo /srv/pipe',
  'truncate -s 2T /etc/passwd',
]

describe('tables of users that are none', { skip: skipWithoutRoot }, () => {
  let ground: EngineGround
  let engine: Engine
  before(async () => {
    ground = await createGround()
    engine = await ground.open()
  })
  after(async () => {
    await engine?.close()
    await ground?.remove()
  })

  for (const trick of tricks) {
    it(`keep nothing waiting: ${trick}`, async () => {
      const { id } = specOf()
      await engine.create(specOf({ id }))
      const table = trick.includes('/etc/group') ? 'group' : 'passwd'
      const { result } = await execute(engine, id, `sudo sh -c 'rm /etc/${table}; ${trick}' && echo done`)
      assert.match(result, /done/)
      await engine.stop(id, { graceMs: 0 })
      const startedAt = performance.now()
      await assert.rejects(engine.start(id), { code: 'UNPROCESSABLE_ENTITY', message: new RegExp(`/etc/${table}`) })
      assert.ok(performance.now() - startedAt < 10_000)
      await engine.destroy(id)
      await assertEmpty(ground)
    })
  }

  it('may be links to plain files, or not be there', async () => {
    const { id } = specOf()
    await engine.create(specOf({ id }))
    await execute(engine, id, "sudo sh -c 'mv /etc/passwd /srv/users; ln -s /srv/users /etc/passwd; rm /etc/group'")
    await engine.stop(id, { graceMs: 0 })
    await engine.start(id)
    assert.equal((await execute(engine, id, 'echo here')).result, 'here\n')
    await engine.destroy(id)
  })
})
