import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { insideOf } from '../../opencode/src/sync/inside.ts'
import { createGround, type SyncGround } from '../../opencode/src/sync/sync.fixture.ts'
import type { SyncOptions } from '../../opencode/src/sync/sync.ts'
import type { SyncSession, SyncState } from '../../opencode/src/synchronizer.ts'
import { Daytona, type Sandbox } from '../../sdk/src/index.ts'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'

const project = '/home/daytona/project'

/** A session that keeps its state in memory. */
function sessionOf(id: string): SyncSession {
  let state: SyncState | null = null
  return {
    sessionId: id,
    get state() {
      return state
    },
    async save(next) {
      state = next
    },
  }
}

/** Everything that git keeps of a repository besides objects and indexes, as one text. */
function traces(ground: SyncGround): string {
  const folder = join(ground.repository, '.git')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\/objects(\/|$)/.test(entry.parentPath) && entry.name !== 'index')
    .map((entry) => `${entry.name}\n${readFileSync(join(entry.parentPath, entry.name), 'utf8')}`)
  return files.join('\n')
}

describe('a repository and its sandboxes', () => {
  let platform: TestPlatform
  let daytona: Daytona
  before(async () => {
    platform = await startTestPlatform()
    daytona = new Daytona({ apiUrl: platform.apiUrl, apiKey: platform.apiKey })
  })
  after(() => platform?.remove())

  /** Runs a command in the project, as the agent. */
  async function work(sandbox: Sandbox, command: string): Promise<string> {
    const { exitCode, result } = await sandbox.process.executeCommand(command, project)
    assert.equal(exitCode, 0, `${command}: ${result}`)
    return result.trim()
  }

  async function begin(ground: SyncGround, options: SyncOptions) {
    ground.write('a.txt', 'first\n')
    ground.write('run.sh', 'echo run\n')
    ground.here('add', '.')
    ground.here('commit', '-qm', 'first')
    const sandbox = await daytona.create()
    const box = { sandbox, projectFolder: project }
    const session = sessionOf(sandbox.id)
    const sync = ground.sync({ ...options, inside: options.inside ?? insideOf })
    return { sandbox, box, session, sync }
  }

  for (const way of ['ssh', 'files'] as const) {
    test(`there and back over ${way}, with nothing left behind`, async () => {
      using ground = createGround()
      const { sandbox, box, session, sync } = await begin(ground, { ways: [way] })
      const config = readFileSync(join(ground.repository, '.git/config'), 'utf8')
      assert.deepEqual(await sync.start(box, session), { branch: 'opencode/1' })
      assert.equal(await work(sandbox, 'git rev-parse opencode'), ground.here('rev-parse', 'HEAD'))
      assert.equal(await work(sandbox, 'git status --porcelain; git branch --show-current'), 'opencode')
      ground.write('a.txt', 'not committed\n')

      await work(sandbox, 'echo new > b.txt; chmod +x run.sh; mkdir -p d; head -c 3000000 /dev/urandom > d/big')
      const first = await sync.pull(box, session)
      assert.equal(first?.isChanged, true)
      assert.equal(ground.here('rev-parse', 'opencode/1'), await work(sandbox, 'git rev-parse HEAD'))
      assert.match(ground.here('ls-tree', 'opencode/1', 'run.sh'), /^100755/)

      await work(
        sandbox,
        'git checkout -q -b other && echo c > c.txt && git add . && git commit -qm own && echo d > d.txt',
      )
      const second = await sync.pull(box, session)
      assert.equal(second?.commit, await work(sandbox, 'git rev-parse other'))
      assert.equal(ground.here('log', '--format=%s', '-2', 'opencode/1'), 'Changes made in the sandbox\nown')
      assert.equal((await sync.pull(box, session))?.isChanged, false)

      assert.equal(ground.here('status', '--porcelain'), ' M a.txt')
      assert.equal(readFileSync(join(ground.repository, '.git/config'), 'utf8'), config)
      assert.doesNotMatch(traces(ground), /ssh:|FETCH_HEAD|sandyard-sync-|[A-Za-z0-9]{32}@/)
      assert.deepEqual(
        readdirSync(tmpdir()).filter((name) => name.startsWith(`sandyard-sync-${process.pid}-`)),
        [],
      )
      assert.deepEqual(
        ground.logged.filter((line) => line.includes('over the API')),
        [],
      )
      ground.here('fsck', '--strict')
      await sync.remove(session)
      await sandbox.delete()
      await sync.remove(session)
    })
  }

  test('where SSH does not answer, or the host is another, it goes over the API', async () => {
    using ground = createGround()
    const { sandbox, box, session, sync } = await begin(ground, {
      inside: (of, folder) => ({
        ...insideOf(of, folder),
        async openSsh() {
          const access = await insideOf(of, folder).openSsh()
          const [key = ''] = access?.hostKeys ?? []
          const other = key.slice(0, -8) + (key.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA')
          return access === null ? null : { ...access, hostKeys: [other] }
        },
      }),
    })
    await sync.start(box, session)
    assert.match(ground.logged.join('\n'), /over the API from now on.*Host key verification failed/)
    await work(sandbox, 'echo new > b.txt')
    assert.equal((await sync.pull(box, session))?.isChanged, true)
    assert.equal(ground.here('show', 'opencode/1:b.txt'), 'new')
    const tokens = ground.logged.filter((line) => /[A-Za-z0-9]{32}(?![A-Za-z0-9])/.test(line))
    assert.deepEqual(tokens, [])
    await sandbox.delete()
  })

  test('an image without git uses the platform’s', async () => {
    for (const way of ['ssh', 'files'] as const) {
      using ground = createGround()
      const { sandbox, box, session, sync } = await begin(ground, { ways: [way] })
      await sandbox.process.executeCommand('sudo rm -f /usr/bin/git /usr/lib/git-core/git')
      assert.notEqual((await sandbox.process.executeCommand('git --version')).exitCode, 0)
      await sync.start(box, session)
      assert.equal(await work(sandbox, 'cat a.txt'), 'first')
      await work(sandbox, 'echo new > b.txt')
      await sync.pull(box, session)
      assert.equal(ground.here('show', 'opencode/1:b.txt'), 'new', way)
      await sandbox.delete()
    }
  })

  test('work of root, and of a sandbox that stopped meanwhile', async () => {
    using ground = createGround()
    const { sandbox, box, session, sync } = await begin(ground, {})
    await sync.start(box, session)
    await work(sandbox, 'echo r > r.txt && sudo git -c safe.directory=* -c user.name=r -c user.email=r@r add r.txt')
    await work(sandbox, 'sudo git -c safe.directory=* -c user.name=r -c user.email=r@r commit -qm root; echo s > s.txt')
    await sandbox.stop()
    await sandbox.start()
    await sync.pull(box, session)
    assert.equal(ground.here('log', '--format=%s', '-2', 'opencode/1'), 'Changes made in the sandbox\nroot')
    await sandbox.delete()
  })

  test('a history that is cut off, over SSH', async () => {
    using ground = createGround()
    const { sandbox, box, session } = await begin(ground, {})
    ground.here('commit', '-q', '--allow-empty', '-m', 'second')
    const clone = join(ground.folder, 'clone')
    ground.git(ground.folder, 'clone', '-q', '--depth', '1', `file://${ground.repository}`, clone)
    const sync = ground.sync({ ways: ['ssh'], inside: insideOf }, clone)
    await sync.start(box, session)
    await work(sandbox, 'echo new > b.txt')
    await sync.pull(box, session)
    assert.equal(ground.git(clone, 'log', '--format=%s', 'opencode/1'), 'Changes made in the sandbox\nsecond')
    await sandbox.delete()
  })
})
