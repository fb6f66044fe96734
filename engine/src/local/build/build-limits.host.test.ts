import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { limits } from '@sandyard/protocol'
import { type Outside, openOutside } from '../../../../test/fixtures/outside.ts'
import { assertEmpty, assertRemoved } from '../empty.fixture.ts'
import { execute, skipWithoutRoot, specOf } from '../engine.fixture.ts'
import { type Builds, openBuilds } from './build.fixture.ts'

const from = 'FROM sandyard/default\nUSER root\n'

/** Answers with the path it is asked for. */
const echo = `require('node:http').createServer((request, response) => response.end(request.url + '\\n'))
  .listen(8000, '0.0.0.0', () => console.log('ready'))`

describe('the limits of builds', { skip: skipWithoutRoot }, () => {
  let builds: Builds
  let outside: Outside
  let host: Server
  before(async () => {
    builds = await openBuilds()
    outside = await openOutside()
    await outside.start(process.execPath, ['-e', echo])
    host = createServer((_, response) => response.end('the host\n')).listen(0, '0.0.0.0')
    await once(host, 'listening')
  })
  after(async () => {
    await outside.close()
    host.close()
    await builds.engine.close()
    await assertRemoved(builds.ground)
  })

  it('steps reach what sandboxes reach', async () => {
    const { port } = host.address() as AddressInfo
    const hosts = [`http://${outside.host}:${port}`, `http://127.0.0.1:${port}`, 'http://169.254.169.254']
    assert.equal(await (await fetch(hosts[0] ?? '')).text(), 'the host\n')
    const built = await builds.build(
      `${from}RUN curl -sf -m 5 http://${outside.address}:8000/run > /run.txt
RUN for url in ${hosts.join(' ')}; do if curl -s -m 2 $url; then exit 9; fi; done
RUN --network=none ! curl -s -m 2 http://${outside.address}:8000/
ADD http://${outside.address}:8000/dir/name.txt?query /files/
ADD --chmod=644 --chown=1:1 http://${outside.address}:8000/other /one`,
    )
    assert.equal(
      await built.inside("cat /run.txt /files/name.txt /one; stat -c '%a %u' /files/name.txt /one", 'root'),
      '/run\n/dir/name.txt?query\n/other\n600 0\n644 1\n',
    )
    await built.remove()
    for (const url of hosts) {
      const failed = await builds.fail(`${from}ADD ${url}/x /x`)
      assert.match(failed.message, /line 3: ADD .*: cannot fetch /)
    }
    const missing = await builds.fail(`${from}ADD http://no-such-name.invalid/x /x`)
    assert.match(missing.message, /cannot fetch http:\/\/no-such-name\.invalid\/x/)
  })

  it('other sandboxes go on beside a fork bomb and a full disk', async () => {
    const spec = specOf()
    await builds.engine.create(spec)
    const bombs = [
      builds.fail(`${from}RUN while :; do sleep 100 & done`),
      builds.fail(`${from}RUN cat /dev/urandom > /a`, {}, { resources: { diskGib: 1 } }),
    ]
    let isOver = false
    const ended = Promise.all(bombs).finally(() => {
      isOver = true
    })
    let answers = 0
    while (!isOver) {
      assert.equal(
        (await execute(builds.engine, spec.id, 'head -c 1M /dev/zero > x; (echo goes; true) | cat')).result,
        'goes\n',
      )
      answers += 1
    }
    const [bomb, filler] = await ended
    assert.ok(answers > 0)
    assert.match(bomb?.message ?? '', /more processes than a build may have/)
    assert.match(filler?.message ?? '', /the disk of the build is full/)
    await builds.engine.destroy(spec.id)
  })

  it('what is printed without end is cut, and the build goes on', async () => {
    const built = await builds.build(`${from}RUN yes | head -c 20M; printf 'no end'; echo done > /done`)
    assert.ok(built.text.length < 17 * 1024 * 1024)
    assert.match(built.text, /The rest of the output is left out/)
    assert.equal(await built.inside('cat /done'), 'done\n')
    await built.remove()
  })

  it('so many builds at a time, the others wait', async () => {
    const numbers = Array.from({ length: limits.buildsAtOnce + 1 }, (_, number) => number)
    const all = await Promise.all(numbers.map((number) => builds.build(`${from}RUN sleep 1; echo ${number} > /n`)))
    assert.equal(all.filter(({ text }) => /^Waiting for other builds/.test(text)).length, 1)
    for (const built of all) await built.remove()
  })

  it('finished steps outlive the engine, but not their time', async () => {
    const dockerfile = `${from}RUN date +%s%N > /kept`
    const built = await builds.build(dockerfile)
    const first = await built.inside('cat /kept')
    await built.remove()
    const folder = join(builds.ground.data, 'build-cache')
    const reopen = async (): Promise<void> => {
      await builds.engine.close()
      builds.engine = await builds.ground.open()
    }
    writeFileSync(join(folder, 'torn.json'), '{"key":')
    await reopen()
    assert.ok(!existsSync(join(folder, 'torn.json')))
    const again = await builds.build(dockerfile)
    assert.equal(await again.inside('cat /kept'), first)
    await again.remove()

    await builds.engine.close()
    for (const name of readdirSync(folder)) {
      const step = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { usedAtMs: number }
      writeFileSync(join(folder, name), JSON.stringify({ ...step, usedAtMs: Date.now() - 8 * 24 * 60 * 60_000 }))
    }
    builds.engine = await builds.ground.open()
    const anew = await builds.build(dockerfile)
    assert.notEqual(await anew.inside('cat /kept'), first)
    await anew.remove()
    // Old steps went before the build, and with them their disks; what is left is its own.
    await assertEmpty(builds.ground, [], { disks: 1 })
    assert.equal(readdirSync(folder).length, 1)
  })

  it('says how long it takes', async (test) => {
    const dockerfile = `${from}WORKDIR /app\nCOPY . .\nRUN echo one > one\nENV A=1\nRUN echo $A > two\nRUN cat one two > three\n`
    const files = { 'a.py': 'print(1)\n', 'b/c.txt': 'c'.repeat(10_000) }
    const cold = await builds.build(dockerfile, files)
    const cached = await builds.build(dockerfile, files)
    test.diagnostic(`cold ${cold.seconds.toFixed(2)} s, cached ${cached.seconds.toFixed(2)} s`)
    assert.ok(cold.seconds < 20 && cached.seconds < 10)
    await cold.remove()
    await cached.remove()
  })
})
