import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { limits, type WakeAnswer } from '@sandyard/protocol'
import { eventually, type Ground, known, readAll, startGround } from './testing/ground.ts'

const base = `/toolbox/${known.id}`
const host = `3000-${known.id}.localhost:4000`
const token = { 'x-daytona-preview-token': known.token }
const browser = { ...token, accept: 'text/html', 'sec-fetch-mode': 'navigate' }

const echo: RequestListener = (request, response) => void request.pipe(response)

/** A ground whose sandbox rests and is started by a request, after a while. */
async function sleeping(
  t: Parameters<typeof startGround>[0],
  { afterMs = 50, state = 'stopped', answer = { kind: 'started' } as WakeAnswer, from = 'starting' } = {},
): Promise<Ground> {
  const ground: Ground = await startGround(t, {
    async onWake() {
      ground.sandbox.state = from
      ground.gateway.forget(known.id)
      await setTimeout(afterMs)
      if (answer.kind === 'refused') ground.sandbox.state = state
      else if (answer.kind === 'started') ground.sandbox.state = 'started'
      ground.gateway.forget(known.id)
      return answer
    },
  })
  ground.sandbox.state = state
  ground.sandbox.isWakeable = true
  return ground
}

test('a request of a program starts the sandbox and is answered by it, its body whole', async (t) => {
  const ground = await sleeping(t)
  await ground.serve('agent', echo)
  await ground.serve(3000, echo)
  const body = Buffer.alloc(3_000_000, 'x')
  const toolbox = await ground.ask({ method: 'POST', path: base, headers: token, body })
  assert.deepEqual([toolbox.status, toolbox.text.length], [200, body.length])
  ground.sandbox.state = 'stopped'
  ground.gateway.forget(known.id)
  const preview = await ground.ask({ method: 'POST', host, headers: { ...browser }, body })
  assert.deepEqual([preview.status, preview.text.length], [200, body.length])
  assert.deepEqual(ground.woken, [known.id, known.id])
  assert.equal(ground.touched.length, 2)
})

test('a program that listens only a moment later is waited for', async (t) => {
  const ground = await sleeping(t)
  const asking = ground.ask({ host, headers: token })
  await eventually(() => ground.dialled.length > 1, 'it is dialled again')
  await ground.serve(3000, (_, response) => void response.end('up'))
  assert.equal((await asking).text, 'up')
})

test('a WebSocket waits as well', async (t) => {
  const ground = await sleeping(t)
  const server = await ground.serve(3000, (_, response) => void response.end())
  server.on('upgrade', (_, socket) => {
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello')
  })
  const socket = ground.dialGateway()
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Daytona-Preview-Token: ${known.token}\r\n\r\n`,
  )
  assert.match(await readAll(socket), /^HTTP\/1.1 101 [\s\S]*hello$/)
})

test('who may not pass starts nothing, and neither does what is no use', async (t) => {
  const ground = await sleeping(t)
  assert.equal((await ground.ask({ host })).status, 401)
  assert.equal((await ground.ask({ path: base })).status, 401)
  const skipping = { ...token, 'x-daytona-skip-last-activity-update': 'true' }
  assert.equal((await ground.ask({ host, headers: skipping })).status, 409)
  assert.equal((await ground.ask({ path: base, headers: skipping })).status, 409)
  assert.equal((await ground.ask({ host, headers: { ...browser, 'sec-purpose': 'prefetch' } })).status, 409)
  ground.sandbox.isWakeable = false
  assert.equal((await ground.ask({ host, headers: token })).status, 409)
  assert.deepEqual(ground.woken, [])
})

test('a browser sees a page that goes on by itself', async (t) => {
  const ground = await sleeping(t, { afterMs: 4_000 })
  await ground.serve(3000, (_, response) => void response.end('the app'))
  const startedAt = performance.now()
  const page = await ground.ask({ host, headers: browser })
  assert.ok(performance.now() - startedAt < 3_500)
  assert.deepEqual([page.status, page.headers.refresh, page.headers['retry-after']], [503, '2', '2'])
  assert.match(page.text, /This sandbox is starting/)
  assert.match(page.text, /goes on by itself/)
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'; style-src 'sha256-/)
  assert.doesNotMatch(page.text, /<script|src=|url\(/)
  let last = await ground.ask({ host, headers: browser })
  for (let round = 0; last.status === 503 && round < 5; round += 1) last = await ground.ask({ host, headers: browser })
  assert.deepEqual([last.status, last.text], [200, 'the app'])
})

test('after a start, a page waits for the program and names the ports that answer', async (t) => {
  const ground = await sleeping(t)
  await ground.serve('agent', (_, response) => void response.end(JSON.stringify({ ports: [8080] })))
  const page = await ground.ask({ host, headers: browser })
  assert.deepEqual([page.status, page.headers.refresh], [502, '2'])
  assert.match(page.text, /Waiting for the program/)
  assert.match(page.text, /8080/)
})

test('a start that fails is told, with the time until the next one, and not tried by the same request again', async (t) => {
  const answer = { kind: 'refused', reason: 'There is no room', retryAfterMs: 7_500 } as const
  const ground = await sleeping(t, { answer })
  const refused = await ground.ask({ host, headers: token })
  assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '8'])
  assert.match(JSON.parse(refused.text).message, /could not be started: There is no room$/)
  assert.equal(ground.woken.length, 1)
  const page = await ground.ask({ host, headers: browser })
  assert.deepEqual([page.status, page.headers.refresh], [503, undefined])
  ground.sandbox.isPublic = true
  const stranger = await ground.ask({ host })
  assert.match(JSON.parse(stranger.text).message, /could not be started$/)
})

test('one that is on its way to rest is started when it has come there', async (t) => {
  const ground = await sleeping(t, { state: 'stopping' })
  await ground.serve(3000, echo)
  const asking = ground.ask({ host, headers: token })
  await setTimeout(100)
  assert.deepEqual(ground.woken, [])
  ground.sandbox.state = 'stopped'
  ground.gateway.forget(known.id)
  assert.equal((await asking).status, 200)
  assert.deepEqual(ground.woken, [known.id])
})

test('a caller who leaves is not waited for', async (t) => {
  const ground = await sleeping(t, { afterMs: 300 })
  await ground.serve(3000, echo)
  const socket = ground.dialGateway()
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nX-Daytona-Preview-Token: ${known.token}\r\n\r\n`)
  await eventually(() => ground.woken.length === 1, 'it is woken')
  socket.destroy()
  await setTimeout(500)
  assert.deepEqual(ground.dialled, [])
})

test('many requests at once are all answered', async (t) => {
  const ground = await sleeping(t, { afterMs: 200 })
  await ground.serve(3000, echo)
  const asked = Array.from({ length: 200 }, () => ground.ask({ method: 'POST', host, headers: token, body: 'x' }))
  const answers = await Promise.all(asked)
  assert.ok(answers.every(({ status, text }) => status === 200 && text === 'x'))
})

test('requests for one sandbox cannot take all the room to wait', async (t) => {
  const ground = await sleeping(t, { afterMs: 1500 })
  await ground.serve('agent', echo)
  const statuses = { waited: 0, refused: 0 }
  const all = Array.from({ length: limits.arrivalsOfSandbox + 20 }, async () => {
    const { status } = await ground.ask({ method: 'POST', path: base, headers: token, body: 'x' })
    if (status === 503) statuses.refused++
    else if (status === 200) statuses.waited++
  })
  await Promise.all(all)
  assert.deepEqual(statuses, { waited: limits.arrivalsOfSandbox, refused: 20 })
})

test('what serves and is being started is waited for: programs wait, a browser has a page that goes on', async (t) => {
  const ground = await startGround(t, {})
  ground.sandbox.isPortComing = true
  const asking = ground.ask({ host, headers: token })
  const startedAt = performance.now()
  const page = await ground.ask({ host, headers: browser })
  assert.ok(performance.now() - startedAt < 3_500)
  assert.deepEqual([page.status, page.headers['retry-after']], [503, '2'])
  assert.match(page.text, /Waiting for the application[\s\S]*goes on by itself/)
  await ground.serve(3000, (_, response) => void response.end('up'))
  assert.equal((await asking).text, 'up')
  assert.equal((await ground.ask({ host, headers: browser })).text, 'up')
})
