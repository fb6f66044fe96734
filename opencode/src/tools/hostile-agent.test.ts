import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { createClient, Sandbox, type SandboxData } from '@sandyard/sdk'
import type { ToolResult } from '../opencode.ts'
import { createTools } from './create-tools.ts'
import { countLines, usualLimits } from './cut-output.ts'

/** What stands in the place of the agent: it knows the mark of each answer, as it is in the program that it is sent. */
let value: unknown
let status = 200
const server = createServer(async (request, response) => {
  let text = ''
  for await (const chunk of request) text += chunk
  const [mark] = /answer-[\w-]+:/.exec(text) ?? []
  const body =
    mark === undefined ? value : { exitCode: 0, result: `\n${mark}${JSON.stringify({ value })}\n`, artifacts: {} }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
})
let sandbox: Sandbox
before(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createClient({ apiUrl: url, credentials: 'none', requestTimeoutMs: 10_000 })
  sandbox = new Sandbox({ id: 'box', toolboxProxyUrl: url } as SandboxData, client)
})
after(() => {
  server.closeAllConnections()
  server.close()
})

async function call(tool: string, args: Record<string, unknown>): Promise<ToolResult> {
  const tools = createTools(async () => ({ sandbox, projectFolder: '/project' }))
  const context = { sessionID: 's', messageID: 'm', agent: 'build', abort: new AbortController().signal }
  const result = await tools[tool]?.execute(args, context)
  assert.ok(typeof result === 'object')
  return result
}

test('an answer that keeps to no limit is cut, so that OpenCode keeps nothing of it in files', async () => {
  const lines = Array.from({ length: 100_000 }, (_, index) => `line ${index}`)
  value = { kind: 'file', lines, total: 3, end: 'file' }
  await assert.rejects(call('read', { filePath: 'x' }), /more lines than were asked for/)
  value = { files: lines, hasMore: false, isPartial: false }
  const { output } = await call('glob', { pattern: '*' })
  assert.ok(Buffer.byteLength(output) <= usualLimits.bytes && countLines(output) <= usualLimits.lines)
})

test('an error that keeps to no limit is cut', async () => {
  status = 500
  value = { message: 'x'.repeat(1_000_000) }
  await assert.rejects(call('bash', { command: 'true' }), ({ message }: Error) => message.length < 10_100)
  status = 200
})

test('what is no image does not come as one', async () => {
  const image = Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1').toString('base64')
  value = { kind: 'media', type: 'image/png', base64: image }
  assert.equal((await call('read', { filePath: 'x' })).attachments?.[0]?.url, `data:image/png;base64,${image}`)
  const page = Buffer.from('<script>alert(1)</script>').toString('base64')
  for (const [type, base64] of [
    ['text/html', page],
    ['image/png', page],
    ['image/png,<script>', image],
    ['image/png', `${image}"><script>`],
    ['image/png', image + 'A'.repeat(16 * 1024 * 1024)],
    ['image/png', { length: 8 }],
    [null, page],
  ]) {
    value = { kind: 'media', type, base64 }
    await assert.rejects(call('read', { filePath: 'x' }), /something else as an image/)
  }
})

test('answers of another form are errors', async () => {
  for (const wrong of [null, 1, 'text', [], {}, { kind: 'file' }, { kind: 'folder', entries: 'x' }]) {
    value = wrong
    for (const tool of ['read', 'glob', 'grep'])
      await assert.rejects(call(tool, { filePath: 'x', pattern: 'x' }), Error, `${tool} ${JSON.stringify(wrong)}`)
  }
})
