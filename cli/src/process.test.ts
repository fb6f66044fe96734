import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { openTestLine, type Ran, type TestLine } from './testing/command-line.ts'

const main = join(import.meta.dirname, 'main.ts')
const entry = join(import.meta.dirname, '../../scripts/sandyard.mjs')

let cli: TestLine
before(async () => {
  cli = await openTestLine()
})
after(() => cli[Symbol.asyncDispose]())

interface ProcessOptions {
  /** what comes on standard input; it is closed afterwards */
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly folder?: string
  /** a program; default is Node with the command line */
  readonly file?: string
}

/** Runs `sandyard` as a process of its own. */
async function run(words: readonly string[], options: ProcessOptions = {}): Promise<Ran> {
  const { input = '', file, folder = cli.folder } = options
  const [program, before] = file === undefined ? [process.execPath, ['--', main]] : [file, []]
  const child = spawn(program, [...before, ...words], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: cli.folder, ...cli.env, ...options.env },
  })
  child.stdin.on('error', () => {}) // who refuses does not read it
  child.stdin.end(input)
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, out, err }
}

/** Without a key and an address in the environment. */
const fresh = { DAYTONA_API_KEY: '', DAYTONA_API_URL: '', NO_COLOR: '1' }

test('login reads a key from standard input, tries it, and keeps it for its owner alone', async () => {
  const env = { ...fresh, SANDYARD_CONFIG_DIR: join(cli.folder, 'kept') }
  const file = join(env.SANDYARD_CONFIG_DIR, 'config.json')
  const site = cli.apiUrl.replace(/\/api$/, '')
  const wrong = await run(['login', '--api-url', cli.apiUrl], { env, input: 'dtn_wrong\n' })
  assert.deepEqual([wrong.code, wrong.out], [4, ''])
  const none = await run(['login', '--api-url', cli.apiUrl], { env })
  assert.equal(none.code, 2)
  assert.match(none.err, /there was no key to read/)
  assert.equal((await run(['login', '--api-url', 'nonsense'], { env, input: 'k' })).code, 2)
  const done = await run(['login', '--api-url', site], { env, input: `${cli.env.DAYTONA_API_KEY}\n` })
  assert.deepEqual([done.code, done.out], [0, `Logged in to ${cli.apiUrl} as sandyard-admin, profile default\n`])
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).profiles.default.apiUrl, cli.apiUrl)
  assert.equal((await run(['whoami', '-o', 'name'], { env })).out, 'sandyard-admin\n')
})

test('secrets and passwords come from standard input, and are never shown', async () => {
  const made = await run(['secret', 'create', 'openai', '--host', 'api.example.com'], { input: 'top-secret\n' })
  assert.equal(made.code, 0, made.err)
  assert.match(made.out, /^Hosts +api\.example\.com$/m)
  await run(['create', 'box', '--secret', 'KEY=openai'])
  assert.deepEqual(await cli.json('secret use box'), { KEY: 'openai' })
  assert.deepEqual(await cli.json('secret use box KEY- OTHER=openai'), { OTHER: 'openai' })
  const changed = await run(['secret', 'update', 'openai', '--value', '--host', '*.example.com'], {
    input: 'other-secret',
  })
  assert.equal(changed.code, 0, changed.err)
  assert.deepEqual((await cli.json('secret info openai')).hosts, ['*.example.com'])
  assert.ok(!`${made.out}${changed.out}${JSON.stringify(await cli.json('secret list'))}`.includes('-secret'))
  assert.equal((await run(['secret', 'create', 'empty'])).code, 2)
  assert.equal((await cli.run('secret update openai')).code, 2)
  assert.equal((await cli.run('secret info none')).code, 3)
  assert.equal((await cli.run('secret delete openai')).out, 'Deleted openai\n')

  const login = await run(['registry', 'create', 'registry.example.com', '-u', 'me'], { input: 'pass-word' })
  assert.equal(login.code, 0, login.err)
  assert.equal((await run(['registry', 'update', 'registry.example.com', '--password'], { input: 'next' })).code, 0)
  assert.match((await cli.run('registry list')).out, /^registry\.example\.com +registry\.example\.com +me /m)
  assert.equal((await cli.run('registry create registry.example.com')).code, 2)
  assert.equal((await cli.run('registry update none --name x')).code, 3)
  assert.equal((await cli.run('registry delete registry.example.com')).out, 'Deleted registry.example.com\n')
})

test('a link to the entry is a command, which works in the folder of the person', async () => {
  const folder = join(cli.folder, 'project')
  mkdirSync(folder)
  const link = join(cli.folder, 'sandyard')
  symlinkSync(entry, link)
  const { code, out, err } = await run(['create', 'linked', '--env-file', '.env'], { file: link, folder })
  assert.deepEqual([code, out], [2, ''])
  assert.match(err, /\.env cannot be read: ENOENT.*project\/\.env/)
  // npm runs scripts in the folder of the project, and says where the person was
  const npm = { npm_lifecycle_event: 'sandyard', INIT_CWD: folder }
  const byNpm = await run(['create', 'linked', '--env-file', '.env'], { file: entry, folder: '/', env: npm })
  assert.match(byNpm.err, /project\/\.env/)
  assert.equal((await run(['list', '-o', 'name'], { file: link, folder: '/' })).out, 'box\n')
  // the platform's word, and ours where it names sandboxes
  assert.equal((await run(['start', 'box', '-o', 'name'], { file: link })).out, 'box\n')
  assert.match((await run(['start', '--help'], { file: link })).out, /--port/)
  // what is in such a file is for the sandbox, not for us
  writeFileSync(join(folder, '.env'), 'DAYTONA_API_KEY=theirs\nDAYTONA_API_URL=http://127.0.0.1:9/api\n')
  const made = await run(['create', 'linked', '--env-file', '.env', '-o', 'json'], { file: link, folder })
  assert.equal(made.code, 0, made.err)
  assert.equal(JSON.parse(made.out).env.DAYTONA_API_KEY, 'theirs')
})

test('Ctrl-C ends a command that waits, with the code for it', async () => {
  cli.server.engine.knobs.buildDelayMs = 60_000
  const child = spawn(process.execPath, [main, 'create', 'slow', '--image', 'debian:13'], {
    env: { PATH: process.env.PATH, HOME: cli.folder, ...cli.env },
    stdio: 'ignore',
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const deadline = Date.now() + 20_000
  while ((await cli.run('info slow')).code !== 0 && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 50))
  child.kill('SIGINT')
  assert.equal(await ended, 130)
  cli.server.engine.knobs.buildDelayMs = 0
  assert.equal((await cli.run('info slow')).code, 3)
})
