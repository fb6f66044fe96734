import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { layGround } from '../fixtures/ground.ts'
import { openOutside } from '../fixtures/outside.ts'
import { startGitOutside } from '../fixtures/outside-git.ts'
import { startPackagesOutside } from '../fixtures/outside-packages.ts'
import { startTestPlatform } from '../fixtures/platform.ts'

const entry = resolve(import.meta.dirname, '../../scripts/sandyard.mjs')

/** `sandyard opencode` as a person runs it: with npm and git in the outside. */
const { platform, packages, repository, folder, children } = await layGround(async (ground) => {
  const children: ChildProcess[] = []
  ground.defer(() => {
    for (const child of children) child.kill('SIGKILL')
  })
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-opencode-'))
  ground.defer(() => rmSync(folder, { recursive: true, force: true }))
  const platform = await startTestPlatform()
  ground.defer(() => platform.remove())
  const outside = await openOutside()
  ground.defer(() => outside.close())
  const packages = await startPackagesOutside(outside)
  const git = await startGitOutside(outside, [{ name: 'octocat/app.git' }])
  return { platform, packages, repository: `${git}octocat/app.git`, folder, children }
})

function start(...words: readonly string[]) {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    DAYTONA_API_URL: platform.apiUrl,
    DAYTONA_API_KEY: platform.apiKey,
    OPENAI_API_KEY: 'sk-of-this-shell',
  }
  const registry = Object.entries(packages.env).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const child = spawn(process.execPath, ['--', entry, 'opencode', ...words, ...registry], { cwd: folder, env })
  children.push(child)
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk
  })
  return { child, ended: once(child, 'close') as Promise<[number]>, out: () => out, err: () => err }
}

async function sandboxes(): Promise<readonly { id: string; name: string }[]> {
  return ((await platform.call('GET', '/sandbox')).body as { items: { id: string; name: string }[] }).items
}

test('it stays until Ctrl-C, which deletes the sandbox and the secret of the key', { timeout: 120_000 }, async () => {
  const run = start(repository, '--name', 'mine', '-k', 'OPENAI_API_KEY')
  await new Promise<void>((done, failed) => {
    const look = (): unknown => /Ctrl-C deletes it/.test(run.err()) && /previews/i.test(run.out()) && done()
    for (const stream of [run.child.stdout, run.child.stderr]) stream.on('data', look)
    void run.ended.then(() => failed(new Error(run.err())))
  })
  const [, url, password] = /url +(\S+)[\s\S]*password +(\S+)/i.exec(run.out()) ?? []
  assert.match(url ?? '', /^http:\/\/4096-/)
  assert.match(password ?? '', /^[0-9a-f]{32}$/)
  assert.match(run.out(), /branch +main/i)
  assert.deepEqual(
    (await sandboxes()).map(({ name }) => name),
    ['mine'],
  )
  run.child.kill('SIGINT')
  assert.equal((await run.ended)[0], 130, run.err())
  assert.deepEqual(await sandboxes(), [])
  assert.deepEqual((await platform.call('GET', '/secret')).body, [])
})

test('detached it stays, and a script gets all there is to know', { timeout: 120_000 }, async () => {
  writeFileSync(join(folder, 'own.json'), '{"username":"somebody"}')
  const run = start('--detach', '-o', 'json', '--config', 'own.json', '--port', '5000')
  assert.equal((await run.ended)[0], 0, run.err())
  const { sandboxId, apiUrl, headers } = JSON.parse(run.out())
  const config = await fetch(`${apiUrl}/config`, { headers })
  assert.equal(((await config.json()) as { username: string }).username, 'somebody')
  assert.deepEqual(
    (await sandboxes()).map(({ id }) => id),
    [sandboxId],
  )
  await platform.call('DELETE', `/sandbox/${sandboxId}`)
})

test('what is wrong is said before anything is made', async () => {
  for (const [words, message] of [
    [['-k', 'NO_KEY'], /--key NO_KEY: there is no such variable here/],
    [['--branch', 'main'], /--branch goes with a repository/],
    [['a', '--repo', 'b'], /name the repository once/],
    [['--config', 'none.json'], /none\.json cannot be read/],
    [['--token-env', 'NO_TOKEN'], /--token-env NO_TOKEN/],
  ] as const) {
    const run = start(...words)
    assert.equal((await run.ended)[0], 2, run.err())
    assert.match(run.err(), message)
    assert.equal(run.out(), '')
  }
})
