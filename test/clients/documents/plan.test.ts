import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DaytonaNotFoundError, type Sandbox } from '../../../sdk/src/index.ts'
import { type BlockDocument, type Names, openDocument, type Ran, type RunOptions, skip } from './block.ts'
import { type Ground, layDocumentGround, run, seen } from './ground.ts'

const repository = 'https://github.com/owner/repo.git'

describe('the blocks of the implementation plan', { skip }, async () => {
  if (skip !== false) return
  const { daytona, git, platform }: Ground = await layDocumentGround()
  const plan: BlockDocument = openDocument('implementation-plan')
  /** All that blocks have declared so far, as in one module. */
  const names: Names = { daytona, process }
  const block = async (number: number, { given, ...options }: RunOptions = {}): Promise<Ran> => {
    const ran = await plan.run(number, { given: { ...names, ...given }, ...options })
    Object.assign(names, ran.made)
    return ran
  }
  const call = <Answer>(name: string, ...values: unknown[]): Promise<Answer> =>
    (names[name] as (...values: unknown[]) => Promise<Answer>)(...values)
  const changes = { [repository]: `${git}owner/repo.git` }
  const install = { 'npm install -g opencode': `npm install -g git+${git}opencode.git` }
  let sandbox: Sandbox
  const path = 'workspace/repo'
  /** A delete call answers before all is taken away. */
  const becomesGone = async (id: string) => {
    for (let left = 100; left > 0; left -= 1) {
      const found = await daytona.get(id).catch((error: unknown) => error)
      if (found instanceof DaytonaNotFoundError) return
      await sleep(100)
    }
    assert.fail(`${id} is still there`)
  }

  before(async () => {
    // Blocks that define functions of those after them.
    for (const number of [1, 3, 5, 7, 9, 10, 11, 13, 14, 16, 17, 19, 21, 23, 25, 29, 30, 31, 32, 33, 36])
      await block(number)
    await block(27, { changes: install })
    await block(28, { changes: install })
    await block(35)
    await block(24)
    await block(37, { changes })
  })

  test('2: a sandbox with the branch of a pull request', async () => {
    const { made, said } = await block(2, { changes })
    const { sandboxId } = made.prSandbox as { sandboxId: string }
    sandbox = await daytona.get(sandboxId)
    names.sandbox = sandbox
    assert.deepEqual(said, [
      `PR Sandbox ID: ${sandboxId}`,
      `Repository path: ${path}`,
      'Branch: feature/pr-123-add-button',
    ])
    assert.deepEqual(
      [sandbox.name, sandbox.public, sandbox.autoStopInterval, sandbox.cpu, sandbox.memory, sandbox.disk],
      ['pr-123-preview', true, 120, 1, 1, 3],
    )
    assert.equal(await run(sandbox, 'git branch --show-current', path), 'feature/pr-123-add-button')
  })

  test('4: cloned, with a token, and one branch', async () => {
    const clone = async (part: number, name: string) => {
      await run(sandbox, `rm -rf ${path}`)
      await block(4, { part, changes: { [repository]: `${git}owner/${name}.git` } })
      return await run(sandbox, 'git branch --show-current && ls', path)
    }
    assert.match(await clone(1, 'repo'), /^main\n[\s\S]*package\.json/)
    assert.equal(await clone(2, 'private'), 'main\nREADME.md\nsrc')
    await assert.rejects(clone(1, 'private'), /redentials|uthent/)
    assert.equal(await clone(3, 'repo'), 'develop\nREADME.md\nsrc')
  })

  test('6 and 8: status and branches', async () => {
    await run(sandbox, 'echo more >>README.md; git config user.name M; git config user.email m@example.com', path)
    await run(
      sandbox,
      'echo x >src/hello.txt && git commit -qam ahead && echo y >fresh.txt && echo z >>README.md',
      path,
    )
    const { said } = await block(6)
    assert.deepEqual(said.toSorted(), [
      'Commits ahead: 1',
      'Commits behind: 0',
      'Current branch: develop',
      'File: README.md - modified',
      'File: fresh.txt - untracked',
    ])
    assert.deepEqual((await block(8)).said, ['Branch: develop'])
  })

  test('12: a branch is made, chosen, deleted', async () => {
    await run(sandbox, `rm -rf ${path} && git clone -q ${git}owner/repo.git ${path}`)
    await run(sandbox, 'git branch feature/old-feature', path)
    await block(12)
    assert.equal(await run(sandbox, 'git branch', path), '* feature/new-feature\n  main')
  })

  test('15: staged and committed', async () => {
    await run(sandbox, 'touch file1.txt file2.txt file3.txt', path)
    await block(15)
    const commit = await run(sandbox, "git log -1 --format='%s, %an <%ae>' --name-only", path)
    assert.equal(commit, 'feat: add new feature, John Doe <john@example.com>\n\nfile1.txt\nfile2.txt\nfile3.txt')
  })

  test('18: pushed and pulled', async () => {
    const remote = () => run(sandbox, `git ls-remote ${git}owner/repo.git refs/heads/feature/new-feature | cut -c-40`)
    await block(18, { part: 1 })
    assert.equal(await remote(), await run(sandbox, 'git rev-parse HEAD', path))
    const other = `rm -rf other && git clone -q -b feature/new-feature ${git}owner/repo.git other && cd other &&
      git -c user.name=O -c user.email=o@example.com commit -q --allow-empty -m other && git push -q`
    await run(sandbox, other)
    await block(18, { part: 2 })
    assert.equal(await run(sandbox, 'git log -1 --format=%s', path), 'other')
  })

  test('20 and 22: packages, a server, its link', async () => {
    await call('cloneRepository', sandbox.id, `${git}owner/repo.git`, '/tmp/project')
    await block(20)
    assert.equal(
      await run(sandbox, 'cat /tmp/project/node_modules/express/package.json | head -c 17'),
      '{"name":"express"',
    )
    const { said, made } = await block(22)
    const { url } = made.preview as { url: string }
    assert.deepEqual(said, [`Preview URL: ${url}`])
    assert.equal(await seen(url), 'served by the project')
  })

  test('23: destroyed', async () => {
    await call('destroySandbox', sandbox.id)
    await becomesGone(sandbox.id)
  })

  test('24: all of it in one call', async () => {
    type Result = { sandboxId: string; path: string; branch: string; previewUrl: string }
    const result = await call<Result>('setupRepoPreview', `${git}owner/repo.git`, 'feature/pr-123-add-button')
    assert.deepEqual([result.path, result.branch], [path, 'feature/pr-123-add-button'])
    assert.equal(await seen(result.previewUrl), 'served by the project')
    await call('destroySandbox', result.sandboxId)
  })

  test('26: a larger sandbox with variables', async () => {
    const { made, said } = await block(26, { given: { process: { env: { OPENAI_API_KEY: 'of OpenAI' } } } })
    sandbox = made.sandbox as Sandbox
    assert.deepEqual(said, [`OpenCode sandbox created: ${sandbox.id}`])
    assert.deepEqual(
      [sandbox.name, sandbox.cpu, sandbox.memory, sandbox.disk, sandbox.autoStopInterval, sandbox.public],
      ['opencode-server', 2, 2, 5, 120, true],
    )
    assert.equal(await run(sandbox, 'echo "$OPENAI_API_KEY, $ANTHROPIC_API_KEY"'), 'of OpenAI,')
  })

  test('27 and 28: a program is installed, or the reader is told', async () => {
    const { exitCode, stderr } = await call<{ exitCode: number; stderr: string }>('installOpenCode', sandbox.id)
    assert.equal(exitCode, 0, stderr)
    assert.equal(await run(sandbox, 'opencode --version'), '1.2.3')
    const { said } = await installing(install)
    assert.match(said.join('\n'), /^OpenCode installed successfully: [\s\S]*1\.2\.3/)
    const wrong = { 'npm install -g opencode': `npm install -g git+${git}nothing.git` }
    await assert.rejects(installing(wrong), /OpenCode installation failed: [\s\S]*nothing/)

    /** What it prints comes while it runs, so that the call stands in the run. */
    async function installing(changed: Readonly<Record<string, string>>): Promise<Ran> {
      const begin = 'async function installOpenCodeServer'
      const withCall = { ...changed, [begin]: `await installOpenCodeServer(${JSON.stringify(sandbox.id)})\n${begin}` }
      return await plan.run(28, { given: names, changes: withCall })
    }
  })

  test('29 to 34: a server with its configuration', async () => {
    const text = (names.createDaytonaAgentConfig as (pattern: string) => string)('http://{PORT}.example.com')
    const config = JSON.parse(text) as { default_agent: string; agent: { daytona: { prompt: string } } }
    assert.equal(config.default_agent, 'daytona')
    assert.match(config.agent.daytona.prompt, /accessible at: http:\/\/\{PORT\}\.example\.com/)
    assert.deepEqual(await call('configureOpenCodeAgent', sandbox.id, text), { OPENCODE_CONFIG_CONTENT: text })
    // Its JSON between double quotes is no shell word: a document's fault that the shell tells.
    type Started = { session: { exitCode: number; stderr: string }; previewUrl: string }
    const { session, previewUrl } = await call<Started>('startOpenCodeServerSession', sandbox.id)
    assert.match(previewUrl, /3000-/)
    assert.deepEqual([session.exitCode, /syntax error/.test(session.stderr)], [2, true], session.stderr)
    const plain = await call<{ exitCode: number }>('startOpenCodeServer', sandbox.id, 3000, {
      OPENCODE_CONFIG_CONTENT: 'plain words',
    })
    assert.equal(plain.exitCode, 0)
    const { made, said } = await block(34)
    const { url } = made.preview as { url: string }
    assert.deepEqual(said, [`Public Preview URL: ${url}`])
    assert.equal(await seen(url), 'configured: plain words')
  })

  test('36: cleaned up, and told', async () => {
    const begin = 'async function cleanupSandbox'
    const changed = { [begin]: `await cleanupSandbox(${JSON.stringify(sandbox.id)})\n${begin}` }
    const { said } = await plan.run(36, { given: names, changes: changed })
    assert.deepEqual(said, [`Destroying sandbox: ${sandbox.id}`, 'Sandbox destroyed successfully'])
    await becomesGone(sandbox.id)
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`35: ${signal} deletes the sandbox`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'sandyard-documents-'))
      after(() => rmSync(folder, { recursive: true }))
      const { id } = await daytona.create()
      const sdk = resolve(import.meta.dirname, '../../../sdk/src/index.ts')
      const program = `import { Daytona } from ${JSON.stringify(sdk)}
const daytona = new Daytona()
${plan.source(35)}
setupCleanupHandler(${JSON.stringify(id)})
console.log('ready')
setInterval(() => {}, 1000)
`
      writeFileSync(join(folder, 'main.ts'), program)
      const env = { ...process.env, DAYTONA_API_URL: platform.apiUrl, DAYTONA_API_KEY: platform.apiKey }
      const child = execFile(process.execPath, [join(folder, 'main.ts')], { env })
      let said = ''
      child.stdout?.on('data', (chunk: string) => {
        said += chunk
        if (chunk.includes('ready')) child.kill(signal)
      })
      const [code] = (await once(child, 'exit')) as [number | null]
      assert.deepEqual([code, said], [0, 'ready\n\nCleaning up...\n'])
      await becomesGone(id)
    })
  }

  test('37: the whole server, or its sandbox is deleted', async () => {
    let failed = ''
    // The apostrophe of its prompt ends the shell's word: nothing starts, and the document's own way out is taken.
    await assert.rejects(call('setupOpenCodeServer'), (error: Error) => {
      failed = /Nothing listens on port 3000 of sandbox (\S+)/.exec(error.message)?.[1] ?? error.message
      return error.message.startsWith('Nothing listens')
    })
    await becomesGone(failed)
    const mended = await plan.run(29, { given: names, changes: { "you're": 'you are' } })
    const { made } = await plan.run(37, { given: { ...names, ...mended.made }, changes })
    type Result = { sandboxId: string; serverUrl: string; previewUrlPattern: string }
    const result = await (made.setupOpenCodeServer as () => Promise<Result>)()
    const told = await seen(result.serverUrl)
    assert.ok(told.includes('"default_agent": "daytona"') && told.includes(result.previewUrlPattern), told)
    for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal)
    await call('destroySandbox', result.sandboxId)
  })

  test('every block was run, and is as it was when this was written', () => {
    assert.deepEqual([plan.notRun(), plan.changed()], [[], []])
  })
})
