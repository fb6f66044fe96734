import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { long } from '../fixtures/long.ts'
import { scriptedConfig } from '../fixtures/opencode.ts'
import { bash, git, layPluginGround, readRecords, script, toolAnswers } from './ground.ts'

/** How runs of OpenCode end, begin again, and find the plugin, on a real platform; only the model is scripted. */
const ground = await layPluginGround()
const { sandboxes } = ground

test('a run that ends has brought its changes, also of a subfolder, and leaves nothing of its own behind', async () => {
  const folder = ground.repository({ 'README.md': '# Project\n', 'app/main.txt': 'one\n' })
  const home = ground.home()
  const commands = script(`CALL ${bash('pwd; cat main.txt; echo two >> main.txt')}`, 'SAY finished')
  const { code, stdout, stderr } = await home.run(join(folder, 'app'), commands)
  assert.equal(code, 0, stderr)
  assert.match(stdout, /finished/)
  assert.match(stdout + stderr, /home\/daytona\/project\/app/)
  const branch = git(folder, 'branch', '--list', 'opencode/*', '--format=%(refname:short)')
  assert.equal(branch, 'opencode/1')
  assert.equal(git(folder, 'show', `${branch}:app/main.txt`), 'one\ntwo')
  assert.equal(readFileSync(join(folder, 'app/main.txt'), 'utf8'), 'one\n')
  assert.deepEqual(
    readdirSync(join(home.data, 'opencode/storage/sandyard')).filter((name) => name.startsWith('shell-')),
    [],
  )

  // The session goes on in another process, in the same sandbox.
  const more = await home.run(
    join(folder, 'app'),
    script(`CALL ${bash('cat main.txt; echo three >> main.txt')}`, 'SAY x'),
    {
      args: ['--continue'],
    },
  )
  assert.equal(more.code, 0, more.stderr)
  assert.equal((await sandboxes()).length, 1)
  assert.equal(git(folder, 'show', `${branch}:app/main.txt`), 'one\ntwo\nthree')
  assert.equal(git(folder, 'branch', '--list', 'opencode/*', '--format=%(refname:short)'), branch)
})

test('what a process was killed over, the next one brings', async () => {
  const folder = ground.repository()
  const home = ground.home()
  const first = await home.serve(folder)
  const session = await first.session()
  const turn = script(`CALL ${bash('echo saved > late.txt')}`, `CALL ${bash('sleep 60')}`, 'SAY x')
  first.prompt(session, turn).catch(() => {})
  const isThere = (ending: string) => first.events.some(({ properties }) => JSON.stringify(properties).includes(ending))
  const end = Date.now() + 30_000
  while (!isThere('"status":"running","input":{"command":"sleep 60"')) {
    assert.ok(Date.now() < end, first.output().slice(-2000))
    await sleep(50)
  }
  await first.end('SIGTERM')
  const [branch] = git(folder, 'branch', '--list', 'opencode/*', '--format=%(refname:short)').split('\n')
  assert.throws(() => git(folder, 'show', `${branch}:late.txt`))

  await using second = await home.serve(folder)
  // Its first request makes the instance of the folder, and with it the plugin.
  await second.call('GET', '/config')
  const brought = Date.now() + 60_000
  for (;;) {
    const [record] = Object.values(readRecords(home, git(folder, 'rev-parse', 'HEAD'))) as unknown as {
      needsPull: boolean
    }[]
    if (record?.needsPull === false) break
    assert.ok(Date.now() < brought, readFileSync(join(home.data, 'opencode/log/sandyard.log'), 'utf8'))
    await sleep(100)
  }
  assert.equal(git(folder, 'show', `${branch}:late.txt`), 'saved')
})

test('a session that was deleted without the plugin takes its sandbox along at the next start', long, async () => {
  const folder = ground.repository()
  const home = ground.home()
  let session: string
  {
    await using server = await home.serve(folder)
    session = await server.session()
    await server.prompt(session, script(`CALL ${bash('echo x > file')}`, 'SAY x'))
  }
  const mine = async () => (await sandboxes()).filter(({ labels }) => labels['opencode-session'] === session)
  assert.equal((await mine()).length, 1)
  {
    await using server = await home.serve(folder, { config: scriptedConfig({ modelUrl: ground.model.url }) })
    assert.equal((await server.call('DELETE', `/session/${session}`)).status, 200)
  }
  assert.equal((await mine()).length, 1)
  await using server = await home.serve(folder)
  await server.call('GET', '/config')
  const end = Date.now() + 60_000
  while ((await mine()).length > 0) {
    assert.ok(Date.now() < end, readFileSync(join(home.data, 'opencode/log/sandyard.log'), 'utf8'))
    await sleep(100)
  }
  const [branch] = git(folder, 'branch', '--list', 'opencode/*', '--format=%(refname:short)').split('\n')
  assert.equal(git(folder, 'show', `${branch}:file`), 'x')
})

test('in every way that the README says, the plugin is loaded', long, async () => {
  const place = mkdtempSync(join(tmpdir(), 'plugin-ways-'))
  try {
    const packed = execFileSync(
      process.execPath,
      [resolve(import.meta.dirname, '../../scripts/pack-opencode.mjs'), '--pack', place],
      { encoding: 'utf8' },
    ).trim()
    execFileSync('tar', ['-C', place, '-xzf', packed])
    const file = join(place, 'package/dist/sandyard.mjs')
    const folder = ground.folder()
    mkdirSync(join(folder, '.opencode/plugin'), { recursive: true })
    const beside = ground.folder()
    cpSync(file, join(beside, 'sandyard.mjs'))
    writeFileSync(join(beside, 'opencode.json'), JSON.stringify({ plugin: ['./sandyard.mjs'] }))
    cpSync(file, join(folder, '.opencode/plugin/sandyard.js'))
    const ways: readonly (readonly [string, readonly unknown[], string])[] = [
      ['a file', [file], ground.folder()],
      ['an address of a file', [`file://${file}`], ground.folder()],
      ['a folder', [join(place, 'package')], ground.folder()],
      ['a package', [`@sandyard/opencode@file:${packed}`], ground.folder()],
      ['the folder of plugins', [], folder],
      ['a file beside opencode.json', [], beside],
    ]
    for (const [way, plugin, at] of ways) {
      await using home = ground.home({}, { plugin, environment: { SANDYARD_API_KEY: '' } })
      await using server = await home.serve(at)
      const startedMs = Date.now()
      const session = await server.session()
      // its package is unpacked by a package manager first
      if (way !== 'a package') assert.ok(Date.now() - startedMs < 3000, `${way}: ${Date.now() - startedMs} ms`)
      const parts = await server.prompt(session, script(`CALL ${bash('true')}`, 'SAY x'))
      assert.match(toolAnswers(parts)[0] ?? '', /^error: .*There is no API key/, way)
    }
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
})
