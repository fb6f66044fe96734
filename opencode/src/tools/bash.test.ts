import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isRunning, until } from '../../../agent/src/agent.fixture.ts'
import { backgroundScript } from './background.ts'
import { startBox, type TestBox } from './box.fixture.ts'
import { countLines } from './cut-output.ts'

let box: TestBox
before(async () => {
  box = await startBox()
})
after(() => box[Symbol.asyncDispose]())

const rejects = (args: Record<string, unknown>, message: RegExp) => assert.rejects(box.call('bash', args), message)

test('both streams come in order, with the exit code', async () => {
  const { title, output, metadata } = await box.call('bash', { command: 'echo one; echo two >&2; echo three; exit 3' })
  assert.equal(title, 'echo one; echo two >&2; echo three; exit 3')
  assert.equal(output, 'one\ntwo\nthree\n')
  assert.deepEqual(metadata, { output: 'one\ntwo\nthree\n', exit: 3, truncated: false })
})

test('it runs in the project, or where workdir says', async () => {
  assert.equal((await box.call('bash', { command: 'pwd' })).output, `${box.folder}\n`)
  await box.call('bash', { command: 'mkdir -p sub' })
  assert.equal((await box.call('bash', { command: 'pwd', workdir: 'sub' })).output, `${box.folder}/sub\n`)
  assert.equal((await box.call('bash', { command: 'pwd', workdir: '/' })).output, '/\n')
})

test('nothing printed is said', async () => {
  const { output, metadata } = await box.call('bash', { command: 'true' })
  assert.equal(output, '(no output)')
  assert.deepEqual(metadata, { output: '(no output)', exit: 0, truncated: false })
})

test('a command that takes too long is ended with all it started, and what it printed is told', async () => {
  const { output, metadata } = await box.call('bash', { command: 'echo begun; sleep 987 & sleep 986', timeout: 900 })
  assert.match(output, /^begun\n\n\n<shell_metadata>\nshell tool terminated command after exceeding timeout 900 ms\./)
  assert.match(output, /\n<\/shell_metadata>$/)
  assert.deepEqual(metadata, { output: 'begun\n', exit: null, truncated: false })
  assert.ok(await until(async () => !(await isRunning(box.agent, 'sleep 98'))))
})

test('a turn that is stopped ends the command', async () => {
  const stop = new AbortController()
  const call = box.call('bash', { command: 'sleep 985' }, stop.signal)
  assert.ok(await until(() => isRunning(box.agent, 'sleep 985')))
  stop.abort()
  assert.match((await call).output, /User aborted the command/)
  assert.ok(await until(async () => !(await isRunning(box.agent, 'sleep 985'))))
})

test('long output is cut at its beginning, and whole in a file that read opens', async () => {
  const { output, metadata } = await box.call('bash', { command: 'seq 1 100000' })
  const path = /^\.\.\.output truncated\.\.\.\n\nFull output saved to: (\S+)\n\n/.exec(output)?.[1] ?? ''
  assert.equal(metadata?.outputPath, path)
  assert.equal(metadata?.truncated, true)
  assert.ok(countLines(output) <= 2000 && Buffer.byteLength(output) <= 51_200, `${countLines(output)} lines`)
  assert.ok(countLines(output) > 1900)
  assert.match(output, /\n99999\n100000\n$/)
  const read = await box.call('read', { filePath: path, offset: 50_000, limit: 1 })
  assert.match(read.output, /\n50000: 50000\n/)
})

test('one endless line is cut by bytes, between characters', async () => {
  const { output } = await box.call('bash', {
    command: "head -c 300000 /dev/zero | sed 's/./ä/g' | tr '\\0' x; printf 'äöü%.0s' $(seq 30000)",
  })
  assert.ok(Buffer.byteLength(output) <= 51_200)
  assert.match(output, /äöü$/)
  assert.ok(!output.includes('\ufffd'))
})

test('a server in the background outlives the call and can be ended as a group', async () => {
  const command = 'echo listening; sleep 983 & exec sleep 984'
  const { output, metadata } = await box.call('bash', { command, background: true })
  assert.equal(metadata?.exit, 0)
  const [, pid, log] = /process id (\d+)\. Its output goes to (\S+)\nlistening\n$/.exec(output) ?? []
  assert.ok(await isRunning(box.agent, 'sleep 984'), output)
  assert.equal(readFileSync(log ?? '', 'utf8'), 'listening\n')
  await box.call('bash', { command: `kill -- -${pid}` })
  assert.ok(await until(async () => !(await isRunning(box.agent, 'sleep 98'))))
})

test('what ends at once in the background tells why', async () => {
  const { output, metadata } = await box.call('bash', { command: "echo 'port is taken'; exit 7", background: true })
  assert.match(output, /It ended at once with exit code 7\. Its output:\nport is taken\n/)
  assert.equal(metadata?.exit, 7)
})

test('a child with & survives, and the call does not wait for it', async () => {
  const begun = performance.now()
  await box.call('bash', { command: 'sleep 982 & echo $! > pid' })
  assert.ok(performance.now() - begun < 5000)
  assert.ok(await isRunning(box.agent, 'sleep 982'))
  await box.call('bash', { command: 'kill $(cat pid)' })
})

test('wrong arguments are told before there is a sandbox', async () => {
  const opened = box.opened()
  await rejects({}, /^Error: command is required$/)
  await rejects({ command: '  ' }, /command is required/)
  await rejects({ command: ['ls'] }, /command must be a text, not a list/)
  await rejects({ command: 'ls', timeout: -5 }, /Invalid timeout value: -5\. Timeout must be a positive number\./)
  await rejects({ command: 'ls', timeout: 1e12 }, /timeout must be a whole number from 1 to 86400000/)
  await rejects({ command: 'ls', background: 'maybe' }, /background must be true or false, not "maybe"/)
  assert.equal(box.opened(), opened)
  await rejects({ command: 'ls', workdir: 'a\0b' }, /must not contain NUL/)
})

test('a folder that is not there is told', async () => {
  const { output, metadata } = await box.call('bash', { command: 'echo hi', workdir: 'nowhere' })
  assert.notEqual(metadata?.exit, 0)
  assert.match(output, /nowhere/)
  assert.ok(!existsSync(join(box.folder, 'nowhere')))
})

test('a plain shell starts things in the background, too', async () => {
  const path = join(box.folder, 'plain.log')
  writeFileSync(join(box.folder, 'long.sh'), backgroundScript('echo up; exec sleep 981', path))
  const { result } = await box.agent.run('dash long.sh')
  assert.match(result, /^Started in the background: process id \d+\..*\nup\n$/)
  assert.ok(await isRunning(box.agent, 'sleep 981'))
  await box.agent.run(`kill -- -${/process id (\d+)/.exec(result)?.[1]}`)
  writeFileSync(join(box.folder, 'short.sh'), backgroundScript("echo it\\'s over; exit 4", path))
  const short = await box.agent.run('dash short.sh')
  assert.equal(short.exitCode, 4)
  assert.equal(short.result, "It ended at once with exit code 4. Its output:\nit's over\n")
})
