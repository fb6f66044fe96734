import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { openTestLine, type TestLine } from './testing/command-line.ts'

let cli: TestLine
before(async () => {
  cli = await openTestLine()
})
after(() => cli[Symbol.asyncDispose]())

const hostile = '\x1b]0;title\x07\x1b[2J\u009b1m\u202ebox\rsandyard'
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const moving = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/

test('a sandbox whose agent has been replaced tells nothing to the terminal but text', async (t) => {
  let answer: { status: number; body: unknown } = { status: 400, body: null }
  const platform = createServer((request, response) => {
    const { port } = platform.address() as AddressInfo
    const toolboxProxyUrl = `http://127.0.0.1:${port}/toolbox`
    const box = { id: 'box', name: 'box', state: 'started', labels: {}, toolboxProxyUrl }
    const { status, body } = request.url?.startsWith('/api/') ? { status: 200, body: box } : answer
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  platform.listen(0, '127.0.0.1')
  await once(platform, 'listening')
  t.after(() => platform.close())
  const { port } = platform.address() as AddressInfo
  const env = { DAYTONA_API_URL: `http://127.0.0.1:${port}/api` }

  answer = { status: 400, body: { message: `first\n${hostile}`, code: hostile, statusCode: 400 } }
  for (const line of ['session list box', 'cp box:/a here', 'logs box', 'session delete box a']) {
    const ran = await cli.run(line, { env })
    assert.notEqual(ran.code, 0)
    assert.match(ran.err, /first\n/, line)
    assert.doesNotMatch(ran.out + ran.err, moving, line)
  }
  answer = { status: 200, body: [{ sessionId: hostile, commands: [{ id: hostile, command: hostile }] }] }
  for (const form of ['table', 'name', 'json']) {
    const ran = await cli.run(`session list box -o ${form}`, { env })
    assert.equal(ran.code, 0, ran.err)
    assert.doesNotMatch(ran.out + ran.err, moving, form)
  }
})

test('the Tab key offers no name that a shell would take for more, or that would be an option', async () => {
  const wild = ['x;reboot', 'x$(reboot)', 'x`reboot`', 'x*', "x'", 'x y', 'x|y', '--all', '~root', 'x\\', 'x&', '!x']
  for (const name of ['x-1', 'xü_2.a', ...wild]) await cli.server.create({ name })
  const words = async (typed: string): Promise<readonly string[]> =>
    (await cli.run(['completion', 'words', '--', 'delete', typed])).out.split('\n').filter((word) => word !== '')
  assert.deepEqual([...(await words(''))].sort(), ['x-1', 'xü_2.a'])
  assert.deepEqual([...(await words('x'))].sort(), ['x-1', 'xü_2.a'])
})
