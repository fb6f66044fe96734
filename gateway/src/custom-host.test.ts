import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { type Ask, known, startGround } from './testing/ground.ts'

const customHost = 'app.customer.test'
const browser = { accept: 'text/html,*/*', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

test('a domain of a user is a preview of its port, with all that previews have', async (t) => {
  const ground = await startGround(t, {
    customHost,
    hasWarning: true,
    cors: 'same-site',
    signIn: { homeOf: () => 'http://localhost:4000', hasIssuer: false },
  })
  const server = createServer((request, response) => {
    response.setHeader('Set-Cookie', [`daytona-sandbox-auth-${known.id}=evil`, 'own=1'])
    response.end(`app ${request.url} ${request.headers.host} ${request.headers.cookie ?? ''}`)
  })
  new WebSocketServer({ server }).on('connection', (socket) => socket.send('hello'))
  await ground.serve(known.signedPort, server)
  const cookie = `daytona-sandbox-auth-${known.id}=${known.token}; own=1`
  const ask = (headers: Ask['headers'] = {}, host = customHost) => ground.ask({ host, path: '/toolbox/x', headers })

  assert.equal((await ask()).status, 401, 'private')
  assert.equal((await ask({ 'x-daytona-preview-token': 'wrong' })).status, 401)
  const passed = await ask({ cookie })
  assert.match(passed.text, /^app \/toolbox\/x .* own=1$/, 'the path of the platform is the program’s own')
  assert.deepEqual(passed.headers['set-cookie'], ['own=1'])
  assert.match((await ask({ 'x-daytona-preview-token': known.token }, 'APP.customer.test:443')).text, /^app/)
  const invited = await ask(browser)
  assert.deepEqual([invited.status, /preview-sign-in\?to=/.test(invited.headers.location ?? '')], [302, true])
  const person = { ...browser, cookie, 'user-agent': 'Mozilla/5.0' }
  assert.match((await ask(person)).text, /about to see a preview/)

  ground.sandbox.isPublic = true
  const open = await ask({ origin: `http://3001-${known.id}.localhost`, cookie: '' })
  assert.equal(open.headers['access-control-allow-origin'], undefined, 'other names of the sandbox are other sites')
  ground.sandbox.isPublic = false
  ground.gateway.forget(known.id)
  const socket = new WebSocket(`ws://127.0.0.1:${ground.port}/`, { headers: { host: customHost, cookie } })
  assert.equal(String((await once(socket, 'message'))[0]), 'hello')
  socket.terminate()
  const foreign = await ask({ cookie, origin: 'https://evil.test' })
  assert.equal(foreign.status, 401, 'a page elsewhere does not use the cookie')
  assert.equal((await ask({}, 'other.customer.test')).status, 401, 'by path: a toolbox call of the platform')
  assert.equal((await ground.ask({ host: 'other.customer.test', path: '/' })).text, 'the server')
})

test('a page of a domain tells nothing of other ports', async (t) => {
  const ground = await startGround(t, { customHost })
  ground.sandbox.isPublic = true
  await ground.serve('agent', (_request, response) => response.end(JSON.stringify({ ports: [8080] })))
  const answer = await ground.ask({ host: customHost, headers: browser })
  assert.equal(answer.status, 502)
  assert.doesNotMatch(answer.text, /8080/)
})
