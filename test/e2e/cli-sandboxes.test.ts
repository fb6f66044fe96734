import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'

const entry = resolve(import.meta.dirname, '../../scripts/sandyard.mjs')

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** What only a real engine can show: builds, variables of running programs, networks, saved disks. */
describe('the command line makes and changes real sandboxes', () => {
  let platform: TestPlatform
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-cli-sandboxes-'))
    platform = await startTestPlatform()
  })
  after(async () => {
    await platform?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Runs the words after `sandyard`, through the entry that people link to. */
  function run(...words: readonly string[]): Promise<Ran> {
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      DAYTONA_API_URL: platform.apiUrl,
      DAYTONA_API_KEY: platform.apiKey,
    }
    return new Promise((done) => {
      const options = { cwd: folder, env, timeout: 120_000 }
      execFile(process.execPath, ['--', entry, ...words], options, (error, out, err) => {
        done({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err })
      })
    })
  }

  async function succeed(...words: readonly string[]): Promise<string> {
    const { code, out, err } = await run(...words)
    assert.equal(code, 0, `${words.join(' ')}: ${err}`)
    return out
  }

  test('from a Dockerfile: its log comes, and what it copies is inside', async () => {
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY note.txt /note.txt\n')
    writeFileSync(join(folder, 'note.txt'), 'from here')
    const { code, out, err } = await run('create', 'built', '-f', 'Dockerfile', '-o', 'json')
    assert.equal(code, 0, err)
    assert.equal(JSON.parse(out).state, 'started')
    assert.match(err, /COPY note\.txt/)
    const sandbox = await platform.call('GET', `/sandbox/${JSON.parse(out).id}`)
    assert.equal(sandbox.status, 200)
    assert.equal(await succeed('delete', 'built', '--wait'), 'Deleted built\n')
  })

  test('variables change for the programs that start next', async () => {
    writeFileSync(join(folder, '.env'), 'FROM_FILE="a b"\n')
    await succeed('create', 'box', '--env-file', '.env')
    assert.equal(await succeed('exec', 'box', '--', 'printenv', 'FROM_FILE'), 'a b\n')
    assert.equal(await succeed('env', 'box', 'ADDED=1', 'FROM_FILE-'), 'box: set ADDED, took FROM_FILE away\n')
    assert.equal(await succeed('exec', 'box', '--', 'sh', '-c', 'echo $ADDED.$FROM_FILE'), '1.\n')
  })

  test('what its network refuses is told', async () => {
    await succeed('network', 'set', 'box', '--domain-allow-list', 'allowed.test')
    const asked = await run('exec', 'box', '--', 'getent', 'hosts', 'refused.test')
    assert.equal(asked.code, 2, `it has no address: ${asked.err}`)
    assert.match(await succeed('network', 'refused', 'box'), /^name +refused\.test +A.* +on no allow list +\d+/m)
  })

  test('a copy, a saved disk, and back from the archive', async () => {
    await succeed('exec', 'box', '--', 'sh', '-c', 'echo kept > ~/kept')
    await succeed('fork', 'box', 'twig')
    assert.equal(await succeed('exec', 'twig', '--', 'sh', '-c', 'cat ~/kept'), 'kept\n')
    await succeed('snapshot', 'create', 'saved', '--sandbox', 'twig')
    await succeed('create', 'again', '--snapshot', 'saved')
    assert.equal(await succeed('exec', 'again', '--', 'sh', '-c', 'cat ~/kept'), 'kept\n')
    await succeed('stop', 'again')
    await succeed('archive', 'again')
    assert.equal(await succeed('start', 'again'), 'Started again\n')
    assert.equal(await succeed('exec', 'again', '--', 'sh', '-c', 'cat ~/kept'), 'kept\n')
    await succeed('delete', '--all', '--yes', '--wait')
    assert.equal(await succeed('list', '-o', 'name'), '')
  })
})
