import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { withFileLock } from './file-lock.ts'
import { openLog } from './log.ts'
import { openState, type SessionRecord, stateName } from './state.ts'

const folder = mkdtempSync(join(tmpdir(), 'plugin-state-'))
after(() => rmSync(folder, { recursive: true }))

let made = 0
function place(): string {
  made += 1
  return join(folder, String(made))
}

const record: SessionRecord = {
  name: 'opencode-s',
  sandboxId: null,
  apiUrl: 'http://x/api',
  directory: '/p',
  root: null,
  isReady: false,
  sync: null,
  needsPull: false,
  owner: null,
  isDeleted: false,
  created: 1,
  lastAccessed: 1,
}

test('a record is kept, changed and removed; the first of two wins', async () => {
  const at = place()
  const state = openState(at, { id: 'abc', directory: '/p' })
  assert.equal(await state.get('s'), null)
  assert.equal(await state.change('s', { sandboxId: 'x' }), null)
  assert.deepEqual(await state.add('s', record), record)
  assert.equal(
    (await openState(at, { id: 'abc', directory: '/q' }).add('s', { ...record, name: 'other' })).name,
    'opencode-s',
  )
  await state.change('s', { sandboxId: 'x' })
  assert.deepEqual(await state.get('s'), { ...record, sandboxId: 'x' })
  assert.equal(statSync(state.file).mode & 0o777, 0o600)
  await state.remove('s')
  await state.remove('s')
  assert.equal((await state.all()).size, 0)
  assert.deepEqual(readdirSync(at), ['abc.json'])
})

test('projects without commits do not mix, and keep their sessions when they get one', async () => {
  const at = place()
  const one = openState(at, { id: 'global', directory: '/one' })
  await one.add('s', record)
  assert.equal(await openState(at, { id: 'global', directory: '/two' }).get('s'), null)
  const later = openState(at, { id: 'f00', directory: '/one' })
  assert.deepEqual(await later.get('s'), record)
  await later.change('s', { sandboxId: 'x' })
  assert.deepEqual(readdirSync(at), ['f00.json'])
  assert.equal((await later.get('s'))?.sandboxId, 'x')
  assert.match(stateName({ id: '../x', directory: '/one' }), /^folder-[0-9a-f]{32}$/)
})

test('a file that is not ours is neither read nor overwritten', async () => {
  const at = place()
  const state = openState(at, { id: 'abc', directory: '/p' })
  await state.add('s', record)
  writeFileSync(state.file, '{"version":1,"sess')
  await assert.rejects(state.get('s'), /is not a file of this plugin/)
  await assert.rejects(state.add('t', record), /is not a file of this plugin/)
  assert.equal(readFileSync(state.file, 'utf8'), '{"version":1,"sess')
})

test('processes that write at once lose nothing, also when one is killed', { timeout: 60_000 }, async () => {
  const at = place()
  const code = `
    const { openState } = await import(${JSON.stringify(join(import.meta.dirname, 'state.ts'))})
    const state = openState(process.argv[1], { id: 'abc', directory: '/p' })
    for (let n = 0; n < 25; n += 1) await state.add(process.argv[2] + n, ${JSON.stringify(record)})`
  const start = (name: string) =>
    spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code, at, name], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  const children = ['a', 'b', 'c'].map(start)
  const victim = start('v')
  const killed = once(victim, 'exit')
  setTimeout(() => victim.kill('SIGKILL'), 250)
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]))
  await killed
  assert.deepEqual(codes, [0, 0, 0])
  const names = [...(await openState(at, { id: 'abc', directory: '/p' }).all()).keys()]
  assert.equal(names.filter((name) => !name.startsWith('v')).length, 75)
})

test('a lock dies with its process, and in the end by itself', async () => {
  const file = join(folder, 'lock')
  const gone = spawn(process.execPath, ['-e', ''])
  await once(gone, 'exit')
  writeFileSync(file, JSON.stringify({ pid: gone.pid, host: hostname(), id: 'x' }))
  assert.equal(await withFileLock(file, async () => 'done'), 'done')
  writeFileSync(file, JSON.stringify({ pid: process.pid, host: 'elsewhere', id: 'x' }))
  const old = Date.now() / 1000 - 60
  utimesSync(file, old, old)
  assert.equal(await withFileLock(file, async () => 'again'), 'again')
  let inside = 0
  let most = 0
  await Promise.all(
    Array.from({ length: 10 }, () =>
      withFileLock(file, async () => {
        inside += 1
        most = Math.max(most, inside)
        await new Promise((resolve) => setTimeout(resolve, 5))
        inside -= 1
      }),
    ),
  )
  assert.equal(most, 1)
})

test('the log is cut at its beginning, whole lines stay', async () => {
  const file = join(place(), 'log/plugin.log')
  const log = openLog(file, () => new Date(0))
  for (let n = 0; n < 1000; n += 1) log.write('INFO', `${n}\n${'x'.repeat(5000)}`)
  await log.flush()
  assert.ok(statSync(file).size < 3.1 * 1024 * 1024, String(statSync(file).size))
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  assert.ok(lines.every((line) => line.startsWith('[1970-01-01T00:00:00.000Z] [INFO] ')))
  assert.match(lines.at(-1) ?? '', /\] 999 x/)
})
