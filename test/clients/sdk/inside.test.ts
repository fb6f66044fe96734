import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  Daytona,
  DaytonaConflictError,
  DaytonaError,
  DaytonaFileNotFoundError,
  DaytonaGitRepoNotFoundError,
  DaytonaNotFoundError,
  DaytonaPreconditionFailedError,
  DaytonaProcessExecutionTimeoutError,
  DaytonaTimeoutError,
  ProcessExecutionError,
  type Sandbox,
} from '../../../sdk/src/index.ts'
import { startTestPlatform } from '../../fixtures/platform.ts'

const platform = await startTestPlatform()
after(() => platform.remove())
const folder = mkdtempSync(join(tmpdir(), 'sandyard-sdk-'))
after(() => rmSync(folder, { recursive: true }))
const daytona = new Daytona({ apiUrl: platform.apiUrl, apiKey: platform.apiKey })
let sandbox: Sandbox
before(async () => {
  sandbox = await daytona.create({ language: 'typescript' })
})

test('files: write, read, list, look, move, replace, search and delete', async () => {
  const { fs } = sandbox
  assert.equal(await sandbox.getWorkDir(), '/home/daytona')
  assert.deepEqual([await sandbox.getUserHomeDir(), await sandbox.getUserRootDir()], ['/home/daytona', '/home/daytona'])
  await fs.createFolder('work/new', '755')
  await fs.uploadFile(Buffer.from('one TODO\ntwo\n'), 'work/a.txt')
  await fs.writeFile('work/new/b.txt', 'grüße')
  assert.equal((await fs.readFile('work/new/b.txt')).toString('utf-8'), 'grüße')
  assert.equal((await fs.downloadFile('work/a.txt')).length, 13)
  assert.deepEqual(
    (await fs.listFiles('work')).map(({ name, isDir }) => [name, isDir]),
    [
      ['a.txt', false],
      ['new', true],
    ],
  )
  assert.equal((await fs.listFiles('work', { depth: 2 })).length, 3)
  await sandbox.process.executeCommand('ln -s a.txt work/led; ln -s gone work/broken')
  assert.deepEqual(
    (await fs.listFiles('work', { links: true })).map((one) => [one.name, one.linkTarget, one.isBroken, one.size]),
    [
      ['a.txt', undefined, undefined, 13],
      ['broken', 'gone', true, 4],
      ['led', 'a.txt', false, 13],
      ['new', undefined, undefined, (await fs.getFileDetails('work/new')).size],
    ],
  )
  await fs.deleteFiles(['work/led', 'work/broken'])
  const { content, etag } = await fs.readVersion('work/a.txt')
  assert.ok(etag !== null)
  const written = await fs.writeFile('work/a.txt', content, { ifMatch: etag })
  await assert.rejects(fs.writeFile('work/a.txt', 'lost', { ifMatch: etag }), DaytonaPreconditionFailedError)
  const again = await fs.uploadFileStream(content, 'work/a.txt', { ifMatch: written.etag ?? '' })
  assert.equal(again.etag, (await fs.readVersion('work/a.txt')).etag)
  await fs.chmod('work/a.txt', '700')
  assert.equal((await fs.getFileDetails('work/a.txt')).permissions, '0700')
  await fs.setFilePermissions('work/a.txt', { mode: '600' })
  assert.equal((await fs.getFileDetails('work/a.txt')).permissions, '0600')
  const found = await fs.searchFiles('work', 'TODO')
  assert.deepEqual([...found], [{ file: 'work/a.txt', line: 1, content: 'one TODO' }])
  assert.deepEqual((await fs.searchFiles('work', '*.txt')).files.sort(), ['work/a.txt', 'work/new/b.txt'])
  assert.equal((await fs.findFiles('work', 'two')).length, 1)
  await fs.replaceInFile('work/a.txt', 'two', 'three')
  assert.deepEqual(await fs.replaceInFiles(['work/a.txt'], 'one', 'zero'), [{ file: 'work/a.txt', success: true }])
  assert.equal((await fs.readFile('work/a.txt')).toString(), 'zero TODO\nthree\n')
  await assert.rejects(fs.replaceInFile('work/none', 'a', 'b'), DaytonaError)
  await fs.moveFiles('work/a.txt', 'work/c.txt')
  assert.deepEqual([await fs.exists('work/a.txt'), await fs.exists('work/c.txt')], [false, true])
  await assert.rejects(fs.deleteFile('work/new', false), DaytonaError)
  await fs.deleteFiles(['work/c.txt', 'work/none', 'work/new'])
  assert.deepEqual(await fs.listFiles('work'), [])
  await assert.rejects(fs.readFile('work/none'), DaytonaFileNotFoundError)
})

test('files: many at once, local ones, streams and their progress', async () => {
  const { fs } = sandbox
  const local = join(folder, 'local.bin')
  const bytes = Buffer.alloc(3_000_000, 'sandyard ')
  writeFileSync(local, bytes)
  await fs.uploadFile(local, 'many/local.bin')
  await fs.uploadFiles([
    { content: 'body { margin: 0; }', path: 'many/styles.css' },
    { source: Buffer.from('bytes'), destination: 'many/bytes' },
    { source: local, destination: 'many/again.bin' },
  ])
  const files = await fs.downloadFiles([
    'many/styles.css',
    'many/none',
    { source: 'many/again.bin', destination: join(folder, 'back') },
  ])
  assert.deepEqual(files.map(({ path, content }) => [path, content.toString()]).slice(0, 2), [
    ['many/styles.css', 'body { margin: 0; }'],
    ['many/none', ''],
  ])
  assert.deepEqual([files[1]?.errorDetails?.code, files[2]?.result], ['FILE_NOT_FOUND', join(folder, 'back')])
  assert.ok(readFileSync(join(folder, 'back')).equals(bytes))
  await fs.downloadFile('many/local.bin', join(folder, 'other'), 30)
  assert.ok(readFileSync(join(folder, 'other')).equals(bytes))
  await assert.rejects(fs.downloadFile('many/none', join(folder, 'none')), DaytonaFileNotFoundError)

  let sent = 0
  await fs.uploadFileStream(new Blob([bytes]).stream() as ReadableStream<Uint8Array>, 'many/streamed', {
    onProgress: ({ bytesSent }) => {
      sent = bytesSent
    },
  })
  let received = { bytesReceived: 0, totalBytes: 0 }
  const stream = await fs.downloadFileStream('many/streamed', {
    onProgress: (progress) => {
      received = { totalBytes: 0, ...progress }
    },
  })
  const back = Buffer.from(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer())
  assert.ok(back.equals(bytes))
  assert.deepEqual([sent, received], [bytes.length, { bytesReceived: bytes.length, totalBytes: bytes.length }])
  const broken = await fs.downloadFileStream('many/streamed')
  await broken.cancel()

  const url = await sandbox.downloadUrl('many/styles.css', 60)
  assert.equal(await (await fetch(url)).text(), 'body { margin: 0; }')
  const up = await fetch(await sandbox.uploadUrl('many/signed'), { method: 'POST', body: 'by hand' })
  assert.equal(up.status, 200)
  assert.equal((await fs.readFile('many/signed')).toString(), 'by hand')
  await sandbox.rotateSigningKey()
  assert.notEqual((await fetch(url)).status, 200)
})

test('git: a repository from its first commit to a push and back', async () => {
  const { git, fs } = sandbox
  await git.configureUser('Mona', 'mona@example.com')
  await git.init('origin.git', true, 'main')
  await git.init('repo', false, 'main')
  await fs.writeFile('repo/a.txt', 'a')
  assert.deepEqual(
    (await git.status('repo')).fileStatus.map(({ name, status }) => [name, status]),
    [['a.txt', 'untracked']],
  )
  await git.add('repo', ['.'])
  assert.equal((await git.status('repo')).fileStatus[0]?.status, 'added')
  const { sha } = await git.commit('repo', 'first', 'Mona', 'mona@example.com')
  assert.match(sha, /^[0-9a-f]{40}$/)
  assert.deepEqual(
    (await git.history('repo')).map(({ message }) => message.trim()),
    ['first'],
  )
  await git.remoteAdd('repo', 'origin', 'file:///home/daytona/origin.git')
  assert.equal(await git.remoteGet('repo', 'origin'), 'file:///home/daytona/origin.git')
  assert.equal((await git.remotes('repo')).remotes.length, 1)
  await git.push('repo', undefined, undefined, undefined, 'origin', true)
  await git.createBranch('repo', 'feature/x')
  assert.deepEqual((await git.branches('repo')).current, 'feature/x')
  await git.checkoutBranch('repo', 'main')
  await git.deleteBranch('repo', 'feature/x')
  await git.clone('file:///home/daytona/origin.git', 'clone', 'main', 1)
  assert.equal((await git.status('clone')).currentBranch, 'main')
  await fs.writeFile('repo/a.txt', 'b')
  await git.restore('repo', ['a.txt'])
  assert.equal((await fs.readFile('repo/a.txt')).toString(), 'a')
  await fs.writeFile('repo/b.txt', 'b')
  await git.add('repo', ['b.txt'])
  await git.reset('repo', 'mixed')
  assert.equal((await git.status('repo')).fileStatus[0]?.status, 'untracked')
  await git.add('repo', ['b.txt'])
  await git.commit('repo', 'second', 'Mona', 'mona@example.com')
  await git.push('repo')
  await git.pull('clone')
  assert.ok(await fs.exists('clone/b.txt'))
  await git.setConfig('core.editor', 'true', 'local', 'repo')
  assert.deepEqual(
    [await git.getConfig('core.editor', 'local', 'repo'), await git.getConfig('no.such')],
    ['true', undefined],
  )
  await git.dangerouslyAuthenticate('mona', 'secret', 'git.example.com')
  await assert.rejects(git.status('nowhere'), DaytonaGitRepoNotFoundError)
})

test('commands and code: results, variables, folders, timeouts and failures', async () => {
  const { process } = sandbox
  assert.equal((await process.executeCommand('pwd; echo $A', '/tmp', { A: 'b' })).result, '/tmp\nb\n')
  assert.equal((await process.executeCommand('exit 42')).exitCode, 42)
  await assert.rejects(process.executeCommand('sleep 10', undefined, undefined, 1), (error: DaytonaError) => {
    assert.ok(error instanceof DaytonaProcessExecutionTimeoutError && error instanceof DaytonaTimeoutError)
    return /larger timeout/.test(error.hint ?? '')
  })
  const code = 'const name: string = process.argv[2] ?? ""\nconsole.log("Hello, " + name + "! " + process.env.FOO)'
  assert.equal((await process.codeRun(code, { argv: ['you'], env: { FOO: 'BAR' } })).result, 'Hello, you! BAR\n')
  const failing = await process.codeRun('process.exit(3)')
  assert.deepEqual([failing.exitCode, failing.artifacts.charts], [3, []])
  await assert.rejects(
    process.codeRun('console.log("why"); process.exit(3)', { check: true }),
    (error: ProcessExecutionError) => {
      assert.ok(error instanceof ProcessExecutionError)
      assert.deepEqual([error.exitCode, error.stderr], [3, 'why\n'])
      return true
    },
  )
  await sandbox.updateEnv({ LATER: 'yes' })
  assert.equal((await process.executeCommand('echo $LATER')).result, 'yes\n')
})

test('sessions: state, logs as they come, input, and the end of one command', async () => {
  const { process } = sandbox
  await process.createSession('one')
  await assert.rejects(process.createSession('one'), DaytonaConflictError)
  await process.executeSessionCommand('one', { command: 'X=kept' })
  const said = await process.executeSessionCommand('one', {
    command: 'echo $X; echo "it\'s" >&2; cat <<E\nhere\nE',
    cwd: '/tmp',
  })
  assert.deepEqual([said.stdout, said.stderr, said.exitCode], ['kept\nhere\n', "it's\n", 0])
  assert.equal((await process.executeSessionCommand('one', { command: 'pwd' })).stdout, '/tmp\n')
  assert.equal((await process.executeSessionCommand('one', { command: 'true', cwd: '/none' })).exitCode === 0, false)

  const read = await process.executeSessionCommand('one', {
    command: 'read line; echo "got $line"; sleep 0.3; echo é >&2',
    runAsync: true,
  })
  assert.equal((await process.getSessionCommandStatus('one', read.cmdId)).isRunning, true)
  await process.sendSessionCommandInput('one', read.cmdId, 'word\n')
  const told = { out: '', err: '' }
  await process.getSessionCommandLogs(
    'one',
    read.cmdId,
    (text) => {
      told.out += text
    },
    (text) => {
      told.err += text
    },
  )
  assert.match(told.out, /got word\n$/)
  assert.equal(told.err, 'é\n')
  const after = await process.getSessionCommandStatus('one', read.cmdId)
  assert.deepEqual([after.isRunning, after.exitCode], [false, 0])
  assert.equal((await process.getSessionCommand('one', read.cmdId)).exitCode, 0)
  assert.equal((await process.getSessionCommandLogs('one', read.cmdId)).stderr, 'é\n')

  const endless = await process.executeSessionCommand('one', { command: 'echo begun; sleep 4321', async: true })
  const stop = new AbortController()
  await assert.rejects(async () => {
    for await (const { text } of process.followSessionCommandLogs('one', endless.cmdId, stop.signal))
      if (/begun/.test(text)) stop.abort(new Error('enough'))
  }, /enough/)
  await process.killSessionCommand('one', endless.cmdId)
  assert.equal((await process.executeCommand('ps -ef | grep -c "[s]leep 4321"')).result, '0\n')
  assert.equal((await process.getSessionCommand('one', endless.cmdId)).exitCode, 143)
  await process.executeSessionCommand('one', { command: 'KEPT=yes' })
  // The shell itself goes on with this: only its session ends it, which is made anew.
  const loop = await process.executeSessionCommand('one', { command: 'while :; do sleep 0.1; done', async: true })
  await process.killSessionCommand('one', loop.cmdId)
  assert.deepEqual((await process.getSession('one')).commands, [])
  assert.equal((await process.executeSessionCommand('one', { command: 'echo "[$KEPT]"' })).stdout, '[]\n')
  assert.deepEqual(
    (await process.listSessions()).map(({ id }) => id),
    ['one'],
  )
  await process.deleteSession('one')
  await assert.rejects(process.getSession('one'), DaytonaNotFoundError)
  await assert.rejects(
    process.getSessionCommandLogs(
      'one',
      'x',
      () => {},
      () => {},
    ),
    DaytonaNotFoundError,
  )
  await assert.rejects(process.getEntrypointSession(), DaytonaNotFoundError)
  await assert.rejects(process.getEntrypointLogs(), DaytonaNotFoundError)
})

test('terminals: type, resize, look again, and how they end', async () => {
  const { process } = sandbox
  let printed = ''
  const onData = (data: Uint8Array) => {
    printed += new TextDecoder().decode(data)
  }
  const pty = await process.createPty({ id: 'term', envs: { MARK: 'seen' }, cols: 100, rows: 30, onData })
  await pty.waitForConnection()
  await assert.rejects(process.createPty({ id: 'term' }), DaytonaConflictError)
  assert.deepEqual(
    (await process.listPtySessions()).map(({ id }) => id),
    ['term'],
  )
  assert.equal((await process.getPtySessionInfo('term')).cols, 100)
  assert.equal((await pty.resize(90, 20)).cols, 90)
  assert.equal((await process.resizePtySession('term', 91, 20)).cols, 91)
  await pty.sendInput('echo $MARK-$((40+2))\n')
  await until(() => printed.includes('seen-42'))
  await pty.disconnect()
  assert.equal(pty.isConnected(), false)
  let again = ''
  const second = await process.connectPty('term', {
    replay: true,
    onData: (data) => {
      again += new TextDecoder().decode(data)
    },
  })
  await until(() => again.includes('seen-42'))
  await second.sendInput('exit 3\n')
  assert.deepEqual(await second.wait(), { exitCode: 3, error: 'non-zero exit' })
  assert.equal(second.exitCode, 3)
  await assert.rejects(process.connectPty('nobody'), DaytonaError)
  const doomed = await process.createPty()
  await doomed.kill()
  assert.equal((await doomed.wait()).exitCode, 137)
  await assert.rejects(process.killPtySession('nobody'), DaytonaNotFoundError)
})

test('the interpreter keeps variables, per context; errors and timeouts are told', async () => {
  const { codeInterpreter } = sandbox
  const told: string[] = []
  await codeInterpreter.runCode('x = 20')
  const result = await codeInterpreter.runCode('import sys\nprint(x + 1)\nprint("e", file=sys.stderr)', {
    onStdout: ({ output }) => told.push(output),
  })
  assert.deepEqual([result.stdout, result.stderr, told.join('')], ['21\n', 'e\n', '21\n'])
  const context = await codeInterpreter.createContext('/tmp')
  assert.equal((await codeInterpreter.runCode('x', { context })).error?.name, 'NameError')
  assert.deepEqual(
    (await codeInterpreter.listContexts()).map(({ id }) => id),
    [context.id],
  )
  await codeInterpreter.deleteContext(context)
  await assert.rejects(codeInterpreter.runCode('while True: pass', { timeout: 1 }), DaytonaTimeoutError)
})

test('language servers know symbols and completions', async () => {
  await sandbox.fs.writeFile('project/sample.ts', 'export class Greeter {\n  greet(): void {}\n}\nnew Greeter().gr\n')
  const server = await sandbox.createLspServer('typescript', 'project')
  await server.start()
  await server.didOpen('project/sample.ts')
  assert.ok((await server.documentSymbols('project/sample.ts')).some(({ name }) => name === 'Greeter'))
  assert.ok((await server.sandboxSymbols('Greeter')).length > 0)
  assert.ok((await server.workspaceSymbols('Greeter')).length > 0)
  const { items } = await server.completions('project/sample.ts', { line: 3, character: 16 })
  assert.ok(items.some(({ label }) => label === 'greet'))
  await server.didClose('project/sample.ts')
  await server.stop()
  await assert.rejects(sandbox.createLspServer('cobol', 'project'), /cobol/)
})

test('the desktop is not built, and its calls say so', async () => {
  const { computerUse } = sandbox
  for (const call of [
    () => computerUse.start(),
    () => computerUse.mouse.click(1, 2),
    () => computerUse.keyboard.type('a'),
    () => computerUse.screenshot.takeFullScreen(),
    () => computerUse.display.getInfo(),
    () => computerUse.getProcessStatus('xvfb'),
  ])
    await assert.rejects(call, (error: DaytonaError) => error.code === 'NOT_IMPLEMENTED' && error.hint !== undefined)
})

async function until(isTrue: () => boolean): Promise<void> {
  for (let round = 0; round < 200 && !isTrue(); round += 1) await new Promise((resolve) => setTimeout(resolve, 50))
  assert.ok(isTrue(), 'what was waited for did not come')
}
