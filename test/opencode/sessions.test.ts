import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { long } from '../fixtures/long.ts'
import { bash, git, layPluginGround, readRecords, script, toolAnswers } from './ground.ts'

/** Sessions of OpenCode itself and their sandboxes on a real platform; only the model is scripted. */
const ground = await layPluginGround()
const { platform, model, sandboxes } = ground

const ofSession = async (session: string) =>
  (await sandboxes()).filter(({ labels }) => labels['opencode-session'] === session)

async function until(check: () => boolean | Promise<boolean>, what: string, ms = 20_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await check())) {
    if (Date.now() > end) assert.fail(`not in time: ${what}`)
    await sleep(50)
  }
}

test('text alone makes no sandbox; calls at once, child sessions and ! share one, which goes with its session', async () => {
  const folder = ground.repository()
  const home = ground.home()
  await using server = await home.serve(folder)
  const session = await server.session()
  await server.prompt(session, 'SAY hello')
  assert.deepEqual(await sandboxes(), [])
  assert.equal(git(folder, 'branch', '--list', 'opencode/*'), '')

  const sub = (name: string) => {
    const prompt = script(`CALL ${bash(`echo sub >> shared; hostname`)}`, `SAY ${name}`)
    return `task ${JSON.stringify({ description: name, prompt, subagent_type: 'general' })}`
  }
  const parts = await server.prompt(
    session,
    script(
      `PAR ${bash('hostname; pwd; echo a >> shared')} ;; ${bash('hostname; id -un; echo b >> shared')}`,
      `PAR ${sub('one')} ;; ${sub('two')}`,
      `CALL ${bash('sort shared | tr "\\n" " "')}`,
      'SAY done',
    ),
  )
  const [first, second, one, two, last] = toolAnswers(parts)
  const [made, ...others] = await sandboxes()
  assert.deepEqual(others, [])
  assert.ok(made !== undefined)
  assert.deepEqual(first?.trim().split('\n'), [made.id, '/home/daytona/project'])
  assert.deepEqual(second?.trim().split('\n'), [made.id, 'daytona'])
  assert.match(one ?? '', /one/)
  assert.match(two ?? '', /two/)
  assert.equal(last?.trim(), 'a b sub sub')
  assert.equal(made.labels['opencode-session'], session)

  // The child sessions were idle, too, and can be deleted: nothing happens to the sandbox.
  const children = (await server.call('GET', `/session/${session}/children`)).body as { id: string }[]
  assert.equal(children.length, 2)
  assert.equal((await server.call('DELETE', `/session/${children[0]?.id}`)).status, 200)

  const shell = await server.call('POST', `/session/${session}/shell`, {
    agent: 'build',
    command: 'hostname; pwd; cat shared | wc -l',
  })
  const said = (shell.body as { parts: { state: { output: string } }[] }).parts[0]?.state.output
  assert.deepEqual(said?.trim().split('\n'), [made.id, '/home/daytona/project', '4'])
  assert.ok(!existsSync(join(folder, 'shared')))

  await until(() => git(folder, 'branch', '--list', 'opencode/*') !== '', 'a branch')
  assert.equal((await server.call('DELETE', `/session/${session}`)).status, 200)
  await until(async () => (await sandboxes()).length === 0, 'the sandbox goes')
  await until(() => Object.keys(readRecords(home, git(folder, 'rev-parse', 'HEAD'))).length === 0, 'the record goes')
  assert.equal(git(folder, 'remote'), '')
})

test('what the model is told, and offered', long, async () => {
  const folder = ground.folder()
  await using server = await ground.home({}, { models: ['gpt-5-test'] }).serve(folder)
  const session = await server.session()
  const before = model.requests.length
  await server.prompt(session, script(`CALL ${bash('true')}`, 'SAY x'))
  const asked = model.requests.slice(before).filter(({ body }) => body.tools !== undefined)
  const [first] = asked
  const systems = first?.body.messages.filter(({ role }) => role === 'system') ?? []
  assert.equal(systems.length, 1)
  assert.match(String(systems[0]?.content), /getPreviewURL/)
  assert.match(String(asked[1]?.body.messages[0]?.content), /The project is in \/home\/daytona\/project there/)
  const names = first?.body.tools?.map((tool) => tool.function.name) ?? []
  assert.ok(names.includes('getPreviewURL'))
  // It would fetch from the user's machine and network.
  assert.ok(!names.includes('webfetch'), names.join())

  const looked = model.requests.length
  const sub = { description: 'x', prompt: 'SAY x', subagent_type: 'explore' }
  await server.prompt(session, script(`CALL task ${JSON.stringify(sub)}`, 'SAY x'))
  const explorers = model.requests.slice(looked).filter(({ headers }) => headers['x-parent-session-id'] !== undefined)
  const offered = explorers.flatMap(({ body }) => body.tools ?? []).map((tool) => tool.function.name)
  assert.ok(offered.includes('bash') && !offered.includes('webfetch'), offered.join())

  const patch = '*** Begin Patch\n*** Add File: patched\n+inside\n*** End Patch'
  const parts = await server.prompt(
    session,
    script(`CALL apply_patch ${JSON.stringify({ patchText: patch })}`, `CALL ${bash('cat patched')}`, 'SAY x'),
    { model: 'gpt-5-test' },
  )
  assert.equal(toolAnswers(parts)[1]?.trim(), 'inside')
  assert.deepEqual(readdirSync(folder), [])
})

test('a server that starts is told of with a link that opens it', async () => {
  await using server = await ground.home().serve(ground.folder())
  const session = await server.session()
  const start =
    'echo served > index.html; python3 -m http.server 8123 >log 2>&1 & for i in $(seq 100); do sleep 0.1; curl -s localhost:8123 >/dev/null && break; done'
  const parts = await server.prompt(
    session,
    script(
      'CALL getPreviewURL {"port":8123}',
      `CALL ${bash(start)}`,
      'CALL getPreviewURL {"port":8123}',
      `CALL ${bash('true')}`,
      'CALL getPreviewURL {"port":70000}',
      'SAY x',
    ),
  )
  const [early, started, asked, quiet, wrong] = toolAnswers(parts)
  assert.match(early ?? '', /^error: Nothing listens on port 8123/)
  for (const text of [started, asked]) {
    const url = /Preview of port 8123: (http\S+)/.exec(text ?? '')?.[1]
    assert.ok(url !== undefined, text)
    assert.match(await openPreview(url), /served/)
  }
  assert.doesNotMatch(quiet ?? '', /Preview/)
  assert.match(wrong ?? '', /^error: port must be/)
})

/** Names below localhost are this machine, also where nothing resolves them. */
async function openPreview(url: string): Promise<string> {
  const { host, port } = new URL(url)
  const { request } = await import('node:http')
  return await new Promise((done, fail) => {
    const headers = { host, 'x-daytona-skip-preview-warning': 'true' }
    request({ host: '127.0.0.1', port, headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.once('end', () => done(text))
    })
      .once('error', fail)
      .end()
  })
}

test('a stopped sandbox is started again; one that was deleted is an error, and no other is made', async () => {
  const folder = ground.folder()
  const home = ground.home()
  let session: string
  let id: string
  {
    await using server = await home.serve(folder)
    session = await server.session()
    await server.prompt(session, script(`CALL ${bash('echo kept > file')}`, 'SAY x'))
    id = (await ofSession(session))[0]?.id ?? ''
    assert.equal((await platform.call('POST', `/sandbox/${id}/stop`)).status, 200)
    await until(async () => (await ofSession(session))[0]?.state === 'stopped', 'it stops')
    const parts = await server.prompt(session, script(`PAR ${bash('cat file')} ;; ${bash('hostname')}`, 'SAY x'))
    assert.deepEqual(
      toolAnswers(parts).map((text) => text.trim()),
      ['kept', id],
    )
    await server.end('SIGKILL')
  }
  await using server = await home.serve(folder)
  const again = await server.prompt(session, script(`CALL ${bash('cat file')}`, 'SAY x'))
  assert.deepEqual(
    toolAnswers(again).map((text) => text.trim()),
    ['kept'],
  )
  await platform.call('DELETE', `/sandbox/${id}`)
  await until(async () => (await ofSession(session)).length === 0, 'it is gone')
  const [lost] = toolAnswers(await server.prompt(session, script(`CALL ${bash('cat file')}`, 'SAY x')))
  assert.match(lost ?? '', /^error: .*nothing is run elsewhere: sandbox \S+ was deleted/)
  assert.deepEqual(await ofSession(session), [])
  // Deleting what is gone already leaves nothing behind.
  assert.equal((await server.call('DELETE', `/session/${session}`)).status, 200)
  const storage = join(home.data, 'opencode/storage/sandyard')
  const file = join(storage, readdirSync(storage).find((name) => name.endsWith('.json')) ?? '')
  await until(() => !readFileSync(file, 'utf8').includes(session), 'the record goes')
})

test('a sandbox that was made but not written down is found again', long, async () => {
  const folder = ground.folder()
  const home = ground.home()
  await using server = await home.serve(folder)
  const session = await server.session()
  // As a process leaves it that dies before the platform has answered.
  const body = { name: `opencode-${session}`, labels: { 'opencode-session': session } }
  const made = await platform.call('POST', '/sandbox', body)
  assert.equal(made.status, 200)
  const parts = await server.prompt(session, script(`CALL ${bash('hostname; pwd')}`, 'SAY x'))
  const id = (made.body as { id: string }).id
  assert.deepEqual(toolAnswers(parts)[0]?.trim().split('\n'), [id, '/home/daytona/project'])
  assert.equal((await ofSession(session)).length, 1)

  // One of that name that belongs to nobody we know is not taken.
  const other = await server.session()
  await platform.call('POST', '/sandbox', { name: `opencode-${other}` })
  const [refused] = toolAnswers(await server.prompt(other, script(`CALL ${bash('hostname')}`, 'SAY x')))
  assert.match(refused ?? '', /^error: .*that is not of this session/)
})

test('two processes that open a session at once use one sandbox', async () => {
  const folder = ground.repository()
  const home = ground.home({ setup: 'sleep 2; echo once >> setups' })
  await using one = await home.serve(folder)
  await using two = await home.serve(folder)
  const session = await one.session()
  const other = await two.session()
  const ask = script(`CALL ${bash('hostname')}`, 'SAY x')
  const [first, second] = await Promise.all([one.prompt(session, ask), two.prompt(other, ask)])
  assert.notEqual(toolAnswers(first)[0], toolAnswers(second)[0])
  const again = await two.prompt(session, ask)
  assert.equal(toolAnswers(again)[0], toolAnswers(first)[0])
  assert.equal((await ofSession(session)).length, 1)

  // Both at once in a new one: the work of the first is not overwritten by the start of the second.
  const shared = await one.session()
  const late = one.call('POST', `/session/${shared}/shell`, { agent: 'build', command: 'echo kept > kept; hostname' })
  const early = two.call('POST', `/session/${shared}/shell`, {
    agent: 'build',
    command: 'sleep 1; cat kept setups; hostname',
  })
  const outputs = await Promise.all(
    [late, early].map(async (call) => {
      const { body } = (await call) as { body: { parts: { state: { output: string } }[] } }
      return body.parts[0]?.state.output.trim().split('\n') ?? []
    }),
  )
  assert.equal((await ofSession(shared)).length, 1)
  const [{ id } = { id: '' }] = await ofSession(shared)
  assert.deepEqual(outputs, [[id], ['kept', 'once', id]])
})

test('without a key, a platform, or with wrong options nothing runs, and nothing on this machine', async () => {
  const folder = ground.folder()
  const mark = join(folder, 'on-host')
  // What the runtime of the shell's program would take from the folder where it starts.
  writeFileSync(join(folder, 'bunfig.toml'), 'preload = ["./preloaded.cjs"]\n')
  writeFileSync(join(folder, 'preloaded.cjs'), `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '')\n`)
  const refused = async (environment: Record<string, string>, options: object, reason: RegExp): Promise<void> => {
    await using home = ground.home(options, { environment })
    await using server = await home.serve(folder)
    const session = await server.session()
    const parts = await server.prompt(
      session,
      script(
        `CALL ${bash(`touch ${mark}`)}`,
        `CALL write ${JSON.stringify({ filePath: mark, content: 'x' })}`,
        `CALL read ${JSON.stringify({ filePath: '/etc/hostname' })}`,
        'SAY x',
      ),
    )
    const answers = toolAnswers(parts)
    assert.equal(answers.length, 3)
    for (const text of answers) assert.match(text, reason)
    const shell = await server.call('POST', `/session/${session}/shell`, { agent: 'build', command: `touch ${mark}` })
    assert.match(JSON.stringify(shell.body), reason)
    assert.ok(!existsSync(mark))
  }
  await refused({ SANDYARD_API_KEY: '', SANDYARD_API_URL: '' }, {}, /There is no API key for/)
  await refused({ SANDYARD_API_URL: 'http://127.0.0.1:9/api' }, {}, /nothing is run elsewhere/)
  await refused({}, { cpu: 'many' }, /Option cpu must be a whole number/)
})

test('a wrong address or key is told with the address, and a session goes on when it is mended', long, async () => {
  const folder = ground.repository()
  const home = ground.home()
  const { url } = platform
  const attempt = async (environment: Record<string, string>, args: readonly string[] = []): Promise<string> => {
    const { stdout, stderr } = await home.run(folder, script(`CALL ${bash('pwd')}`), { args, environment })
    return stdout + stderr
  }
  const before = (await sandboxes()).length
  assert.ok((await attempt({ SANDYARD_API_URL: url })).includes(`no call POST /sandbox (at ${url})`))
  const again = ['--continue']
  assert.ok((await attempt({ SANDYARD_API_KEY: 'wrong' }, again)).includes(`(at ${url}/api)`))
  assert.equal((await sandboxes()).length, before)
  assert.match(await attempt({}, again), /\/home\/daytona\/project/)
  assert.equal((await sandboxes()).length, before + 1)
  // What was made at one platform is not looked for at another.
  assert.match(await attempt({ SANDYARD_API_URL: url }, again), /it was made at .*\/api, and the plugin is set to/)
  const [session = ''] = Object.keys(readRecords(home, git(folder, 'rev-parse', 'HEAD')))

  await attempt({ SANDYARD_API_URL: 'http://127.0.0.1:9/api' })
  const [, mistaken = ''] = Object.keys(readRecords(home, git(folder, 'rev-parse', 'HEAD')))
  await using server = await home.serve(folder)
  await server.call('DELETE', `/session/${mistaken}`)
  const kept = () => Object.keys(readRecords(home, git(folder, 'rev-parse', 'HEAD')))
  await until(() => !kept().includes(mistaken), 'the record goes')
  assert.deepEqual(kept(), [session])
})

test('options come to the sandbox; the setup runs before the first tool, and its failure is told', long, async () => {
  const folder = ground.folder()
  writeFileSync(join(folder, '.env'), `SANDYARD_API_KEY=${platform.apiKey}\nSANDYARD_API_URL=${platform.apiUrl}\n`)
  const options = {
    env: { GREETING: 'hello world' },
    labels: { team: 'tests' },
    public: true,
    autoStopMinutes: 7,
    projectFolder: '/home/daytona/elsewhere',
    setup: 'echo "$GREETING" > made',
    cpus: 3,
  }
  const environment = { SANDYARD_API_KEY: '', SANDYARD_API_URL: '' }
  await using server = await ground.home(options, { environment }).serve(folder)
  const session = await server.session()
  const parts = await server.prompt(session, script(`CALL ${bash('pwd; cat made')}`, 'SAY x'))
  assert.deepEqual(toolAnswers(parts)[0]?.trim().split('\n'), ['/home/daytona/elsewhere', 'hello world'])
  const [seen] = await ofSession(session)
  const made = (await platform.call('GET', `/sandbox/${seen?.id}`)).body as Record<string, unknown>
  assert.equal(made.public, true)
  assert.equal(made.autoStopInterval, 7)
  assert.equal(seen?.labels.team, 'tests')
  await server.event(
    ({ type, properties }) =>
      type === 'tui.toast.show' && /no option cpus; did you mean cpu/.test(String(properties.message)),
  )

  await using without = await ground.home({ snapshot: 'nosuch' }).serve(folder)
  const none = await without.session()
  const ask = script(`CALL ${bash('true')}`, 'SAY x')
  assert.match(toolAnswers(await without.prompt(none, ask))[0] ?? '', /^error: .*nosuch/)

  await using failing = await ground.home({ setup: 'echo went wrong; exit 3' }).serve(folder)
  const other = await failing.session()
  const [failed] = toolAnswers(await failing.prompt(other, script(`CALL ${bash('true')}`, 'SAY x')))
  assert.match(failed ?? '', /^error: .*ended with 3 in the sandbox: went wrong/)
})
