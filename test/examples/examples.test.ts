import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { openHosts } from '../../engine/src/local/secrets/hosts.fixture.ts'
import { layGround } from '../fixtures/ground.ts'
import { openOutside } from '../fixtures/outside.ts'
import { startGitOutside } from '../fixtures/outside-git.ts'
import { startTestPlatform } from '../fixtures/platform.ts'

const root = resolve(import.meta.dirname, '../..')
const examples = join(root, 'examples')
const login = { username: 'somebody', password: 'a token' }

const { platform, git } = await layGround(async (ground) => {
  const hosts = await openHosts()
  ground.defer(() => hosts.close())
  const outside = await openOutside()
  ground.defer(() => outside.close())
  const git = await startGitOutside(outside, [{ name: 'owner/repo.git', isPrivate: true, ...login }])
  const platform = await startTestPlatform(['--dns-servers', hosts.one.address, '--ca-file', hosts.trusted])
  ground.defer(() => platform.remove())
  return { platform, git }
})
const folder = mkdtempSync(join(tmpdir(), 'sandyard-examples-'))
after(() => rmSync(folder, { recursive: true }))

/** Examples that were run, to see that none is forgotten. */
const ran = new Set<string>()

/** Runs an example as a user does; gives the lines that it prints. Throws when it does not end with 0. */
async function run(name: string, args: readonly string[] = [], by = 'SANDYARD'): Promise<string[]> {
  ran.add(name)
  const own = Object.entries(process.env).filter(([key]) => !/^(SANDYARD|DAYTONA)_/.test(key))
  const env = { ...Object.fromEntries(own), [`${by}_API_URL`]: platform.apiUrl, [`${by}_API_KEY`]: platform.apiKey }
  const program = [join(examples, name), ...args]
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: folder, env, timeout: 200_000 })
  return stdout.trimEnd().split('\n')
}

describe('examples', () => {
  after(async () => {
    // Each takes away what it has made.
    const { body } = await platform.call('GET', '/sandbox')
    const left = (body as { items: { state: string }[] }).items.filter(({ state }) => !/^destroy/.test(state))
    assert.deepEqual(left, [])
  })

  test('quick start, with either name of the settings', async () => {
    const lines = ['Hello, Sandyard!', 'kept in a file', 'sum 6']
    assert.deepEqual(await run('quick-start.ts'), lines)
    assert.deepEqual(await run('quick-start.ts', [], 'DAYTONA'), lines)
  })

  test('data analysis with a chart', async () => {
    assert.deepEqual(await run('chart.ts', ['sold.png']), [
      'mean 15.0, best Apr',
      'bar chart “Sold each month” in sold.png',
    ])
    const png = readFileSync(join(folder, 'sold.png'))
    assert.deepEqual([png.subarray(1, 4).toString(), png.length > 2000], ['PNG', true])
  })

  test('preview of a dev server', async () => {
    const [preview, ...rest] = await run('dev-server.ts')
    assert.match(preview ?? '', /^preview http:\/\/5173-/)
    assert.deepEqual(rest, ['visit 1', 'visit 2', 'log: ready'])
  })

  test('twenty agents side by side', async () => {
    const [line = '', left] = await run('parallel-agents.ts')
    const squares = Array.from({ length: 20 }, (_, number) => number ** 2).join(' ')
    assert.match(line, /^20 agents in \d+ ms: /)
    assert.deepEqual([line.split(': ')[1], left], [squares, 'left: 0'])
  })

  test('git', async () => {
    const args = [`${git}owner/repo.git`, login.username, login.password]
    const [on, added, pushed = ''] = await run('git-workflow.ts', args)
    assert.deepEqual([on, added], ['on main', 'untracked NOTES.md'])
    const [, sha = '-', branch] = /^pushed ([0-9a-f]{7}) to (feature\/notes-\d+)$/.exec(pushed) ?? []
    const heads = await inSandbox(`git ls-remote ${git.replace('//', '//somebody:a%20token@')}owner/repo.git`)
    assert.ok(
      heads.split('\n').some((line) => line.startsWith(sha) && line.endsWith(`refs/heads/${branch}`)),
      heads,
    )
    await assert.rejects(run('git-workflow.ts', args.slice(0, 1)), /GIT_AUTH_FAILED|redentials|uthent/)
  })

  test('a volume', async () => {
    const [first, later, deleted] = await run('shared-volume.ts')
    assert.deepEqual([first, later], ['at once: of the writer', 'later: of the writer'])
    assert.match(deleted ?? '', /^deleted example-/)
  })

  test('an image in code', async () => {
    assert.deepEqual(await run('declarative-image.ts'), ['Hello from an image in code', '/home/daytona/made'])
  })

  test('a secret', async () => {
    const [inside, ...answer] = await run('secret.ts', ['api.one.test'])
    assert.equal(inside, 'inside: dtn_secret_… no value')
    assert.match(answer.join('\n'), /^the host answers: [\s\S]*Bearer sk-of-the-example/)
  })

  for (const type of ['local', 'sandyard']) {
    test(`a backend: ${type}`, async () => {
      const lines = await run('backend/main.ts', [type])
      assert.deepEqual(lines.slice(0, 2), ['worked on by somebody', 'running'])
      assert.deepEqual(lines.slice(2, 4).toSorted(), ['result.txt 22', 'work.sh 40'])
      assert.deepEqual(lines.slice(4), ['worked on by somebody', 'stopped'])
    })
  }

  test('none is forgotten, and each says at its top what it is', () => {
    const programs = globSync('**/*.ts', { cwd: examples, exclude: ['**/node_modules'] }).filter((name) =>
      /^\/\*\n \*/.test(readFileSync(join(examples, name), 'utf8')),
    )
    // It is the module of an example.
    const wanted = programs.filter((name) => name !== 'backend/backend.ts')
    assert.deepEqual([...ran].toSorted(), wanted.toSorted())
    for (const name of wanted) {
      const [top = ''] = readFileSync(join(examples, name), 'utf8').split(' */')
      const lines = top.split('\n').length
      assert.ok(lines >= 5 && lines <= 20 && top.includes(`node examples/${name}`), `the top of ${name}`)
    }
  })
})

/** Sandboxes reach what this process does not. */
async function inSandbox(command: string): Promise<string> {
  const { id } = (await platform.call('POST', '/sandbox', {})).body as { id: string }
  const response = await fetch(`${platform.url}/toolbox/${id}/process/execute`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ command }),
  })
  const { result } = (await response.json()) as { result: string }
  await platform.call('DELETE', `/sandbox/${id}`)
  return result.trim()
}
