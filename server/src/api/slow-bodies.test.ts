import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isPlatformError, limits } from '@sandyard/protocol'
import { listen } from '../testing/listen.ts'
import { openTestServer } from '../testing/test-server.ts'
import { readJson } from './read-json.ts'

/** Begins a call, and ends it when told; resolves to its status. */
function begin(url: string, { key, path, body }: { key: string; path: string; body: string }) {
  const headers = { authorization: `Bearer ${key}`, 'content-length': Buffer.byteLength(body) }
  const call = request(`${url}/api${path}`, { method: 'POST', agent: false, headers })
  const answered = new Promise<number>((resolve, reject) => {
    call.on('error', reject)
    call.on('response', (response) => resolve(response.resume().statusCode ?? 0))
  })
  call.write(body.slice(0, 3))
  return { answered, end: () => void call.end(body.slice(3)) }
}

test('a call that was begun before its key was deleted does nothing after it', async () => {
  await using server = await openTestServer()
  await using ground = await listen(server)
  const { value } = (await server.call('POST /api-keys', { body: { name: 'k', permissions: ['write:sandboxes'] } }))
    .body
  const held = begin(ground.url, { key: value, path: '/sandbox', body: '{"name":"late"}' })
  const quick = begin(ground.url, { key: value, path: '/sandbox', body: '{"name":"slow"}' })
  await sleep(600)
  quick.end()
  assert.equal(await quick.answered, 200, 'slow alone is no fault')
  await server.call('DELETE /api-keys/k')
  held.end()
  assert.equal(await held.answered, 401)
  assert.equal((await server.call('GET /sandbox/late')).status, 404)
})

const whole = { isOptional: false, most: 1000 }
const post = (body: ReadableStream<Uint8Array> | string) =>
  new Request('http://localhost/', { method: 'POST', body, duplex: 'half' } as RequestInit)

test('a body that does not end is not waited for, and what it has sent is let go', async () => {
  let isLetGo = false
  const endless = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Buffer.from('{')),
    cancel() {
      isLetGo = true
    },
  })
  await assert.rejects(readJson(post(endless), { ...whole, withinMs: 30 }), (error) => {
    return isPlatformError(error) && error.code === 'REQUEST_TIMEOUT'
  })
  assert.ok(isLetGo)
})

test('a body is bounded as it comes, whatever its head says', async () => {
  const pieces = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(Buffer.alloc(600, 32)) })
  await assert.rejects(readJson(post(pieces), whole), (error) => {
    return isPlatformError(error) && error.code === 'PAYLOAD_TOO_LARGE'
  })
  assert.deepEqual(await readJson(post('{"a":"ä"}'), whole), { a: 'ä' })
})

test('a body of very many values is refused before each of them is looked at', async () => {
  const { apiBodyValues } = limits
  const bodies = [
    JSON.stringify(Array.from({ length: apiBodyValues + 1 }, () => 1)),
    JSON.stringify({ labels: Object.fromEntries(Array.from({ length: apiBodyValues }, (_, at) => [`k${at}`, 1])) }),
    JSON.stringify([Array(apiBodyValues / 2).fill({}), Array(apiBodyValues / 2).fill([])]),
  ]
  for (const body of bodies) {
    await assert.rejects(readJson(post(body), { ...whole, most: limits.apiBodyBytes }), /more than \d+ values/)
  }
  const deep = '['.repeat(apiBodyValues - 1) + ']'.repeat(apiBodyValues - 1)
  await readJson(post(deep), { ...whole, most: limits.apiBodyBytes })
})

test('who has not signed in may send little', async () => {
  await using server = await openTestServer()
  const body = { login: 'a', password: 'b'.repeat(limits.publicBodyBytes) }
  assert.equal((await server.call('POST /auth/login', { key: null, body })).status, 413)
})
