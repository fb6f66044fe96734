import assert from 'node:assert/strict'
import { randomBytes, randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sandbox } from '@daytonaio/sdk'
import { visit } from '../test/fixtures/visit.ts'

/** One client at work in its sandbox. */
export interface Worker {
  readonly sandbox: Sandbox
  /** name that no other client uses */
  readonly name: string
  /** number of jobs so far, for names within the client */
  readonly round: number
  /** address of a repository to clone */
  readonly repository: string
}

/** Something that a user does, with all answers checked; it leaves nothing behind. Rejects when anything is wrong. */
export type Job = (worker: Worker) => Promise<void>

/** The jobs by name, and how often each is done compared with the others. */
export const jobs: Readonly<Record<string, { readonly job: Job; readonly weight: number }>> = {
  files: { job: moveFiles, weight: 4 },
  execute: { job: executeCommands, weight: 6 },
  code: { job: runCode, weight: 3 },
  session: { job: useSession, weight: 4 },
  log: { job: followLog, weight: 4 },
  terminal: { job: typeInTerminal, weight: 4 },
  interpreter: { job: interpret, weight: 3 },
  git: { job: commitSomething, weight: 3 },
  language: { job: askLanguageServer, weight: 1 },
  preview: { job: openPreview, weight: 2 },
  metrics: { job: readMetrics, weight: 3 },
}

async function moveFiles({ sandbox: { fs }, name, round }: Worker): Promise<void> {
  const folder = `files-${name}-${round}`
  const content = randomBytes(randomInt(1, 512 * 1024))
  await fs.uploadFile(content, `${folder}/deep/bytes.bin`)
  await fs.uploadFile(Buffer.from(`one\nneedle ${round}\n`), `${folder}/text.txt`)
  assert.ok(content.equals(await fs.downloadFile(`${folder}/deep/bytes.bin`)), 'other bytes came down than went up')
  const listed = await fs.listFiles(folder)
  assert.deepEqual(
    listed.map((file) => [file.name, file.isDir]),
    [
      ['deep', true],
      ['text.txt', false],
    ],
  )
  assert.equal((await fs.getFileDetails(`${folder}/deep/bytes.bin`)).size, content.length)
  const found = await fs.findFiles(folder, 'needle')
  assert.deepEqual(
    found.map(({ line, content }) => [line, content]),
    [[2, `needle ${round}`]],
  )
  assert.deepEqual((await fs.searchFiles(folder, '*.bin')).files.length, 1)
  await fs.deleteFile(folder, true)
}

async function executeCommands({ sandbox: { process }, name, round }: Worker): Promise<void> {
  const answer = await process.executeCommand(`echo "$SAY"; exit ${round % 100}`, '/tmp', { SAY: `${name} ${round}` })
  assert.deepEqual([answer.exitCode, answer.result], [round % 100, `${name} ${round}\n`])
  const orphan = await process.executeCommand('(sleep 0.2 &) ; seq 1 2000 | tail -1')
  assert.equal(orphan.result, '2000\n')
}

async function runCode({ sandbox: { process }, round }: Worker): Promise<void> {
  const answer = await process.codeRun(`print(sum(range(${round + 1})))`)
  assert.deepEqual([answer.exitCode, answer.result], [0, `${(round * (round + 1)) / 2}\n`])
}

async function useSession({ sandbox: { process }, name, round }: Worker): Promise<void> {
  const id = `session-${name}-${round}`
  await process.createSession(id)
  await process.executeSessionCommand(id, { command: `cd /tmp && KEPT="${name} ${round}"` })
  const answer = await process.executeSessionCommand(id, { command: 'pwd; echo "$KEPT" >&2; (exit 7)' })
  assert.deepEqual([answer.stdout, answer.stderr, answer.exitCode], ['/tmp\n', `${name} ${round}\n`, 7])
  await process.executeSessionCommand(id, { command: 'sleep 600', runAsync: true })
  await process.deleteSession(id)
}

async function followLog({ sandbox: { process }, name, round }: Worker): Promise<void> {
  const id = `log-${name}-${round}`
  await process.createSession(id)
  const command = 'for i in 1 2 3 4 5; do echo "out $i"; echo "err $i" >&2; sleep 0.1; done; exit 5'
  const { cmdId } = await process.executeSessionCommand(id, { command, runAsync: true })
  let [stdout, stderr] = ['', '']
  await process.getSessionCommandLogs(
    id,
    cmdId,
    (chunk) => {
      stdout += chunk
    },
    (chunk) => {
      stderr += chunk
    },
  )
  const lines = (word: string): string => [1, 2, 3, 4, 5].map((i) => `${word} ${i}\n`).join('')
  assert.deepEqual([stdout, stderr], [lines('out'), lines('err')])
  assert.equal((await process.getSessionCommand(id, cmdId)).exitCode, 5)
  await process.deleteSession(id)
}

async function typeInTerminal({ sandbox: { process }, name, round }: Worker): Promise<void> {
  let seen = ''
  const decoder = new TextDecoder()
  const terminal = await process.createPty({
    id: `terminal-${name}-${round}`,
    cols: 90,
    rows: 20,
    envs: { PS1: '$ ' },
    onData: (data) => {
      seen += decoder.decode(data, { stream: true })
    },
  })
  await terminal.waitForConnection()
  const shows = async (text: string): Promise<void> => {
    const deadline = Date.now() + 20_000
    while (!seen.includes(text)) {
      assert.ok(Date.now() < deadline, `the terminal does not show ${text}: ${JSON.stringify(seen.slice(-500))}`)
      await sleep(10)
    }
  }
  await terminal.sendInput(`echo "sum $((${round} + 1000000))"\n`)
  await shows(`sum ${round + 1_000_000}`)
  await terminal.resize(100, 30)
  await terminal.sendInput('stty size\n')
  await shows('30 100')
  if (round % 2 === 0) {
    await terminal.sendInput('exit 3\n')
    assert.equal((await terminal.wait()).exitCode, 3)
  } else {
    await terminal.kill()
    assert.equal((await terminal.wait()).exitCode, 137)
  }
  await terminal.disconnect()
}

async function interpret({ sandbox: { codeInterpreter }, name, round }: Worker): Promise<void> {
  const context = await codeInterpreter.createContext()
  await codeInterpreter.runCode(`kept = ${round}`, { context })
  const later = await codeInterpreter.runCode('import sys\nprint(kept + 1)\nprint("err", file=sys.stderr)', { context })
  assert.deepEqual([later.stdout, later.stderr, later.error], [`${round + 1}\n`, 'err\n', undefined])
  await codeInterpreter.deleteContext(context)
  const variable = `kept_${name.replaceAll('-', '_')}`
  const shared = await codeInterpreter.runCode(
    `${variable} = globals().get("${variable}", 0) + 1\nprint(${variable} > 0)`,
  )
  assert.equal(shared.stdout, 'True\n')
}

async function commitSomething({ sandbox: { git, fs }, name, round, repository }: Worker): Promise<void> {
  const folder = `git-${name}-${round}`
  await git.clone(repository, folder)
  await fs.uploadFile(Buffer.from(`${round}\n`), `${folder}/new.txt`)
  const dirty = await git.status(folder)
  assert.deepEqual(
    dirty.fileStatus.map((file) => [file.name, file.staging]),
    [['new.txt', 'Untracked']],
  )
  await git.add(folder, ['new.txt'])
  const { sha } = await git.commit(folder, 'New', name, 'soak@example.com')
  assert.match(sha, /^[0-9a-f]{40}$/)
  const clean = await git.status(folder)
  assert.deepEqual([clean.currentBranch, clean.fileStatus, clean.ahead], ['main', [], 1])
  await fs.deleteFile(folder, true)
}

/** Sandboxes in which a language server runs: each takes hundreds of MiB, and a sandbox has 1 GiB. */
const speaking = new Set<string>()

async function askLanguageServer(worker: Worker): Promise<void> {
  const { id } = worker.sandbox
  if (speaking.has(id)) return await readMetrics(worker)
  speaking.add(id)
  try {
    await findSymbols(worker)
  } finally {
    speaking.delete(id)
  }
}

async function findSymbols({ sandbox, name, round }: Worker): Promise<void> {
  const folder = `language-${name}-${round}`
  const source = `class Greeter${round}:\n    def greet(self):\n        return "hi"\n`
  await sandbox.fs.uploadFile(Buffer.from(source), `${folder}/sample.py`)
  const server = await sandbox.createLspServer('python', folder)
  await server.start()
  await server.didOpen(`${folder}/sample.py`)
  const symbols = await server.documentSymbols(`${folder}/sample.py`)
  assert.ok(
    symbols.some((symbol) => symbol.name === `Greeter${round}`),
    JSON.stringify(symbols),
  )
  await server.didClose(`${folder}/sample.py`)
  await server.stop()
  await sandbox.fs.deleteFile(folder, true)
}

async function openPreview({ sandbox, name, round }: Worker): Promise<void> {
  const id = `preview-${name}-${round}`
  const port = randomInt(10_000, 60_000)
  await sandbox.fs.uploadFile(Buffer.from(`page ${round}`), `${id}/index.html`)
  await sandbox.process.createSession(id)
  const command = `cd ${id} && exec python3 -m http.server --bind 127.0.0.1 ${port}`
  await sandbox.process.executeSessionCommand(id, { command, runAsync: true })
  const { url, token } = await sandbox.getPreviewLink(port)
  const deadline = Date.now() + 20_000
  for (;;) {
    const page = await visit(url, { 'x-daytona-preview-token': token })
    if (page.status === 200) {
      assert.equal(page.body, `page ${round}`)
      break
    }
    assert.ok(Date.now() < deadline, `the preview answers ${page.status}`)
    await sleep(100)
  }
  await sandbox.process.deleteSession(id)
  await sandbox.fs.deleteFile(id, true)
}

async function readMetrics({ sandbox }: Worker): Promise<void> {
  const metrics = await sandbox.getMetricsLatest()
  assert.ok(metrics.cpuUsedPct >= 0 && metrics.cpuUsedPct <= 100, `${metrics.cpuUsedPct} % of the processor`)
  assert.ok(metrics.memUsed > 0 && metrics.memUsed <= metrics.memTotal, `${metrics.memUsed} bytes of memory`)
  assert.equal(await sandbox.getUserHomeDir(), '/home/daytona')
}
