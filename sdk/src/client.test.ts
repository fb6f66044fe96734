import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Daytona } from './daytona.ts'
import {
  DaytonaConnectionError,
  DaytonaConnectionTimeoutError,
  DaytonaError,
  DaytonaInvalidArgumentError,
  DaytonaRateLimitError,
  DaytonaServiceUnavailableError,
  DaytonaTimeoutError,
} from './errors.ts'
import { patientFetchOptions } from './runtime.ts'

const sandbox = { id: 'a', state: 'started', toolboxProxyUrl: 'http://x', labels: {} }

test('what the platform refuses for a moment is asked again, what may have worked is not', async () => {
  const seen: string[] = []
  await using server = await serve((request, response) => {
    seen.push(`${request.method}`)
    const isLast = seen.length === 2
    response.writeHead(isLast ? 200 : 429, { 'retry-after': '0' })
    response.end(isLast ? JSON.stringify(sandbox) : JSON.stringify({ message: 'slow down', code: 'TOO_MANY_REQUESTS' }))
  })
  assert.equal((await server.daytona.create()).id, 'a')
  assert.deepEqual(seen, ['POST', 'POST'], 'a 429 has done nothing yet')

  let answers = 0
  await using busy = await serve((_, response) => {
    answers += 1
    response.writeHead(503, { 'retry-after': '0' }).end('{"message":"full"}')
  })
  await assert.rejects(busy.daytona.create(), DaytonaServiceUnavailableError)
  assert.equal(answers, 1, 'a 503 of a POST is the answer')
  answers = 0
  await assert.rejects(busy.daytona.get('a'), DaytonaServiceUnavailableError)
  assert.equal(answers, 3)

  answers = 0
  await using slow = await serve((_, response) => {
    answers += 1
    response.writeHead(429, { 'retry-after': '3600' }).end('{"message":"later"}')
  })
  await assert.rejects(slow.daytona.get('a'), (error: DaytonaRateLimitError) => {
    assert.ok(error instanceof DaytonaRateLimitError)
    return error.headers?.get('retry-after') === '3600'
  })
  assert.equal(answers, 1, 'an hour is not waited for')
})

test('a connection that breaks is made again only for calls that may be repeated', async () => {
  let calls = 0
  await using server = await serve((request, response) => {
    calls += 1
    if (calls % 2 === 1) return void request.socket.destroy()
    response.end(JSON.stringify(sandbox))
  })
  assert.equal((await server.daytona.get('a')).id, 'a')
  assert.equal(calls, 2)
  await assert.rejects(server.daytona.create(), DaytonaConnectionError)
  assert.equal(calls, 3)
})

test('a call ends with its deadline, or with the signal of its caller', async () => {
  await using server = await serve(() => {})
  const { client } = server.daytona
  await assert.rejects(client.call('getHealth', {}, { timeoutMs: 50 }), (error: DaytonaError) => {
    assert.ok(error instanceof DaytonaConnectionTimeoutError && error instanceof DaytonaTimeoutError)
    return /GET \/api\/health did not end within 50 ms/.test(error.message)
  })
  const stop = new AbortController()
  const call = client.call('getHealth', {}, { signal: stop.signal })
  stop.abort(new Error('enough'))
  await assert.rejects(call, /enough/)
  await assert.rejects(client.call('getHealth', {}, { signal: AbortSignal.abort(new Error('before')) }), /before/)
})

test('answers that are no JSON of ours are errors all the same', async () => {
  await using server = await serve((_, response) => void response.writeHead(418).end('<h1>a proxy</h1>'))
  await assert.rejects(server.daytona.get('a'), (error: DaytonaError) => {
    assert.deepEqual([error.constructor, error.statusCode, error.message], [DaytonaError, 418, '<h1>a proxy</h1>'])
    return true
  })
})

test('names go into paths and queries as they are', async () => {
  const urls: (string | undefined)[] = []
  await using server = await serve((request, response) => {
    urls.push(request.url)
    response.end(JSON.stringify({ items: [], nextCursor: null }))
  })
  await server.daytona.client.call('getSandbox', { params: { sandboxIdOrName: 'a/../b?c' } })
  await server.daytona.listSandboxes({ states: ['started', 'stopped'], labels: { a: 'b&c' }, targets: ['us'] })
  assert.deepEqual(urls, [
    '/api/sandbox/a%2F..%2Fb%3Fc',
    '/api/sandbox?states=started&states=stopped&regionIds=us&labels=%7B%22a%22%3A%22b%26c%22%7D',
  ])
})

test('settings that cannot work are refused before anything is sent', async () => {
  assert.throws(() => new Daytona({ apiKey: 'x', apiUrl: 'localhost' }), DaytonaInvalidArgumentError)
  assert.throws(() => new Daytona({ jwtToken: 'x', organizationId: undefined, apiUrl: 'http://x' }), /organizationId/)
  const daytona = new Daytona({ apiKey: 'x', apiUrl: 'http://127.0.0.1:1/api' })
  await assert.rejects(daytona.create({ image: 'a', snapshot: 'b' }), /not of both/)
  await assert.rejects(daytona.create({ ephemeral: true, autoDeleteInterval: 5 }), /ephemeral/)
  await assert.rejects(daytona.create({}, -1), /timeout/)
  await assert.rejects(daytona.get(''), /empty/)
})

test('an answer that leads elsewhere is not followed: the credentials and the call are for nobody else', async () => {
  const seen: string[] = []
  await using server = await serve((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    response.writeHead(307, { location: '/api/sandbox/other' }).end()
  })
  await assert.rejects(server.daytona.get('a'), /leads to .*\/api\/sandbox\/other/)
  await assert.rejects(server.daytona.create(), DaytonaError)
  assert.deepEqual(seen, ['GET /api/sandbox/a', 'POST /api/sandbox'])
})

test('Node waits for an answer as long as the call may take', async () => {
  const { dispatcher } = (await patientFetchOptions()) as { dispatcher?: { constructor: new (o: object) => object } }
  assert.ok(dispatcher !== undefined, 'this Node has the dispatcher that is looked for')
  await using server = await serve((_, response) => void setTimeout(() => response.end('late'), 2500))
  // The same kind of dispatcher with a short patience fails: it is what decides.
  const hasty = new dispatcher.constructor({ headersTimeout: 100 })
  await assert.rejects(fetch(server.url, { dispatcher: hasty } as object), TypeError)
  assert.equal(await (await fetch(server.url, { dispatcher } as object)).text(), 'late')
})

test('a stream is let go of when its request is given up or refused, and what it fails with is told', async () => {
  await using server = await serve((request, response) => {
    if (request.url === '/refused') response.writeHead(413).end()
  })
  const { client } = server.daytona
  const send = (path: string, body: ReadableStream<Uint8Array>, signal?: AbortSignal) =>
    client.json({ method: 'POST', url: `${server.url}${path}`, body, signal })
  const endless = (told: unknown[]) =>
    new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        controller.enqueue(new Uint8Array(1000))
      },
      cancel: (reason) => void told.push(reason),
    })
  const aborted: unknown[] = []
  const refused: unknown[] = []
  const stop = new AbortController()
  setTimeout(() => stop.abort(new Error('enough')), 50)
  await assert.rejects(send('/taken', endless(aborted), stop.signal), /enough/)
  await assert.rejects(send('/refused', endless(refused)), DaytonaError)
  assert.deepEqual([aborted.length, refused.length], [1, 1])
  const broken = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('no more disk')) })
  await assert.rejects(send('/taken', broken), (error: DaytonaError) =>
    /no more disk/.test(`${error.message} ${error.cause}`),
  )
})

async function serve(listener: RequestListener) {
  const server = createServer((request, response) => {
    request.resume()
    return listener(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    daytona: new Daytona({ apiUrl: `${url}/api`, apiKey: 'dtn_x' }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
