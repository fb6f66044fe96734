import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

const projectDir = resolve(import.meta.dirname, '../..')
const main = join(projectDir, 'cli/src/main.ts')
let ground: string

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

function run(...words: readonly string[]): Promise<Ran> {
  const env = {
    ...process.env,
    HOME: ground,
    // as `npm run sandyard --` sets it
    npm_lifecycle_event: 'sandyard',
    SANDYARD_DATA: join(ground, 'data'),
    SANDYARD_BASE: process.env.SANDYARD_BASE ?? join(projectDir, '.cache/base'),
  }
  return new Promise((done) => {
    execFile(process.execPath, [main, ...words], { env, timeout: 240_000 }, (error, out, err) => {
      done({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out, err })
    })
  })
}

before(() => {
  ground = mkdtempSync(join(tmpdir(), 'sandyard-up-'))
})
after(async () => {
  await run('down')
  if (existsSync(join(ground, 'data'))) await run('reset', '--yes')
  rmSync(ground, { recursive: true, force: true })
})

test('up -d leaves a platform running, down ends it, and reset leaves nothing', async () => {
  const up = await run('up', '-d', '--port', '0', '--ssh-port', '0', '-o', 'json')
  // what is not ours is the platform's own, which knows no -o
  assert.notEqual(up.code, 0)
  assert.match(up.err, /-o|output/)

  const started = await run('up', '-d', '--port', '0', '--ssh-port', '0')
  assert.equal(started.code, 0, started.err)
  const [, url = ''] = /^Sandyard is ready: (\S+)$/m.exec(started.out) ?? []
  assert.match(started.out, /API key {2}dtn_/)
  // A program of npm looks four times a second whether npm is still there; this one must not.
  await delay(1500)
  assert.equal((await fetch(`${url}/api/health`)).status, 200)
  const log = readFileSync(join(ground, '.local/state/sandyard/platform.log'), 'utf8')
  assert.match(log, /Self-check/)

  const again = await run('up', '-d')
  assert.deepEqual([again.code, /runs already/.test(again.err)], [5, true])

  const down = await run('down')
  assert.equal(down.code, 0, down.err)
  assert.match(down.err, /Ended the platform/)
  await assert.rejects(fetch(`${url}/api/health`))
  assert.equal((await run('reset', '--yes')).code, 0)
  assert.equal(existsSync(join(ground, 'data')), false)
})
