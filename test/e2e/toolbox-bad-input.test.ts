import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { type ErrorBody, limits, type Route, toolboxRoutes } from '@sandyard/protocol'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'
import { wrongAttachmentRequests } from './wrong-requests/attachments.ts'
import { wrongComputerUseRequests } from './wrong-requests/computer-use.ts'
import { wrongFileRequests } from './wrong-requests/files.ts'
import { wrongGitRequests } from './wrong-requests/git.ts'
import { wrongInterpreterRequests } from './wrong-requests/interpreter.ts'
import { wrongLanguageServerRequests } from './wrong-requests/language-servers.ts'
import { wrongProcessRequests } from './wrong-requests/processes.ts'
import { wrongTerminalRequests } from './wrong-requests/terminals.ts'
import type { Entry, Wrong } from './wrong-requests/wrong.ts'

const rows: Readonly<Record<string, Route>> = toolboxRoutes

const callTimeoutMs = 5000
const table: Readonly<Record<string, Entry>> = {
  ...wrongFileRequests,
  ...wrongProcessRequests,
  ...wrongGitRequests,
  ...wrongTerminalRequests,
  ...wrongAttachmentRequests,
  ...wrongInterpreterRequests,
  ...wrongLanguageServerRequests,
  ...wrongComputerUseRequests,
}

/** What can be wrong with every call. */
function general({
  body,
  isBodyOptional,
}: Route): (Wrong & { readonly key?: string | null; readonly sandbox?: string })[] {
  return [
    ...[null, 'wrong', 'x'.repeat(5000)].map((key) => ({ key, status: 401, message: /^Invalid credentials$/ })),
    ...['no-such', randomUUID(), '%00', '..'].map((sandbox) => ({
      sandbox,
      status: 404,
      message: /not found|names no sandbox/,
    })),
    { sandbox: '%', status: 400, message: /not well encoded/ },
    { sandbox: 'stopped', status: 409, message: /^Sandbox [0-9a-f-]{36} is stopped/ },
    { query: { x: 'y'.repeat(limits.urlLength + 300) }, status: 414, message: /longer than/ },
    ...(body === undefined
      ? []
      : [...(isBodyOptional === true ? [] : ['']), '{"path":', '\ufeff{}x', '['.repeat(100_000)].map((text) => ({
          body: text,
          status: 400,
          message: /not JSON/,
        }))),
    ...(body === undefined
      ? []
      : ['[1]', 'null', '"text"'].map((text) => ({ body: text, status: 400, message: /expected object/ }))),
  ]
}

describe('wrong requests to the toolbox', () => {
  let platform: TestPlatform
  /** ids of sandboxes and commands by the names that the table calls them */
  const ids: Record<string, string> = {}

  before(async () => {
    platform = await startTestPlatform()
    for (const name of ['good', 'stopped']) {
      const { body } = await platform.call('POST', '/sandbox', {})
      ids[name] = (body as { id: string }).id
    }
    assert.equal((await platform.call('POST', `/sandbox/${ids.stopped}/stop`)).status, 200)
    await succeed('POST', '/process/execute', {
      command: [
        'git init -q -b main /tmp/repository && cd /tmp/repository && git config user.name n && git config user.email e',
        'echo a > a && git add a && git commit -qm first && git remote add origin http://127.0.0.1:1/r.git',
      ].join(' && '),
    })
    for (const sessionId of ['good', 'ended']) await succeed('POST', '/process/session', { sessionId })
    ids.done = (await succeed('POST', '/process/session/good/exec', { command: 'true' })).cmdId ?? ''
    await succeed('POST', '/process/session/ended/exec', { command: 'exit 3' })
  })
  after(async () => {
    await platform.remove()
  })

  for (const [id, route] of Object.entries(rows)) {
    test(`${id}: ${route.method} ${route.path}`, async (context) => {
      const entry = table[id]
      assert.ok(entry !== undefined, `${id} has no entry in the table of wrong requests`)
      for (const wrong of [...general(route), ...entry.wrong]) {
        const { wrong: _, ...good } = entry
        const { status, message, ...sent } = { ...good, key: platform.apiKey, sandbox: 'good', ...wrong }
        const path = `/toolbox/${ids[sent.sandbox] ?? sent.sandbox}${fill(route.path, sent.params ?? {})}`
        const target = `${path}${queryText(sent.query ?? {})}`
        const body = textOf(sent.body)
        await context.test(`${status} for ${target.slice(0, 120)} ${body?.slice(0, 120) ?? ''}`, async () => {
          const { key, type = 'application/json' } = sent
          const answer = await send(`${platform.url}${target}`, { method: route.method, key, type, body })
          assertError(answer, { status, message, method: route.method, path })
        })
      }
    })
  }

  test('no path takes a method that it does not have', async () => {
    const patterns = Object.values(rows).map((route) => route.path)
    // A literal path can be taken for the parameter of another row, as a session's takes the entrypoint's.
    const isKnown = (method: string, path: string): boolean =>
      Object.values(rows).some((route) => {
        const pattern = new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
        return route.method === method && pattern.test(path)
      })
    for (const pattern of new Set(patterns)) {
      for (const method of ['PUT', 'PATCH', 'DELETE', 'POST'].filter((name) => !isKnown(name, pattern))) {
        const path = `/toolbox/${ids.good}${fill(pattern, { sessionId: 'good', commandId: 'x', port: '1' })}`
        const answer = await send(`${platform.url}${path}`, {
          method,
          key: platform.apiKey,
          type: 'text/plain',
          body: 'x',
        })
        assertError(answer, { status: 405, message: /does not take/, method, path })
      }
    }
  })

  test('what is no call at all is told so', async () => {
    for (const call of ['/', '/no/such', '/files/../files', '/process/session/a/b/c/d', '//files']) {
      const path = `/toolbox/${ids.good}${call}`
      const answer = await send(`${platform.url}${path}`, { method: 'GET', key: platform.apiKey, type: 'text/plain' })
      assertError(answer, { status: 404, message: /./, method: 'GET', path })
    }
  })

  test('and after all of it the sandbox works as before', async () => {
    assert.equal((await succeed('POST', '/process/execute', { command: 'echo fine' })).result, 'fine\n')
  })

  async function succeed(method: string, call: string, body: unknown): Promise<Record<string, string>> {
    const { url, apiKey } = platform
    const sent = { method, key: apiKey, type: 'application/json', body: JSON.stringify(body) }
    const answer = await send(`${url}/toolbox/${ids.good}${call}`, sent)
    assert.ok(answer.status < 300, `${answer.status} ${answer.text}`)
    return (answer.text === '' ? {} : JSON.parse(answer.text)) as Record<string, string>
  }

  function fill(pattern: string, params: Readonly<Record<string, string>>): string {
    return pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = params[name] ?? 'x'
      return ids[value] !== undefined && name === 'commandId' ? ids[value] : value
    })
  }
})

interface Answer {
  readonly status: number
  readonly text: string
}

/** Rejects when there is no whole answer in time. */
function send(
  url: string,
  { method, key, type, body }: { method: string; key: string | null; type: string; body?: string | undefined },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
    }
    const { hostname, port } = new URL(url)
    const path = url.slice(url.indexOf('/', 'http://'.length))
    const sent = request({ hostname, port, path, method, headers, agent: false })
    const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${callTimeoutMs} ms`)), callTimeoutMs)
    sent.once('close', () => clearTimeout(timer))
    sent.on('error', reject)
    sent.once('response', (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, text: answer }), reject)
    })
    sent.end(body)
  })
}

function assertError(
  answer: Answer,
  expected: { status: number; message: RegExp; method: string; path: string },
): void {
  assert.equal(answer.status, expected.status, answer.text.slice(0, 500))
  const body = JSON.parse(answer.text) as ErrorBody
  assert.match(body.message, expected.message)
  assert.ok(body.message.length <= 4096, 'a message is for people')
  assert.equal(body.statusCode, expected.status)
  assert.equal(body.method, expected.method)
  assert.equal(new Date(body.timestamp).toISOString(), body.timestamp)
  assert.match(body.code, /^[A-Z][A-Z_]+$/)
  assert.match(body.source, /^DAYTONA_(DAEMON|PROXY)$/)
  assert.ok(
    typeof body.path === 'string' && expected.path.endsWith(body.path),
    `${body.path} is not of ${expected.path}`,
  )
}

function textOf(body: unknown): string | undefined {
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
}

function queryText(query: Readonly<Record<string, string | readonly string[]>>): string {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value as string]),
  )
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
}
