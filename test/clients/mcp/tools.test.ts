import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { visit } from '../../fixtures/visit.ts'
import { type Agent, dialAgent, startAgent } from './agent.ts'

const platform = await startTestPlatform()
after(() => platform.remove())

const ways = [
  { title: 'over stdio', open: () => startAgent(platform, 'auto') },
  { title: 'over HTTP', open: () => dialAgent(platform, 'auto') },
  { title: 'over HTTP with a session', open: () => dialAgent(platform, 'legacy') },
]

for (const [index, { title, open }] of ways.entries()) {
  test(`the official client calls every tool ${title}`, async (t) => {
    await using agent = await open()
    const { tools } = await agent.client.listTools()
    const name = `box-${index}`
    const { sandbox } = await agent.call('create_sandbox', { name, env: { COLOR: 'blue' }, labels: { way: title } })
    t.after(() => platform.call('DELETE', `/sandbox/${name}`))
    assert.equal(sandbox.state, 'started')
    assert.match(await agent.read('list_sandboxes', { labels: { way: title } }), new RegExp(name))
    if (index === 0) assert.match(await agent.fail('preview_link', nobody(name)), /port 9.*start_command/)
    await runThings(agent, name)
    await workWithFiles(agent, name)
    await runInBackground(agent, name)
    await clone(agent, name)
    await copy(agent, name, index)
    assert.match(await agent.read('stop_sandbox', { id: name }), /stopped/)
    assert.match(await agent.read('start_sandbox', { id: name }), /started/)
    assert.match(await agent.read('get_file_info', { id: name, filePath: 'work/a.txt' }), /12 bytes/)
    assert.deepEqual(await agent.call('destroy_sandbox', { id: name }), { id: name, wasThere: true })
    assert.deepEqual(
      tools.map((tool) => tool.name).filter((tool) => !agent.called.has(tool)),
      [],
    )
    assert.ok(!agent.heard().includes(platform.apiKey), 'no answer tells the key')
  })
}

test('what is cancelled ends inside the sandbox, too', async (t) => {
  for (const [index, { title, open }] of ways.entries()) {
    await using agent = await open()
    const id = `cancelled-${index}`
    await agent.call('create_sandbox', { name: id })
    t.after(() => platform.call('DELETE', `/sandbox/${id}`))
    const cancel = new AbortController()
    const call = agent.client.callTool(
      { name: 'execute_command', arguments: { id, command: 'touch begun; exec sleep 4711' } },
      { signal: cancel.signal },
    )
    const ended = assert.rejects(call)
    const count = async (): Promise<string> =>
      (await agent.call('execute_command', { id, command: 'ls begun; pgrep -fc "[s]leep 4711"' })).stdout
    await until(async () => (await count()) === 'begun\n1\n', title)
    cancel.abort()
    await ended
    await until(async () => (await count()) === 'begun\n0\n', title)
  }
})

test('keys are told nowhere, and one that is revoked ends its session', async () => {
  const made = await platform.call('POST', '/api-keys', { name: 'agent', permissions: ['write:sandboxes'] })
  const { value } = made.body as { value: string }
  await using agent = await dialAgent(platform, 'legacy', value)
  assert.match(await agent.read('list_sandboxes'), /./)
  // a key may do what it was made for, through tools as elsewhere
  await agent.call('create_sandbox', { name: 'kept' })
  assert.match(await agent.fail('destroy_sandbox', { id: 'kept' }), /denied.*ask/i)
  await platform.call('DELETE', '/api-keys/agent')
  await assert.rejects(agent.result('list_sandboxes'))
  await platform.call('DELETE', '/sandbox/kept')
  const log = join(platform.data, 'sandyard.log')
  const logged = `${platform.output()}${existsSync(log) ? readFileSync(log, 'utf8') : ''}`
  for (const key of [value, platform.apiKey]) assert.ok(!logged.includes(key) && !agent.heard().includes(key))
  assert.doesNotMatch(logged, /a tool failed inside/)
})

test('a flood of output over HTTP is refused, and takes no memory of the platform', async (t) => {
  await using agent = await dialAgent(platform, 'auto')
  const id = 'flood'
  await agent.call('create_sandbox', { name: id })
  t.after(() => platform.call('DELETE', `/sandbox/${id}`))
  const rss = (): number => {
    const status = readFileSync(`/proc/${platform.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
  }
  const before = rss()
  const command = 'head -c 30000000 /dev/zero | tr "\\0" x'
  const floods = Array.from({ length: 12 }, () => agent.fail('execute_command', { id, command }))
  for (const said of await Promise.all(floods)) assert.match(said, /more than 8 MiB|Too much|try again/)
  const after = rss()
  t.diagnostic(`${before.toFixed(0)} MiB before, ${after.toFixed(0)} MiB after 12 answers of 30 MB`)
  assert.ok(after - before < 400, `${before} then ${after} MiB`)
})

/** A port that nothing listens on; that is waited for, a while. */
const nobody = (id: string) => ({ id, port: 9, checkServer: true })

async function runThings(agent: Agent, id: string): Promise<void> {
  const ran = await agent.call('execute_command', {
    id,
    command: 'echo $COLOR $MORE; pwd; echo "it\'s" >&2; exit 3',
    cwd: '/tmp',
    env: { MORE: 'sky' },
  })
  assert.equal(ran.stdout, "blue sky\n/tmp\nit's\n")
  assert.deepEqual([ran.exitCode, ran.errorType], [3, 'CommandFailed'])
  const long = await agent.call('execute_command', { id, command: 'seq 100000' })
  assert.ok(long.missingCharacters > 500_000 && long.stdout.length < 50_000)
  assert.match(long.stdout, /^1\n2\n[\s\S]*\n\[…\]\n[\s\S]*\n100000\n$/)
  assert.match(await agent.fail('execute_command', { id, command: 'sleep 60', timeout: 1 }), /timeout|timed out/i)
  const python = await agent.call('code_run', {
    id,
    code: 'import sys; print(sum(range(5)), sys.argv[1:])',
    argv: ["a'b", '$(c)'],
  })
  assert.deepEqual([python.stdout, python.exitCode], ["10 [\"a'b\", '$(c)']\n", 0])
  const script = await agent.read('code_run', {
    id,
    language: 'typescript',
    code: 'const a: number = 6; console.log(a * 7)',
  })
  assert.equal(script, '42\nexit code 0')
}

async function workWithFiles(agent: Agent, id: string): Promise<void> {
  await agent.call('create_folder', { id, folderPath: 'work/new', mode: '700' })
  const filePath = 'work/a.txt'
  await agent.call('file_upload', { id, filePath, content: 'grüße\nzwei' })
  assert.match(await agent.fail('file_upload', { id, filePath, content: 'x' }), /there already.*overwrite: true/)
  await agent.call('file_upload', { id, filePath, content: 'grüße zwei', overwrite: true })
  assert.equal(await agent.read('file_download', { id, filePath }), 'grüße zwei')
  const first = await agent.call('file_download', { id, filePath, length: 3 })
  assert.deepEqual([first.content, first.nextOffset], ['gr', 2], 'no character is broken')
  assert.equal((await agent.call('file_download', { id, filePath, offset: 2 })).content, 'üße zwei')
  assert.match(await agent.fail('file_download', { id, filePath, offset: 99 }), /offset 99/)
  assert.match(await agent.fail('file_download', { id, filePath: 'work' }), /folder.*list_files/)
  assert.match(await agent.fail('file_download', { id, filePath: 'none' }), /none.*list_files/)
  const bytes = randomBytes(60_000)
  await agent.call('file_upload', { id, filePath: 'work/b', content: bytes.toString('base64'), encoding: 'base64' })
  const back = await agent.result('file_download', { id, filePath: 'work/b', length: 70_000 })
  assert.equal((back.structuredContent as { content: string }).content, bytes.toString('base64'))
  assert.ok(back.content.some((part) => part.type === 'resource' && 'blob' in part.resource))
  assert.match(
    await agent.fail('file_upload', { id, filePath: 'c', content: 'no base64!', encoding: 'base64' }),
    /content/,
  )
  const tooLong = 'x'.repeat(2 * 1024 * 1024 + 1)
  assert.match(await agent.fail('file_upload', { id, filePath: 'c', content: tooLong }), /content has \d+ bytes/)
  await agent.call('file_upload', { id, filePath: 'work/empty', content: '' })
  assert.equal((await agent.call('file_download', { id, filePath: 'work/empty' })).content, '')
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  await agent.call('file_upload', { id, filePath: 'work/dot.png', content: png, encoding: 'base64' })
  const image = await agent.result('file_download', { id, filePath: 'work/dot.png' })
  assert.deepEqual(image.content.at(-1), { type: 'image', data: png, mimeType: 'image/png' })
  await agent.call('move_file', { id, sourcePath: 'work/b', destPath: 'work/new/c' })
  const { files } = await agent.call('list_files', { id, path: 'work' })
  assert.deepEqual(
    files.map(({ name, isDir }: { name: string; isDir: boolean }) => [name, isDir]),
    [
      ['a.txt', false],
      ['dot.png', false],
      ['empty', false],
      ['new', true],
    ],
  )
  await agent.call('delete_file', { id, filePath: 'work/new' })
  assert.match(await agent.fail('get_file_info', { id, filePath: 'work/new/c' }), /work\/new/)
  // names are names, whatever a shell would make of them
  const odd = 'work/$(touch pwned) ; \'a"b'
  await agent.call('file_upload', { id, filePath: odd, content: 'odd' })
  await agent.call('delete_file', { id, filePath: odd })
  assert.match(await agent.fail('get_file_info', { id, filePath: 'pwned' }), /pwned/)
}

async function runInBackground(agent: Agent, id: string): Promise<void> {
  const started = await agent.call('start_command', {
    id,
    command: 'read -r name; echo "hello $name"; sleep 600',
    cwd: '/tmp',
  })
  const { sessionId, commandId } = started
  const at = { id, sessionId, commandId }
  assert.equal((await agent.call('read_logs', { ...at, waitSeconds: 0.2 })).isRunning, true)
  await agent.call('send_input', { ...at, input: 'wörld\n' })
  let [output, cursor] = ['', 0]
  await until(async () => {
    const part = await agent.call('read_logs', { ...at, cursor })
    output += part.output
    cursor = part.nextCursor
    return output.includes('hello wörld\n')
  }, output)
  assert.deepEqual(await agent.call('read_logs', { ...at, cursor, waitSeconds: 0 }), {
    output: '',
    nextCursor: cursor,
    hasMore: false,
    isRunning: true,
    exitCode: null,
  })
  assert.match(await agent.read('list_commands', { id }), new RegExp(`runs: sessionId ${sessionId}`))
  assert.deepEqual(await agent.call('kill_command', at), { wasRunning: true })
  await until(async () => !(await agent.call('read_logs', { ...at, cursor, waitSeconds: 1 })).isRunning, 'killed')
  const many = await agent.call('start_command', { id, command: 'seq 3000 | sed "s/$/ ü/"; echo oops >&2' })
  const place = { id, sessionId: many.sessionId, commandId: many.commandId }
  let [text, next, parts] = ['', 0, 0]
  for (let isOver = false; !isOver; parts += 1) {
    const part = await agent.call('read_logs', { ...place, cursor: next, maxBytes: 1001, waitSeconds: 3 })
    text += part.output
    next = part.nextCursor
    isOver = !part.isRunning && !part.hasMore
  }
  assert.equal(text, `${Array.from({ length: 3000 }, (_, at) => `${at + 1} ü\n`).join('')}oops\n`)
  assert.ok(parts > 10)
  assert.match(await agent.fail('read_logs', { ...place, commandId: 'none' }), /none/)
}

async function clone(agent: Agent, id: string): Promise<void> {
  const make =
    'git init -qb main seed && cd seed && git config user.email a@b.c && git config user.name a && echo hi >f && git add f && git commit -qm one && git clone -q --bare . ../site/repo.git && git -C ../site/repo.git update-server-info'
  assert.equal((await agent.call('execute_command', { id, command: `mkdir site && ${make}` })).exitCode, 0)
  await agent.call('start_command', { id, command: 'python3 -m http.server 8123 --directory site' })
  const link = await agent.call('preview_link', { id, port: 8123, checkServer: true, description: 'files' })
  const seen = await visit(`${link.url}/`)
  assert.equal(seen.status, 200)
  assert.deepEqual(await agent.call('git_clone', { id, url: 'http://localhost:8123/repo.git' }), { path: 'repo' })
  assert.equal(await agent.read('file_download', { id, filePath: 'repo/f' }), 'hi\n')
  const login = { username: 'u', password: 'secret-of-git' }
  const failed = await agent.fail('git_clone', { id, url: 'http://localhost:8123/none.git', path: 'x', ...login })
  assert.doesNotMatch(failed, /secret-of-git/)
}

async function copy(agent: Agent, id: string, index: number): Promise<void> {
  const fork = await agent.call('fork_sandbox', { id, name: `fork-${index}` })
  assert.equal(await agent.read('file_download', { id: fork.sandbox.id, filePath: 'repo/f' }), 'hi\n')
  const snapshot = `saved-${index}`
  assert.equal((await agent.call('create_snapshot', { id, name: snapshot })).snapshot.state, 'active')
  assert.match(await agent.read('list_snapshots', { name: snapshot }), /active/)
  assert.match(await agent.fail('create_snapshot', { id, name: snapshot }), /exists/)
  await agent.call('destroy_sandbox', { id: fork.sandbox.id })
}

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await isSo()) return
    await sleep(100)
  }
  assert.fail(`it never came: ${what}`)
}
