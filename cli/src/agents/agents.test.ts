import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { agents, findHome } from './agents.ts'
import { addEntry, printEntry } from './entries.ts'
import { writeConfig } from './write-config.ts'

const launch = { command: '/usr/bin/node', args: ['/opt/main.ts', 'mcp', 'start', '--profile', 'a "b"'] }
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandyard-agents-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('each agent has a file of its own below the home of the person', () => {
  for (const system of ['linux', 'darwin', 'win32'] as const) {
    const files = agents.map((agent) => agent.file(findHome({ HOME: '/home/a' }, system)))
    assert.equal(new Set(files).size, agents.length)
    for (const file of files) assert.ok(file.startsWith('/home/a/'), file)
  }
  const claude = agents.find(({ name }) => name === 'claude')
  assert.equal(
    claude?.file(findHome({ HOME: '/h', XDG_CONFIG_HOME: '/x' }, 'linux')),
    '/x/Claude/claude_desktop_config.json',
  )
})

test('an entry is added to JSON, or replaced, and all else stays', () => {
  const old =
    '{\n    "theme": "dark",\n    "mcpServers": {\n        "other": {\n            "command": "x"\n        }\n    }\n}\n'
  const once = addEntry('mcpServers', old, 'sandyard', launch)
  assert.deepEqual(JSON.parse(once), {
    theme: 'dark',
    mcpServers: { other: { command: 'x' }, sandyard: { command: launch.command, args: launch.args } },
  })
  assert.match(once, /^\{\n {4}"theme"/, 'its indentation stays')
  assert.equal(addEntry('mcpServers', once, 'sandyard', launch), once)
  assert.deepEqual(JSON.parse(addEntry('opencode', '', 'mine', launch)), {
    mcp: { mine: { type: 'local', command: [launch.command, ...launch.args], enabled: true } },
  })
  assert.deepEqual(JSON.parse(addEntry('servers', '\ufeff{}', 'sandyard', launch)).servers.sandyard.type, 'stdio')
  for (const [text, why] of [
    ['{"a": 1', /plain JSON/],
    ['{} // more', /plain JSON/],
    ['[]', /no JSON object/],
    ['{"mcpServers": []}', /no list of servers/],
  ] as const)
    assert.throws(() => addEntry('mcpServers', text, 'sandyard', launch), why)
})

test('tables of TOML are added, or replaced with what is below them', () => {
  const old =
    'model = "m"\n\n[mcp_servers.sandyard]\ncommand = "old"\n[mcp_servers.sandyard.env]\nA = "1"\n\n[mcp_servers.other]\ncommand = "x"\n'
  const once = addEntry('codex', old, 'sandyard', launch)
  assert.equal(once, `model = "m"\n\n[mcp_servers.other]\ncommand = "x"\n\n${printEntry('codex', 'sandyard', launch)}`)
  assert.equal(addEntry('codex', once, 'sandyard', launch), once)
  assert.match(once, /args = \["\/opt\/main.ts", "mcp", "start", "--profile", "a \\"b\\""\]/)
  assert.match(addEntry('codex', '[mcp_servers.sandyard2]\na = 1\n', 'sandyard', launch), /sandyard2\]\na = 1/)
  for (const text of ['mcp_servers = {}', 'mcp_servers.a.command = "x"', 'text = """\n[mcp_servers.sandyard]\n"""'])
    assert.throws(() => addEntry('codex', text, 'sandyard', launch), /not understood/)
})

test('files are changed in one step, with a copy, their mode and links kept; what fails leaves them as they were', async () => {
  const real = join(folder, 'dotfiles/config.json')
  const file = join(folder, 'config.json')
  mkdirSync(dirname(real))
  writeFileSync(real, 'old', { mode: 0o640 })
  symlinkSync(real, file)
  const written = await writeConfig(file, Date.UTC(2030, 0, 1), (text) => `${text}+new`)
  assert.equal(readFileSync(file, 'utf8'), 'old+new')
  assert.equal(readFileSync(written.backup ?? '', 'utf8'), 'old')
  assert.deepEqual([statSync(real).mode & 0o777, statSync(written.backup ?? '').mode & 0o777], [0o640, 0o640])
  assert.deepEqual(await writeConfig(file, 0, (text) => text), { isChanged: false, backup: null })
  const fresh = join(folder, 'a/b/new.json')
  assert.deepEqual(await writeConfig(fresh, 0, () => 'x'), { isChanged: true, backup: null })
  assert.equal(statSync(fresh).mode & 0o777, 0o600)
  const failing = writeConfig(file, 0, () => {
    throw new Error('no')
  })
  await assert.rejects(failing, /left as it is: no/)
  assert.equal(readFileSync(file, 'utf8'), 'old+new')
  assert.equal(readdirSync(dirname(real)).length, 2)
})
