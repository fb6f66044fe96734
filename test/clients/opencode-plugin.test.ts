import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import * as newest from '@daytonaio/sdk'
import * as of0190 from 'daytona-sdk-0190'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'
import { type Ran, run } from '../fixtures/ssh.ts'
import { visit } from '../fixtures/visit.ts'

/** Where that plugin puts every project. */
const project = '/home/daytona/project'
/** It has no other host for SSH; users of a platform of their own say in `~/.ssh/config` where that is. */
const fixedHost = 'ssh.app.daytona.io'

const versions = [
  { name: '0.190.1', sdk: of0190 as unknown as typeof newest },
  { name: 'newest', sdk: newest },
]

/** With it, ssh does not ask at the terminal that the tests run in. */
const nobody = { SSH_ASKPASS: '/bin/false', SSH_ASKPASS_REQUIRE: 'force' }

/** A user's machine: a repository and the settings of ssh. */
interface Machine extends Disposable {
  readonly sshPort: number
  /** Runs git in the repository as that plugin does: nothing on its input, nobody to ask. */
  git(...args: readonly string[]): Promise<Ran>
  /** The same; fails unless it ends with 0, and gives what it prints. */
  gitOk(...args: readonly string[]): Promise<string>
  write(name: string, text: string): void
}

async function openMachine(sshPort: number, settings: readonly string[]): Promise<Machine> {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-opencode-'))
  const repository = mkdtempSync(join(folder, 'repository-'))
  const config = join(folder, 'config')
  const lines = [
    `HostName 127.0.0.1`,
    `Port ${sshPort}`,
    `UserKnownHostsFile ${join(folder, 'known_hosts')}`,
    ...settings,
  ]
  writeFileSync(config, `Host ${fixedHost}\n${lines.map((line) => `  ${line}\n`).join('')}`)
  const machine: Machine = {
    sshPort,
    git: (...args) => run('git', args, { cwd: repository, env: { GIT_SSH_COMMAND: `ssh -F ${config}`, ...nobody } }),
    async gitOk(...args) {
      const { code, stdout, stderr } = await machine.git(...args)
      assert.equal(code, 0, `git ${args.join(' ')}: ${stderr}`)
      return stdout.toString().trim()
    },
    write: (name, text) => writeFileSync(join(repository, name), text),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
  await machine.gitOk('init', '--quiet', '--initial-branch=main')
  await machine.gitOk('config', 'user.name', 'Somebody')
  await machine.gitOk('config', 'user.email', 'somebody@example.com')
  machine.write('README.md', '# Project\n')
  machine.write('app.js', "console.log('first')\n")
  await machine.gitOk('add', '.')
  await machine.gitOk('commit', '--quiet', '-m', 'first')
  return machine
}

/** The address of a sandbox's repository, as that plugin makes it: with a token of ten minutes, and its fixed host. */
async function remoteOf(sandbox: newest.Sandbox): Promise<string> {
  const { token } = await sandbox.createSshAccess(10)
  return `ssh://${token}@${fixedHost}${project}`
}

/** `git remote remove`, `git remote add`: it does so before each push and fetch, with a new token. */
async function setRemote(machine: Machine, name: string, url: string): Promise<void> {
  await machine.git('remote', 'remove', name)
  await machine.gitOk('remote', 'add', name, url)
}

async function push(machine: Machine, sandbox: newest.Sandbox, name: string): Promise<void> {
  await setRemote(machine, name, await remoteOf(sandbox))
  await machine.gitOk('push', name, 'HEAD:opencode')
}

for (const { name, sdk } of versions) {
  describe(`what the published plugin for OpenCode does, with the client ${name}`, () => {
    let platform: TestPlatform
    let sandbox: newest.Sandbox
    let machine: Machine
    let opened: newest.Daytona[] = []

    /** It opens a client whenever it needs one, with a key alone; the address is in the environment. */
    function open(): newest.Daytona {
      const daytona = new sdk.Daytona({ apiKey: platform.apiKey })
      opened.push(daytona)
      return daytona
    }

    /** A command in the project; its tools show `exitCode` and `result`. */
    const inside = (command: string) => sandbox.process.executeCommand(command, project)

    before(async () => {
      platform = await startTestPlatform()
      process.env.DAYTONA_API_URL = platform.apiUrl
      sandbox = await open().create()
      const { sshCommand } = await sandbox.createSshAccess(10)
      machine = await openMachine(Number(/-p (\d+) /.exec(sshCommand)?.[1]), ['StrictHostKeyChecking accept-new'])
    })
    after(async () => {
      for (const daytona of opened) await daytona[Symbol.asyncDispose]()
      opened = []
      delete process.env.DAYTONA_API_URL
      machine?.[Symbol.dispose]()
      await platform?.remove()
    })

    test('a sandbox without a word about it is what the plugin takes it for', async () => {
      assert.equal(sandbox.state, 'started')
      assert.equal(sandbox.public, false)
      assert.equal(sandbox.autoStopInterval, 15)
      assert.equal(sandbox.autoArchiveInterval, 7 * 24 * 60)
      assert.equal(await sandbox.getWorkDir(), '/home/daytona')
    })

    test('a repository goes in over SSH, to the name of a host that is not ours', async () => {
      await sandbox.fs.createFolder(project, '755')
      // The next one looks for git on servers of the internet, which tests do not use: it finds none listed.
      await sandbox.process.executeCommand('sudo rm -rf /etc/apt/sources.list /etc/apt/sources.list.d')
      const install = 'sudo apt-get update -qq && sudo apt-get install -y git 2>/dev/null || true'
      assert.match((await sandbox.process.executeCommand(install)).result, /git is already the newest version/)
      const asked = await inside('git rev-parse --is-inside-work-tree')
      assert.notEqual(asked.exitCode, 0)
      assert.match(asked.result, /not a git repository/)
      for (const command of ['git init', 'git config user.email "a@example.com"', 'git config user.name "A Sandbox"']) {
        assert.equal((await inside(command)).exitCode, 0, command)
      }

      await machine.gitOk('update-ref', 'refs/heads/opencode/1', await machine.gitOk('rev-parse', 'HEAD'))
      await push(machine, sandbox, 'sandbox-1')

      const { exitCode, result } = await inside('git checkout -B opencode')
      assert.equal(exitCode, 0, result)
      assert.equal((await inside('git reset --hard')).exitCode, 0)
      assert.equal((await inside('git clean -fd')).exitCode, 0)
      assert.equal((await inside('git status --porcelain')).result.trim(), '')
      assert.equal((await inside('git rev-parse opencode')).result.trim(), await machine.gitOk('rev-parse', 'HEAD'))
      assert.equal((await inside('cat app.js')).result, "console.log('first')\n")
      assert.equal((await inside('git rev-parse --is-inside-work-tree')).result.trim(), 'true')
    })

    test('a key of the host that nobody has accepted is refused, as it cannot ask', async () => {
      using careful = await openMachine(machine.sshPort, [])
      await setRemote(careful, 'sandbox-1', await remoteOf(sandbox))
      const { code, stderr } = await careful.git('push', 'sandbox-1', 'HEAD:other')
      assert.equal(code, 128)
      assert.match(stderr, /Host key verification failed/)
    })

    test('the command tool: exit code and all that was printed, in the project', async () => {
      const { exitCode, result } = await inside('pwd; echo "it\'s $((1 + 1))" | cat; echo wrong >&2; exit 3')
      assert.equal(exitCode, 3)
      assert.deepEqual(result.split('\n').sort(), ['', project, "it's 2", 'wrong'])
    })

    test('a command in the background, and the link that it shows for it', async () => {
      const { process: processes } = sandbox
      const session = 'exec-session-ses_5b3c1f8a4ffeQ2x'
      await assert.rejects(processes.getSession(session), sdk.DaytonaNotFoundError)
      await processes.createSession(session)
      await processes.executeSessionCommand(session, { command: `cd ${project}` })
      const command = 'python3 -m http.server --bind 127.0.0.1 8000'
      const { cmdId } = await processes.executeSessionCommand(session, { command, runAsync: true })
      assert.ok(cmdId)
      assert.equal((await processes.getSession(session)).sessionId, session)
      const { url, token } = await sandbox.getPreviewLink(8000)
      const opened = await until(async () => {
        const page = await visit(`${url}/app.js`, { 'x-daytona-preview-token': token })
        return page.status === 200 ? page : null
      })
      assert.equal(opened.body, "console.log('first')\n")
      // It shows the link without the token, and previews of sandboxes are private.
      assert.equal((await visit(`${url}/app.js`)).status, 401)
      assert.ok(!url.includes(token))
    })

    test('the tools for files: write, read, edit, list, glob, grep', async () => {
      const { fs } = sandbox
      const workDir = (await sandbox.getWorkDir()) ?? ''
      await fs.uploadFile(Buffer.from('const a = 1\nconst ä = a\n'), `${project}/src/deep/new.ts`)
      const before = new TextDecoder().decode(await fs.downloadFile(`${project}/src/deep/new.ts`))
      await fs.uploadFile(Buffer.from(before.replace('a = 1', 'a = 42')), `${project}/src/deep/new.ts`)
      assert.equal((await inside('cat src/deep/new.ts')).result, 'const a = 42\nconst ä = a\n')
      await assert.rejects(fs.downloadFile(`${project}/none.ts`), sdk.DaytonaNotFoundError)
      await fs.uploadFile(Buffer.from('relative'), 'relative.txt')
      assert.equal((await inside('cat ../relative.txt')).result, 'relative')

      const names = async (path: string) => (await fs.listFiles(path)).map((file) => file.name).sort()
      assert.deepEqual(await names(project), ['.git', 'README.md', 'app.js', 'src'])
      assert.ok((await names(workDir)).includes('project'))
      assert.deepEqual((await fs.searchFiles(workDir, '*.ts')).files, [`${project}/src/deep/new.ts`])
      const matches = await fs.findFiles(workDir, 'a = 42')
      assert.deepEqual(
        matches.map((match) => `${match.file}:${match.line}: ${match.content}`),
        [`${project}/src/deep/new.ts:1: const a = 42`],
      )
    })

    test('what was done comes back to a branch, also when that is checked out', async () => {
      const pull = async (): Promise<void> => {
        assert.notEqual((await inside('git status --porcelain')).result.trim(), '')
        assert.equal((await inside('git add .')).exitCode, 0)
        assert.equal((await inside('git commit -am "Changes of the agent"')).exitCode, 0)
        await setRemote(machine, 'sandbox-1', await remoteOf(sandbox))
        await machine.gitOk('fetch', 'sandbox-1', 'opencode')
        await machine.gitOk('update-ref', 'refs/heads/opencode/1', 'FETCH_HEAD')
      }
      await pull()
      const tip = (await inside('git rev-parse HEAD')).result.trim()
      assert.equal(await machine.gitOk('rev-parse', 'opencode/1'), tip)
      assert.equal(await machine.gitOk('show', 'opencode/1:src/deep/new.ts'), 'const a = 42\nconst ä = a')
      assert.equal(await machine.gitOk('status', '--porcelain'), '')

      await machine.gitOk('checkout', '--quiet', 'opencode/1')
      await inside('head -c 3000000 /dev/urandom > big')
      await pull()
      await machine.gitOk('reset', '--hard', 'refs/heads/opencode/1')
      assert.equal(await machine.gitOk('hash-object', 'big'), (await inside('git hash-object big')).result.trim())
    })

    test('before each call it looks, and starts a sandbox that has stopped', async () => {
      await (await open().get(sandbox.id)).stop()
      await sandbox.refreshData()
      assert.equal(sandbox.state, 'stopped')
      await sandbox.start()
      assert.equal(sandbox.state, 'started')
      assert.equal((await inside('git log --format=%s -1')).result.trim(), 'Changes of the agent')
      // Its servers have ended; the command in the background begins with a session again.
      await assert.rejects(sandbox.process.getSession('exec-session-ses_5b3c1f8a4ffeQ2x'), sdk.DaytonaNotFoundError)
    })

    test('another process finds it by its id, and starts it although it runs', async () => {
      const again = await open().get(sandbox.id)
      await again.start()
      assert.equal(again.state, 'started')
      assert.equal((await again.process.executeCommand('pwd', project)).result.trim(), project)
    })

    test('the next sandbox is reached by the same name; one that was deleted, and its token, are not', async () => {
      const next = await open().create()
      await next.fs.createFolder(project, '755')
      await next.process.executeCommand('git init', project)
      await push(machine, next, 'sandbox-2')
      assert.equal(
        (await next.process.executeCommand('git rev-parse opencode', project)).result.trim(),
        await machine.gitOk('rev-parse', 'HEAD'),
      )
      await next.delete()
      assert.notEqual((await machine.git('fetch', 'sandbox-2', 'opencode')).code, 0)
      const missed = await until(() =>
        open()
          .get(next.id)
          .then(
            () => null,
            (error: unknown) => error,
          ),
      )
      assert.ok(missed instanceof sdk.DaytonaNotFoundError)
    })
  })
}

async function until<T>(look: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const found = await look()
    if (found !== null) return found
    assert.ok(Date.now() < deadline, `not within 20 s: ${look}`)
    await sleep(50)
  }
}
