import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { putImage, shellLayer, startRegistry } from '../../../engine/src/local/images/registry.fixture.ts'
import { DaytonaNotFoundError, ProcessExecutionError, type Sandbox } from '../../../sdk/src/index.ts'
import { layGround } from '../../fixtures/ground.ts'
import { visit } from '../../fixtures/visit.ts'
import { type Names, openDocument, type Ran, type RunOptions, skip } from './block.ts'
import { layDocumentGround, run, seen } from './ground.ts'

const exampleId = "'7cd11133-96c1-4cc8-9baa-c757b8f8c916'"

describe('the blocks of the implementation guide, up to its application', { skip }, async () => {
  if (skip !== false) return
  const registry = await layGround(async (ground) => {
    const started = await startRegistry()
    ground.defer(() => started.close())
    return started
  })
  const { daytona, git, platform } = await layDocumentGround(['--insecure-registries', registry.name])
  const guide = openDocument('implementation-guide')
  let sandbox: Sandbox
  const block = (number: number, { given, ...options }: RunOptions = {}): Promise<Ran> =>
    guide.run(number, { given: { daytona, sandbox, ProcessExecutionError, ...given }, ...options })
  const inside = (command: string, folder?: string) => run(sandbox, command, folder)
  const write = (path: string, text: string) => sandbox.fs.uploadFile(Buffer.from(text), path)

  before(async () => {
    sandbox = await daytona.create({ language: 'typescript' })
    await inside('mkdir -p workspace/src')
  })

  test('1: quick start', async () => {
    // The block does not wait for its own `main`.
    const { said } = await block(1, { changes: { 'main().catch(console.error)': 'await main()' } })
    assert.deepEqual(said, ['Hello, World!\n'])
    for (const made of await daytona.listSandboxes()) if (made.id !== sandbox.id) await made.delete()
  })

  test('4: a client by environment, and one by words', async () => {
    const own = { "'your-api-key'": `'${platform.apiKey}'`, "'https://app.daytona.io/api'": `'${platform.apiUrl}'` }
    const change = { "import { Daytona } from '@daytonaio/sdk'": "import { Daytona } from '@daytonaio/sdk'" }
    for (const [part, changes] of [
      [1, change],
      [2, own],
    ] as const) {
      const { made } = await block(4, { part, changes })
      const client = made.daytona as typeof daytona
      // Those that were deleted before may still be listed for a moment.
      const listed = (await client.listSandboxes()).filter(({ state }) => state === 'started')
      assert.deepEqual(
        listed.map(({ id }) => id),
        [sandbox.id],
      )
    }
  })

  test('5, 7, 9: made, found, deleted', async () => {
    const { made, said } = await block(5)
    const created = made.sandbox as Sandbox
    assert.deepEqual(said, [created.id])
    assert.equal(await run(created, 'echo $NODE_ENV'), 'development')
    const found = (await block(7, { given: { created }, changes: { [exampleId]: 'created.id' } })).made
      .sandbox as Sandbox
    assert.deepEqual([found.id, found.state], [created.id, 'started'])
    await block(9, { given: { sandbox: found } })
    for (let left = 100; ; left -= 1) {
      const still = await daytona.get(created.id).catch((error: unknown) => error)
      if (still instanceof DaytonaNotFoundError) break
      assert.ok(left > 0, 'it is deleted')
      await sleep(100)
    }
  })

  test('6: an image, a size by name', async () => {
    await putImage(registry, 'node', '22-bookworm', { layers: [shellLayer()], config: { Env: ['PATH=/bin'] } })
    const image = `${registry.name}/node:22-bookworm`
    const created = (await block(6, { changes: { 'node:22-bookworm': image } })).made.sandbox as Sandbox
    assert.deepEqual([created.cpu, created.memory, created.public], [2, 4, true])
    assert.equal(await run(created, 'echo $NODE_ENV'), 'production')
    assert.match(created.buildInfo?.dockerfileContent ?? '', new RegExp(`^FROM ${image}`))
    await created.delete()
  })

  test('8 and 10: stopped, started, listed', async () => {
    const { made, said } = await block(8, { changes: { [exampleId]: 'sandbox.id' } })
    const [created, again] = [made.sandbox as Sandbox, made.stoppedSandbox as Sandbox]
    assert.deepEqual([said, again.id, again.state], [[created.id], created.id, 'started'])
    await again.stop()
    const lines = (await block(10)).said.filter((line) => !/: destroy/.test(line))
    assert.deepEqual(lines.toSorted(), [`${again.id} - State: stopped`, `${sandbox.id} - State: started`].toSorted())
    await again.delete()
  })

  test('11 to 16: folders, reading, writing', async () => {
    await block(12)
    assert.equal(
      await inside('stat -c "%a %n" workspace/new-dir workspace/src/components'),
      '755 workspace/new-dir\n755 workspace/src/components',
    )
    await inside('rm -r workspace/new-dir && touch -d 2026-01-02T03:04:05Z workspace/src')
    await write('workspace/notes.md', 'five\n')
    await inside('touch -d 2026-01-02T03:04:05Z workspace/notes.md')
    const listed = (await block(11)).said
    const entry = (name: string) => listed.slice(listed.indexOf(`Name: ${name}`)).slice(0, 4)
    assert.equal(listed.length, 8)
    assert.deepEqual(entry('notes.md').slice(1, 3), ['Is directory: false', 'Size: 5 bytes'])
    assert.equal(Date.parse(entry('notes.md')[3]?.slice('Modified: '.length) ?? ''), Date.UTC(2026, 0, 2, 3, 4, 5))
    assert.equal(entry('src')[1], 'Is directory: true')

    await block(14)
    const packageJson = JSON.stringify({ name: 'my-app', version: '1.0.0' }, null, 2)
    assert.equal(await inside('cat hello.txt package.json', 'workspace'), `Hello, World!${packageJson}`)
    const logo = Buffer.from([0x89, 0x50, 0, 0xff, 0xfe])
    await sandbox.fs.uploadFile(logo, 'workspace/logo.png')
    const read = await block(13)
    assert.deepEqual(read.said, [packageJson])
    assert.deepEqual(Buffer.from(read.made.imageData as Uint8Array), logo)

    await block(15)
    assert.equal(await inside('cat workspace/index.js'), 'console.log("Hello");')
    await block(16)
    const three = '<!DOCTYPE html>...body { margin: 0; }console.log("App");'
    assert.equal(await inside('cat index.html styles.css app.js', 'workspace'), three)
  })

  test('17 and 18: downloads', async () => {
    await write('workspace/output.json', '{"a":"ü"}')
    assert.deepEqual((await block(17)).said, ['{"a":"ü"}'])
    await inside(
      'mkdir -p dist && cd dist && printf js >bundle.js; printf css >styles.css; printf html >index.html',
      'workspace',
    )
    const expected = ['bundle.js', 'styles.css', 'index.html'].flatMap((name) => [
      `File: workspace/dist/${name}`,
      `Content: ${name.split('.')[1]}`,
    ])
    assert.deepEqual((await block(18)).said, expected)
  })

  test('19 to 21: deleted, allowed, found, replaced', async () => {
    await inside(
      'mkdir -p node_modules/a cache/b && touch temp.txt temp1.txt temp2.txt node_modules/a/x cache/b/y',
      'workspace',
    )
    await block(19)
    assert.equal(await inside('ls -d temp* node_modules cache 2>/dev/null | wc -l', 'workspace'), '0')
    await inside('mkdir secrets && touch script.sh', 'workspace')
    await block(20)
    assert.equal(await inside('stat -c %a script.sh secrets', 'workspace'), '755\n700')
    await write('workspace/config.js', "// TODO: name it\nconst host = 'localhost:3000'\n")
    const { said } = await block(21)
    assert.deepEqual(
      said.map((line) => line.replace(/^File: .*\/workspace\//, 'File: workspace/')),
      ['File: workspace/config.js', 'Line: 1', 'Content: // TODO: name it'],
    )
    assert.equal(await inside('tail -1 workspace/config.js'), "const host = 'api.production.com'")
  })

  test('22: cloned, with a token, and one branch', async () => {
    const clone = async (part: number, name: string) => {
      await inside('rm -rf workspace/repo')
      await block(22, { part, changes: { 'https://github.com/user/repo.git': `${git}owner/${name}.git` } })
      return await inside('git branch --show-current && ls', 'workspace/repo')
    }
    assert.match(await clone(1, 'repo'), /^main\n[\s\S]*package\.json/)
    assert.equal(await clone(2, 'private'), 'main\nREADME.md\nsrc')
    await assert.rejects(clone(1, 'private'), /redentials|uthent/)
    assert.equal(await clone(3, 'repo'), 'develop\nREADME.md\nsrc')
  })

  test('23 to 26: status, branches, a commit, and its way', async () => {
    await inside(`rm -rf repo && git clone -q ${git}owner/repo.git repo`, 'workspace')
    await inside('echo more >>README.md && touch fresh.txt && git branch feature/old-feature', 'workspace/repo')
    assert.deepEqual((await block(23)).said.toSorted(), [
      'Branch: feature/old-feature',
      'Branch: main',
      'Commits ahead: 0',
      'Commits behind: 0',
      'Current branch: main',
      'File: README.md',
      'File: fresh.txt',
      'Status: modified',
      'Status: untracked',
    ])
    await block(24)
    assert.equal(await inside('git branch', 'workspace/repo'), '* feature/new-feature\n  main')
    await inside('touch file1.txt file2.txt', 'workspace/repo')
    await block(25)
    const commit = await inside("git log -1 --format='%s, %an <%ae>' --name-only", 'workspace/repo')
    const names = 'README.md\nfile1.txt\nfile2.txt\nfresh.txt'
    assert.equal(commit, `feat: add new feature, John Doe <john@example.com>\n\n${names}`)
    await block(26, { part: 1 })
    const remote = await inside(`git ls-remote ${git}owner/repo.git refs/heads/feature/new-feature | cut -c-40`)
    assert.equal(remote, await inside('git rev-parse HEAD', 'workspace/repo'))
    await inside(`rm -rf other && git clone -q -b feature/new-feature ${git}owner/repo.git other && cd other &&
      git -c user.name=O -c user.email=o@example.com commit -q --allow-empty -m other && git push -q`)
    await block(26, { part: 2 })
    assert.equal(await inside('git log -1 --format=%s', 'workspace/repo'), 'other')
  })

  test('27 and 28: code and commands', async () => {
    assert.deepEqual((await block(27)).said, ['Hello, Daytona!\n', 'Hello, Daytona!\nFOO: BAR\n', 'Done\n'])
    const startedMs = Date.now()
    const [listing, slept, secret] = (await block(28)).said
    assert.match(listing ?? '', /workspace/)
    assert.deepEqual([slept, secret], ['', 'DAYTONA\n'])
    assert.ok(Date.now() - startedMs >= 3000)
  })

  test('29 to 34, 35 and 36: a session, its server, its links', async () => {
    await inside(
      `rm -rf /tmp/app && git clone -q ${git}owner/app.git /tmp/app && cd /tmp/app && npm install && cp -r . ~`,
    )
    const names: Names = {}
    const step = async (number: number, options: RunOptions = {}): Promise<Ran> => {
      const ran = await block(number, { ...options, given: { ...names, ...options.given } })
      Object.assign(names, ran.made)
      return ran
    }
    const listens = async () => (await sandbox.process.executeCommand('curl -fsS localhost:3000')).result
    const id = (await step(29)).said
    const { cmdId } = names.command as { cmdId: string }
    assert.deepEqual(id, [`Command ID: ${cmdId}`])
    for (let left = 100; (await listens()) !== 'served by the project'; left -= 1) {
      assert.ok(left > 0, 'the server listens')
      await sleep(100)
    }
    assert.deepEqual((await step(30)).said, [
      'Session dev-server-session:',
      'Command: npm run dev, Exit Code: undefined',
      'PID: dev-server-session, Commands: [object Object]',
    ])
    assert.deepEqual((await step(31)).said, ['Exit code: undefined', 'Is running: true'])
    const [stdout, stderr] = (await step(32)).said
    assert.match(stdout ?? '', /^Stdout: [\s\S]*listening\n$/)
    assert.equal(stderr, 'Stderr: ')

    const [url, token] = (await step(35)).said.map((line) => line.split(': ')[1] ?? '')
    assert.ok(url && token)
    assert.equal(await seen(url, { 'x-daytona-preview-token': token }), 'served by the project')
    const { status } = await visit(url)
    assert.ok(status >= 300 && status < 500, `without the token: ${status}`)
    const open = await daytona.create({ public: true })
    await run(
      open,
      '(setsid python3 -m http.server 3000 >/dev/null 2>&1 &) ; until curl -fs localhost:3000; do sleep 0.1; done',
    )
    // A browser is warned; `fetch` of Node knows no names below localhost on every machine.
    const fetch = (address: string, { headers }: { headers: Record<string, string> }) =>
      visit(address, { 'user-agent': 'Mozilla/5.0 (X11) Chrome/130', accept: 'text/html', ...headers })
    const previewUrl = (await open.getPreviewUrl(3000)).url
    const { made } = await step(36, { given: { previewUrl, fetch } })
    assert.match((made.response as { body: string }).body, /Directory listing/)
    await open.delete()

    await step(33)
    assert.equal(
      (await sandbox.process.getSessionCommandStatus('dev-server-session', cmdId).catch(() => null))?.isRunning ??
        false,
      false,
    )
    assert.equal(await listens().then((text) => /served/.test(text)), false)
    assert.equal((await sandbox.process.getSession('dev-server-session')).id, 'dev-server-session')
    await step(34)
    await assert.rejects(sandbox.process.getSession('dev-server-session'), DaytonaNotFoundError)
  })

  test('37 to 40: a volume', async () => {
    const volume = (await block(37)).made.volume as { id: string }
    const { made } = await block(38)
    const mounted = made.sandbox as Sandbox
    assert.equal((made.volume as { id: string }).id, volume.id)
    assert.deepEqual((await block(39, { given: { sandbox: mounted } })).said, ['Hello from volume!'])
    const other = await daytona.create({ volumes: [{ volumeId: volume.id, mountPath: '/data' }] })
    assert.equal(await run(other, 'cat /data/test.txt'), 'Hello from volume!')
    for (const one of [other, mounted]) await one.delete(60)
    await block(40)
    for (let left = 100; ; left -= 1) {
      const found = await daytona.volume.get('my-volume').catch((error: unknown) => error)
      if (found instanceof DaytonaNotFoundError) break
      assert.ok(left > 0, 'the volume is deleted')
      await sleep(100)
    }
  })

  test('41 and 42: what the document says of failures', async () => {
    await assert.rejects(block(41), ReferenceError)
    assert.equal((await sandbox.process.getSession('long-running-cmd')).id, 'long-running-cmd')
    await sandbox.process.deleteSession('long-running-cmd')
    await block(41, { changes: { 'deleteSession(session.sessionId)': 'deleteSession(sessionId)' } })
    await assert.rejects(sandbox.process.getSession('long-running-cmd'), DaytonaNotFoundError)

    assert.deepEqual((await block(42)).said, [])
    const code = "'invalid typescript code'"
    const { said } = await block(42, { changes: { [code]: `${code}, { check: true }` } })
    assert.match(said[0] ?? '', /^Execution failed: /)
    assert.equal(said[1], 'Exit code: 1')
    assert.match(said[2] ?? '', /^Error output: [\s\S]*SyntaxError|Expected/)
  })

  test('every block but those of configuration and of the application was run', () => {
    const elsewhere = [2, 3, 43, 44, 45, 46, 47].map(String)
    assert.deepEqual([guide.notRun(), guide.changed()], [elsewhere, []])
  })
})
