import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGround } from './sync.fixture.ts'

/** Pulls in a process of its own, which says when it begins. */
const program = `
const [repository, project, fixture, sync] = process.argv.slice(1)
const { localInside } = await import(fixture)
const { createSync } = await import(sync)
const environment = { PATH: process.env.PATH, HOME: process.env.HOME }
const place = { directory: repository, worktree: repository, log: () => {} }
const ours = createSync(place, { environment, inside: (_, folder) => localInside(folder, environment) })
const session = { sessionId: 'one', state: { branch: 'opencode/1' }, save: async () => {} }
console.log('begins')
await ours.pull({ sandbox: {}, projectFolder: project }, session)
console.log('done')
`

function leftovers(): string[] {
  return readdirSync(tmpdir()).filter((name) => /^sandyard-sync-\d+-/.test(name))
}

test('a pull that was killed at any time is made up for by the next, and leaves nothing', async () => {
  using ground = createGround()
  ground.write('a.txt', 'first\n')
  ground.here('add', '.')
  ground.here('commit', '-qm', 'first')
  const session = ground.session('one')
  await ground.sync().start(session.box, session)
  const modules = ['./sync.fixture.ts', './sync.ts'].map((name) => new URL(name, import.meta.url).href)
  let killed = 0
  for (const delayMs of [0, 40, 80, 120, 180, 260, 380, 600]) {
    session.write(`big-${delayMs}`, randomBytes(2_000_000).toString('latin1'))
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', program, ground.repository, session.inside, ...modules],
      { env: { PATH: process.env.PATH, HOME: ground.folder }, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let printed = ''
    child.stdout.on('data', (bytes: Buffer) => {
      printed += bytes.toString()
    })
    const ended = once(child, 'exit')
    while (!printed.includes('begins')) await sleep(5)
    await sleep(delayMs)
    child.kill(delayMs % 80 === 0 ? 'SIGTERM' : 'SIGKILL')
    await ended
    if (!printed.includes('done')) killed += 1
    const before = ground.here('rev-parse', 'opencode/1')
    ground.here('merge-base', '--is-ancestor', 'main', before)
    const pulled = await ground.sync().pull(session.box, session)
    assert.equal(pulled?.warning, undefined)
    assert.equal(ground.here('rev-parse', 'opencode/1'), session.git('rev-parse', 'HEAD'))
    assert.equal(session.git('status', '--porcelain'), '')
    assert.equal(ground.here('for-each-ref', 'refs/sandyard/landing'), '')
    assert.equal(ground.here('branch', '--list', 'opencode/1-*'), '')
  }
  assert.ok(killed > 3, `${killed} were killed in the middle`)
  // Git that was started may outlive the one that started it, for a moment.
  await sleep(500)
  await ground.sync().pull(session.box, session)
  assert.deepEqual(
    leftovers().filter((name) => name.includes(`-${process.pid}-`)),
    [],
  )
  ground.here('fsck', '--strict')
})
