import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { eventually, known, readAll, startGround } from '../testing/ground.ts'

const bearer = { authorization: `Bearer ${known.key}` }
const base = `/toolbox/${known.id}`

/** Answers with what it was sent. */
const echo: RequestListener = async (request, response) => {
  const body = await text(request)
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }))
}

for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
  test(`${method} arrives with its body, and without one`, async (t) => {
    const ground = await startGround(t)
    await ground.serve('agent', echo)
    const plain = await ground.ask({ method, path: `${base}/a`, headers: bearer })
    assert.equal(JSON.parse(plain.text).method, method)
    assert.equal(JSON.parse(plain.text).body, '')
    assert.equal(JSON.parse(plain.text).headers['transfer-encoding'], undefined)

    const counted = await ground.ask({ method, path: base, headers: { ...bearer, 'content-length': 5 }, body: 'bytes' })
    assert.equal(JSON.parse(counted.text).body, 'bytes')
    assert.equal(JSON.parse(counted.text).headers['content-length'], '5')

    const headers = { ...bearer, 'transfer-encoding': 'chunked' }
    const chunked = await ground.ask({ method, path: base, headers, body: 'chunks' })
    assert.equal(JSON.parse(chunked.text).body, 'chunks')
    assert.equal(JSON.parse(chunked.text).headers['content-length'], undefined)
  })
}

test('paths and queries keep their encoding', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', echo)
  const table: [string, string][] = [
    [base, '/'],
    [`${base}/`, '/'],
    [`${base}?x=1`, '/?x=1'],
    [`${base}/files/a%2Fb%20c//d?q=%41&&r=a+b&DAYTONA_SANDBOX_AUTH_KEY=zz`, '/files/a%2Fb%20c//d?q=%41&&r=a+b'],
    [`${base}/f?DAYTONA_SANDBOX_AUTH_KEY=zz`, '/f'],
    [`${base}/f?DAYTONA%5FSANDBOX_AUTH_KEY=zz&a_b=1`, '/f?a_b=1'],
    [`${base}/../sb-2/x`, '/../sb-2/x'],
    ['/toolbox/my%20box/x', '/x'],
  ]
  for (const [path, expected] of table) {
    const answer = await ground.ask({ path, headers: bearer })
    assert.equal(JSON.parse(answer.text).url, expected, path)
  }
})

test('a long stream passes both ways at bounded memory', { timeout: 60_000 }, async (t) => {
  const ground = await startGround(t)
  const chunk = Buffer.alloc(1024 * 1024, 7)
  const count = 200
  await ground.serve('agent', async (request, response) => {
    const hash = createHash('sha256')
    for await (const part of request) hash.update(part)
    response.writeHead(200, { 'x-received': hash.digest('hex') })
    Readable.from(Array.from({ length: count }, () => chunk)).pipe(response)
  })
  let sent = 0
  const body = new Readable({
    read() {
      this.push(sent++ < count ? chunk : null)
    },
  })
  // Client, gateway and agent are one process here, and 400 MiB pass through it; the collector sets the rest.
  const before = process.memoryUsage().rss
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss - before)
  }, 20)
  const options = { port: ground.port, method: 'POST', path: base, headers: bearer, agent: false }
  const request = httpRequest(options)
  body.pipe(request)
  const [answer]: IncomingMessage[] = await once(request, 'response')
  assert.ok(answer)
  const hash = createHash('sha256')
  let length = 0
  for await (const part of answer) {
    hash.update(part)
    length += part.length
  }
  clearInterval(timer)
  assert.equal(length, count * chunk.length)
  assert.equal(answer.headers['x-received'], hash.digest('hex'))
  assert.ok(peak < 180 * 1024 * 1024, `client, gateway and agent together grew by ${peak} bytes`)
})

test('a reader that stops holds up the writer', async (t) => {
  const ground = await startGround(t)
  let written = 0
  await ground.serve('agent', (_request, response) => {
    const chunk = Buffer.alloc(64 * 1024)
    const more = () => {
      do written += chunk.length
      while (!response.destroyed && response.write(chunk))
    }
    response.on('drain', more).on('error', () => {})
    more()
  })
  const socket = ground.dialGateway()
  socket.pause()
  socket.write(`GET ${base} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${known.key}\r\n\r\n`)
  await eventually(() => written > 0, 'bytes flow')
  let last = -1
  while (last !== written) {
    last = written
    await new Promise((resolve) => setTimeout(resolve, 150))
  }
  assert.ok(written < 32 * 1024 * 1024, `${written} bytes were taken for a reader that does not read`)
  socket.destroy()
})

test('events and heads come at once', async (t) => {
  const ground = await startGround(t)
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  await ground.serve('agent', async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    await released
    response.write('data: 1\n\n')
  })
  const request = httpRequest({ port: ground.port, path: base, headers: bearer, agent: false }).end()
  const [answer]: IncomingMessage[] = await once(request, 'response')
  assert.equal(answer?.headers['content-type'], 'text/event-stream')
  release()
  const [first] = await once(answer, 'data')
  assert.equal(String(first), 'data: 1\n\n')
  request.destroy()
})

test('the head of a request goes before its first byte', async (t) => {
  const ground = await startGround(t)
  const { promise: seen, resolve } = Promise.withResolvers<void>()
  await ground.serve('agent', async (request, response) => {
    resolve()
    response.end(await text(request))
  })
  const request = httpRequest({ port: ground.port, method: 'POST', path: base, headers: bearer, agent: false })
  request.flushHeaders()
  await seen
  request.end('late')
  const [answer]: IncomingMessage[] = await once(request, 'response')
  assert.ok(answer)
  assert.equal(await text(answer), 'late')
})

test('HEAD, 204 and 304 have no body and keep their headers', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', (request, response) => {
    const status = Number(request.url?.slice(1))
    response.writeHead(status, status === 200 ? { 'content-length': 42 } : { etag: '"e"' }).end()
  })
  const head = await ground.ask({ method: 'HEAD', path: `${base}/200`, headers: bearer })
  assert.deepEqual([head.status, head.headers['content-length'], head.text], [200, '42', ''])
  for (const status of [204, 304]) {
    const answer = await ground.ask({ path: `${base}/${status}`, headers: bearer })
    assert.deepEqual([answer.status, answer.headers.etag, answer.text], [status, '"e"', ''])
  }
})

test('trailers pass both ways', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', async (request, response) => {
    await text(request)
    response.writeHead(200, { trailer: 'x-sum' })
    response.write('body')
    response.addTrailers({ 'x-sum': `got ${request.trailers['x-in']} te=${request.headers.te}` })
    response.end()
  })
  const headers = { ...bearer, trailer: 'x-in', te: 'trailers', 'transfer-encoding': 'chunked' }
  const request = httpRequest({ port: ground.port, method: 'POST', path: base, headers, agent: false })
  request.write('x')
  request.addTrailers({ 'x-in': 'in' })
  request.end()
  const [answer]: IncomingMessage[] = await once(request, 'response')
  assert.ok(answer)
  await text(answer)
  assert.equal(answer.trailers['x-sum'], 'got in te=trailers')
})

test('what may not be said in a head is not said in trailers either', async (t) => {
  const ground = await startGround(t)
  const seen: NodeJS.Dict<string>[] = []
  await ground.serve(3000, async (request, response) => {
    await text(request)
    seen.push(request.trailers)
    response.writeHead(200, { trailer: 'x-sum' })
    response.write('body')
    response.addTrailers([
      ['X-Sum', 'out'],
      ['Set-Cookie', 'a=1; Domain=preview.test'],
      ['Clear-Site-Data', '"*"'],
      ['Connection', 'close'],
      ['Transfer-Encoding', 'gzip'],
      ['Location', 'http://localhost:3000/x'],
    ] as never)
    response.end()
  })
  const socket = ground.dialGateway()
  socket.write(
    `POST / HTTP/1.1\r\nHost: 3000-${known.id}.localhost\r\nX-Daytona-Preview-Token: ${known.token}\r\nTE: trailers\r\n` +
      'Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-In: in\r\nX-Forwarded-For: 6.6.6.6\r\nX_Forwarded_Host: evil\r\n' +
      'X-Daytona-Preview-Token: t\r\nAuthorization: Basic x\r\nCookie: a=b\r\nHost: evil\r\n\r\n',
  )
  const trailers = (await readAll(socket)).split('\r\n0\r\n')[1]
  assert.deepEqual(seen, [{ 'x-in': 'in' }])
  assert.equal(trailers, 'X-Sum: out\r\n\r\n')
})

test('the program inside decides on Expect: 100-continue', async (t) => {
  const ground = await startGround(t)
  const server = createServer()
  server.on('checkContinue', async (request, response) => {
    if (request.url === '/no') {
      response.writeHead(417).end()
      return
    }
    response.writeContinue()
    response.end(await text(request))
  })
  await ground.serve('agent', server)
  const run = async (path: string) => {
    const headers = { ...bearer, expect: '100-continue', 'content-length': 4 }
    const request = httpRequest({ port: ground.port, method: 'POST', path: base + path, headers, agent: false })
    let continues = 0
    request.on('continue', () => {
      continues += 1
      request.end('body')
    })
    request.flushHeaders()
    const [answer]: IncomingMessage[] = await once(request, 'response')
    assert.ok(answer)
    const body = await text(answer)
    request.on('error', () => {}).destroy()
    return { status: answer.statusCode, body, continues }
  }
  assert.deepEqual(await run('/yes'), { status: 200, body: 'body', continues: 1 })
  assert.deepEqual(await run('/no'), { status: 417, body: '', continues: 0 })
})

test('early hints pass', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', (_request, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' })
    response.end('x')
  })
  const request = httpRequest({ port: ground.port, path: base, headers: bearer, agent: false }).end()
  const [[hint], [answer]] = await Promise.all([once(request, 'information'), once(request, 'response')])
  assert.deepEqual([hint.statusCode, hint.headers.link], [103, '</a.css>; rel=preload; as=style'])
  assert.equal(answer.statusCode, 200)
  request.destroy()
})

test('a client that goes away ends the request inside', async (t) => {
  const ground = await startGround(t)
  let begun = 0
  let aborted = 0
  await ground.serve('agent', (request, response) => {
    begun += 1
    response.once('close', () => {
      aborted += 1
    })
    if (request.url === '/answering') response.write('first')
  })
  for (const path of ['/waiting', '/answering']) {
    const expected = begun + 1
    const request = httpRequest({ port: ground.port, path: base + path, headers: bearer, agent: false }).end()
    request.on('error', () => {})
    await eventually(() => begun === expected, 'the request is inside')
    request.destroy()
    await eventually(() => aborted === expected, `${path} is aborted inside`)
  }
})

test('an answer that is cut inside is cut outside; one that never began is 502', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', (request, response) => {
    if (request.url === '/none') {
      request.socket.destroy()
      return
    }
    const headers = request.url === '/counted' ? { 'content-length': 100 } : {}
    response.writeHead(200, headers)
    response.write('part', () => setTimeout(() => response.destroy(), 20))
  })
  for (const path of ['/counted', '/chunked']) {
    await assert.rejects(ground.ask({ path: base + path, headers: bearer }), /aborted/, path)
  }
  const answer = await ground.ask({ method: 'POST', path: `${base}/none`, headers: bearer, body: 'x' })
  assert.equal(answer.status, 502)
  const body = JSON.parse(answer.text)
  assert.deepEqual([body.code, body.source, body.path], ['BAD_GATEWAY', 'DAYTONA_PROXY', `${base}/none`])
})

test('answers that are not HTTP, or badly framed, are 502', async (t) => {
  const ground = await startGround(t)
  const table = [
    'nonsense\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc',
    `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    '',
  ]
  for (const raw of table) {
    await ground.serve(
      'agent',
      createNetServer((socket) => {
        socket.on('error', () => {}).once('data', () => socket.end(raw))
      }),
    )
    ground.gateway.forget(known.id)
    const answer = await ground.ask({ path: base, headers: bearer })
    assert.equal(answer.status, 502, JSON.stringify(raw.slice(0, 80)))
  }
})

test('connections are kept, dropped on a change of state, and a dead one is replaced once', async (t) => {
  const ground = await startGround(t)
  const server = await ground.serve('agent', echo)
  const get = () => ground.ask({ path: base, headers: bearer })
  for (let count = 0; count < 5; count += 1) await get()
  assert.deepEqual(ground.dialled, ['agent'])

  ground.gateway.forget(known.id)
  await get()
  assert.equal(ground.dialled.length, 2)

  // The kept connection dies without a word while the next request is written to it.
  server.removeAllListeners('request')
  server.once('request', (request) => request.socket.destroy())
  server.on('request', echo)
  const again = await get()
  assert.equal(again.status, 200)
  assert.equal(ground.dialled.length, 3)
})

test('a request with a body is never sent twice', async (t) => {
  const ground = await startGround(t)
  let count = 0
  await ground.serve('agent', async (request, response) => {
    count += 1
    await text(request)
    if (request.url === '/die') request.socket.destroy()
    else response.end()
  })
  await ground.ask({ path: base, headers: bearer })
  await ground.ask({ path: base, headers: bearer })
  const answer = await ground.ask({ method: 'POST', path: `${base}/die`, headers: bearer, body: 'pay' })
  assert.deepEqual([answer.status, count], [502, 3])
})

test('requests that want to be read as two are read as one, or refused', async (t) => {
  const ground = await startGround(t)
  const seen: string[] = []
  await ground.serve('agent', async (request, response) => {
    seen.push(`${request.method} ${request.url} ${await text(request)}`)
    response.end('ok')
  })
  const auth = `Host: x\r\nAuthorization: Bearer ${known.key}\r\n`
  const inner = 'GET /smuggled HTTP/1.1\r\nHost: y\r\n\r\n'
  const size = Buffer.byteLength(inner)
  const speak = async (raw: string) => {
    const socket = ground.dialGateway()
    socket.write(raw, 'latin1')
    socket.setTimeout(300, () => socket.end())
    return (await readAll(socket)).split('\r\n', 1)[0]
  }
  const refused: string[] = [
    `POST ${base} HTTP/1.1\r\n${auth}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    `POST ${base} HTTP/1.1\r\n${auth}Content-Length: 0\r\nContent-Length: ${size}\r\n\r\n${inner}`,
    `POST ${base} HTTP/1.1\r\n${auth}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    `POST ${base} HTTP/1.1\r\n${auth}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `GET ${base} HTTP/1.1\r\n${auth}Transfer-Encoding : chunked\r\n\r\n${inner}`,
    `GET ${base} HTTP/1.1\r\n${auth}Host: z\r\n\r\n`,
    `GET http://x${base} HTTP/1.1\r\nHost: 3000-${known.id}.localhost\r\n\r\n`,
  ]
  for (const raw of refused) assert.match((await speak(raw)) ?? '', /^HTTP\/1\.1 400/, raw)
  assert.deepEqual(seen, [])
  assert.equal(await speak(`CONNECT ${known.id}:80 HTTP/1.1\r\n${auth}\r\n`), '')

  // `Connection` may not take the framing away from a body.
  const named = `GET ${base} HTTP/1.1\r\n${auth}Connection: content-length, close\r\nContent-Length: ${size}\r\n\r\n`
  assert.match((await speak(named + inner)) ?? '', /200/)
  assert.deepEqual(seen, [`GET / ${inner}`])
})
