import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openTestLine } from '../../testing/command-line.ts'

const home = mkdtempSync(join(tmpdir(), 'sandyard-home-'))
after(() => rmSync(home, { recursive: true }))
const env = { HOME: home, XDG_CONFIG_HOME: join(home, '.config') }

test('mcp init tells agents about us, without a key, and once', async () => {
  await using line = await openTestLine()
  const printed = await line.run('mcp init cursor codex --print', { env })
  assert.match(printed.out, /\.cursor\/mcp\.json[\s\S]*"mcpServers"[\s\S]*config\.toml[\s\S]*\[mcp_servers\.sandyard\]/)
  const first = await line.run('mcp init cursor codex', { env })
  assert.deepEqual([first.code, first.out.split('\n').length], [0, 3], first.err)
  assert.match(first.err, /sandyard login/)
  const text = readFileSync(join(home, '.cursor/mcp.json'), 'utf8')
  assert.ok(!text.includes(line.env.DAYTONA_API_KEY ?? 'none'))
  const { command, args } = JSON.parse(text).mcpServers.sandyard
  assert.equal(command, process.execPath)
  assert.match(args[0], /cli\/src\/main\.ts$/)
  assert.deepEqual(args.slice(1), ['mcp', 'start', '--api-url', line.apiUrl])
  assert.match((await line.run('mcp init cursor', { env })).out, /knew it already/)
})

test('a profile that is not there is told before anything is changed', async () => {
  await using line = await openTestLine()
  const wrong = await line.run('mcp init gemini --profile nobody', { env })
  assert.deepEqual([wrong.code, existsSync(join(home, '.gemini'))], [3, false])
})

test('what cannot be told is refused with what to do', async () => {
  await using line = await openTestLine()
  const none = await line.run('mcp init', { env })
  assert.deepEqual([none.code, /sandyard mcp init|agents:/.test(none.err)], [2, true])
  const wrong = await line.run('mcp init emacs', { env })
  assert.deepEqual([wrong.code, /no agent emacs[\s\S]*claude/.test(wrong.err)], [2, true])
  const key = await line.run('mcp init cursor --api-key secret', { env })
  assert.deepEqual(
    [key.code, /not written[\s\S]*sandyard login/.test(key.err), key.err.includes('secret')],
    [2, true, false],
  )
  assert.equal((await line.run(['mcp', 'init', 'cursor', '--name', 'a b'], { env })).code, 2)
})

test('mcp config prints both ways', async () => {
  await using line = await openTestLine()
  const local = JSON.parse((await line.run('mcp config')).out)
  assert.deepEqual(local.mcpServers.sandyard.args.slice(1, 3), ['mcp', 'start'])
  const remote = JSON.parse((await line.run('mcp config --http')).out)
  assert.equal(remote.mcpServers.sandyard.url, line.apiUrl.replace(/\/api$/, '/mcp'))
})
