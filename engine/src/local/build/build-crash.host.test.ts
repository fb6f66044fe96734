import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertEmpty, assertRemoved } from '../empty.fixture.ts'
import { skipWithoutRoot } from '../engine.fixture.ts'
import { type Builds, openBuilds, orderOf, writeTar } from './build.fixture.ts'

/** How often a build is cut off, at a moment of chance; more often to look for a fault. */
const rounds = 6 * Number(process.env.SANDYARD_CRASH_ROUNDS ?? 1)

describe('a platform that is killed in the midst of a build', { skip: skipWithoutRoot }, () => {
  let builds: Builds
  before(async () => {
    builds = await openBuilds()
  })
  after(async () => {
    await builds.engine.close()
    await assertRemoved(builds.ground)
  })

  it('leaves finished steps and nothing else, and the next build goes on from there', async () => {
    for (let round = 0; round < rounds; round++) {
      const dockerfile = [
        'FROM sandyard/default AS one',
        'USER root',
        `RUN echo ${round} > /round; head -c 5M /dev/urandom > /random; cksum < /random > /sum`,
        'COPY d /d',
        'FROM one',
        'WORKDIR /w',
        'COPY --from=one /random /sum /copied/',
        'RUN cat /round > here',
      ].join('\n')
      const context = await writeTar(builds.ground.data, { 'd/a': `a ${round}`, 'd/b': 'b'.repeat(100_000) })
      const order = orderOf('cut-off', { dockerfile, contexts: [context], resources: {} })

      await builds.engine.close()
      const program = [join(import.meta.dirname, 'build-crash.fixture.ts'), builds.ground.data]
      const child = spawn(process.execPath, program, { stdio: ['pipe', 'pipe', 'inherit'] })
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
      assert.equal((await lines.next()).value, 'ready')
      child.stdin.write(`${JSON.stringify(order)}\n`)
      const afterMs = Math.random() * 1500
      const done = lines.next()
      await Promise.race([done, sleep(afterMs)])
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended

      builds.engine = await builds.ground.open()
      const how = `killed after ${Math.round(afterMs)} ms${(await done).value === 'done' ? ', done' : ''}`
      const isThere = builds.engine.snapshots().some(({ name }) => name === order.name)
      if (how.endsWith('done')) assert.ok(isThere, how)
      if (isThere) await builds.engine.removeSnapshot(order.name)
      const cached = readdirSync(join(builds.ground.data, 'build-cache')).length
      await assertEmpty(builds.ground, [], { disks: cached })

      const again = await builds.build(dockerfile, {}, { contexts: [context] })
      const whole = await again.inside(
        'cat here /d/a; cksum < /copied/random | cmp - /copied/sum && echo same; wc -c < /d/b',
      )
      assert.equal(whole, `${round}\na ${round}same\n100000\n`, how)
      await again.remove()
    }
  })
})
