import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startBox } from '../../opencode/src/tools/box.fixture.ts'
import { createOpenCodeHome, type OpenCodeHome, type Part } from '../fixtures/opencode.ts'
import { startScriptedModel } from '../fixtures/scripted-model.ts'
import { git, script } from './ground.ts'

/** OpenCode's own tools in a folder of the host, and ours in one of an agent: both get the same calls. */
const model = await startScriptedModel()
const box = await startBox()
const project = realpathSync(mkdtempSync(join(tmpdir(), 'built-in-')))
const host = realpathSync(mkdtempSync(join(tmpdir(), 'untouched-')))
const homes: OpenCodeHome[] = []
after(async () => {
  for (const home of homes) await home[Symbol.asyncDispose]()
  await box[Symbol.asyncDispose]()
  await model[Symbol.asyncDispose]()
  for (const folder of [project, host]) rmSync(folder, { recursive: true, force: true })
})

const models = ['gpt-5-scripted']
const permission = { external_directory: 'allow' }
const home = (plugin: readonly unknown[]): OpenCodeHome => {
  const made = createOpenCodeHome({ modelUrl: model.url, plugin, models, config: { permission } })
  homes.push(made)
  return made
}
for (const folder of [project, host]) {
  git(folder, 'init', '--quiet', '--initial-branch=main')
  git(folder, 'commit', '--quiet', '--allow-empty', '-m', 'first')
}
const builtIn = await home([]).serve(project)
const pluginPath = join(import.meta.dirname, 'tools-plugin.ts')
const ours = await home([[pluginPath, { url: box.sandbox.toolboxProxyUrl, folder: box.folder }]]).serve(host)

type Call = readonly [tool: string, args: Record<string, unknown>]

/** What both make of the calls, with their folders left out. */
async function both(calls: readonly Call[], options: { model?: string } = {}) {
  const prompt = script(...calls.map(([tool, args]) => `CALL ${tool} ${JSON.stringify(args)}`), 'SAY done')
  const run = async (server: typeof ours, folder: string) => {
    const parts = await server.prompt(await server.session(), prompt, options)
    return parts.filter(({ type }) => type === 'tool').map((part) => seen(part, folder))
  }
  return { theirs: await run(builtIn, project), mine: await run(ours, box.folder) }
}

function seen({ tool, state }: Part, folder: string) {
  const { status, output, error, title, metadata } = state ?? {}
  // Of a plugin's tool OpenCode itself says whether it has cut the output.
  const { truncated: _, ...rest } = metadata ?? {}
  const said = error?.replace('verification failed: Error: ', 'verification failed: ')
  const text = JSON.stringify({ tool, status, output, error: said, title, metadata: rest })
  return JSON.parse(text.replaceAll(folder, '/project')) as Record<string, unknown> & { output: string; error: string }
}

test('files: the same texts, titles and metadata as the built-in tools', { timeout: 300_000 }, async () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index + 1}`).join('\n')
  const { theirs, mine } = await both([
    ['write', { filePath: 'a/b.txt', content: `${lines}\n` }],
    ['write', { filePath: 'a/b.txt', content: `${lines}\n` }],
    ['read', { filePath: 'a/b.txt' }],
    ['read', { filePath: 'a/b.txt', offset: 5, limit: 3 }],
    ['read', { filePath: 'a' }],
    ['read', { filePath: 'a/b' }],
    ['read', { filePath: 'a/none' }],
    ['read', { filePath: 'a/b.txt', offset: 100 }],
    ['edit', { filePath: 'a/b.txt', oldString: 'line 7', newString: 'line $& seven' }],
    ['edit', { filePath: 'a/b.txt', oldString: 'line 30\nline 31\n', newString: '' }],
    ['edit', { filePath: 'a/b.txt', oldString: 'line 1', newString: 'x' }],
    ['edit', { filePath: 'a/b.txt', oldString: 'nowhere', newString: 'x' }],
    ['edit', { filePath: 'a/b.txt', oldString: 'x', newString: 'x' }],
    ['edit', { filePath: 'a/b.txt', oldString: '', newString: 'x' }],
    ['edit', { filePath: 'a/none', oldString: 'x', newString: 'y' }],
    ['edit', { filePath: 'a/c.txt', oldString: '', newString: '    deep\n      deeper\n' }],
    ['edit', { filePath: 'a/c.txt', oldString: 'deep', newString: 'low', replaceAll: true }],
    ['write', { filePath: 'a/w.txt', content: 'one\r\ntwo\r\n' }],
    ['edit', { filePath: 'a/w.txt', oldString: 'one\ntwo', newString: 'eins\nzwei' }],
    ['read', { filePath: 'a/w.txt' }],
    ['write', { filePath: 'a/empty.txt', content: '' }],
    ['read', { filePath: 'a/empty.txt' }],
  ])
  assert.deepEqual(mine, theirs)
  assert.equal(readFileSync(join(box.folder, 'a/w.txt'), 'utf8'), 'eins\r\nzwei\r\n')
  assert.equal(readFileSync(join(box.folder, 'a/b.txt'), 'utf8'), readFileSync(join(project, 'a/b.txt'), 'utf8'))
  assert.deepEqual(readdirSync(host), ['.git'])
})

test('apply_patch: the same as the built-in one, for models that get it', { timeout: 300_000 }, async () => {
  const patch = (...text: string[]): Call => [
    'apply_patch',
    { patchText: ['*** Begin Patch', ...text, '*** End Patch'].join('\n') },
  ]
  const { theirs, mine } = await both(
    [
      patch('*** Add File: p/one.txt', '+a', '+b', '+c', '+d', '*** Add File: p/two.txt', '+x'),
      patch('*** Update File: p/one.txt', '@@ a', ' b', '-c', '+C', '+CC', ' d'),
      patch('*** Update File: p/two.txt', '*** Move to: q/two.txt', '@@', '-x', '+y'),
      patch('*** Update File: p/one.txt', '@@', '-nowhere', '+x'),
      patch('*** Update File: p/one.txt', '@@ nowhere', '-a', '+x'),
      patch('*** Update File: p/none.txt', '@@', '-a', '+x'),
      patch(),
      ['apply_patch', { patchText: 'no patch' }],
    ],
    { model: 'gpt-5-scripted' },
  )
  assert.deepEqual(mine, theirs)
  const { mine: gone } = await both([patch('*** Delete File: p/one.txt')], { model: 'gpt-5-scripted' })
  assert.equal(gone[0]?.output, 'Success. Updated the following files:\nD p/one.txt')
  assert.deepEqual(readdirSync(host), ['.git'])
})

test('bash: the same as the built-in one', { timeout: 300_000 }, async () => {
  const { theirs, mine } = await both([
    ['bash', { command: 'echo one; echo two >&2; exit 3' }],
    ['bash', { command: 'pwd' }],
    ['bash', { command: 'mkdir -p sub && cd sub && pwd' }],
    ['bash', { command: 'pwd', workdir: 'sub' }],
    ['bash', { command: 'true' }],
    ['bash', { command: 'cat' }],
    ['bash', { command: 'sleep 30', timeout: 1000 }],
  ])
  assert.deepEqual(mine, theirs)
})

test('long output is cut by the plugin and can be read in the sandbox', { timeout: 300_000 }, async () => {
  const session = await ours.session()
  const [part] = await toolParts(session, [['bash', { command: 'seq 1 50000' }]])
  const path = /Full output saved to: (\S+)/.exec(part?.state?.output ?? '')?.[1] ?? ''
  assert.match(part?.state?.output ?? '', /^\.\.\.output truncated\.\.\.\n\nFull output saved to: \/tmp\/opencode\//)
  assert.ok(statSync(path).size > 200_000)
  const answers = await toolParts(session, [
    ['read', { filePath: path, offset: 40_000, limit: 1 }],
    ['read', { filePath: path }],
    ['grep', { pattern: '^4999.$', path }],
  ])
  rmSync(path)
  const [one, whole, found] = answers.map(({ state }) => state?.output ?? '')
  assert.match(one ?? '', /\n40000: 40000\n/)
  assert.match(found ?? '', /^Found 10 matches\n/)
  // Nothing of ours is cut by OpenCode, which would save it on the host.
  for (const text of [whole, found]) assert.ok(!text?.includes('truncated...'), text)
})

test('models are told which arguments they may leave out', { timeout: 300_000 }, async () => {
  const tools = model.requests.findLast(({ body }) => body.tools?.some((tool) => tool.function.name === 'glob'))?.body
    .tools
  const schema = (name: string) =>
    tools?.find((tool) => tool.function.name === name)?.function.parameters as { required: string[] } | undefined
  assert.deepEqual(schema('bash')?.required, ['command'])
  assert.deepEqual(schema('read')?.required, ['filePath'])
  assert.deepEqual(schema('grep')?.required, ['pattern'])
  assert.deepEqual(schema('edit')?.required, ['filePath', 'oldString', 'newString'])
})

test('a turn that is stopped ends its command', { timeout: 300_000 }, async () => {
  const session = await ours.session()
  const turn = ours.prompt(
    session,
    script(`CALL bash ${JSON.stringify({ command: 'touch begun; sleep 971' })}`, 'SAY done'),
  )
  turn.catch(() => {})
  while ((await box.agent.run('test -e begun')).exitCode !== 0) await new Promise((next) => setTimeout(next, 50))
  await ours.call('POST', `/session/${session}/abort`)
  await turn.catch(() => {})
  const isGone = async () => (await box.agent.run("pgrep -f '[s]leep 971'")).exitCode !== 0
  for (let round = 0; round < 100 && !(await isGone()); round += 1) await new Promise((next) => setTimeout(next, 50))
  assert.ok(await isGone())
})

async function toolParts(session: string, calls: readonly Call[]): Promise<readonly Part[]> {
  const prompt = script(...calls.map(([tool, args]) => `CALL ${tool} ${JSON.stringify(args)}`), 'SAY done')
  return (await ours.prompt(session, prompt)).filter(({ type }) => type === 'tool')
}
