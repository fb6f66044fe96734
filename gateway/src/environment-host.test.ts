import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { type Ask, known, startGround } from './testing/ground.ts'

const host = `${known.environment}.localhost:4000`
const browser = { accept: 'text/html,*/*', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

test('a host without a port is what the environment serves, with all that previews have', async (t) => {
  const ground = await startGround(t, {
    cors: 'same-site',
    hasWarning: true,
    signIn: { homeOf: () => 'http://localhost:4000', hasIssuer: false },
  })
  const server = createServer((request, response) => {
    if (request.url === '/away') response.writeHead(302, { location: 'http://localhost:3000/here' }).end()
    else response.end(`app ${request.url} ${request.headers.host} ${request.headers.cookie ?? ''}`)
  })
  new WebSocketServer({ server }).on('connection', (socket) => socket.send('hello'))
  await ground.serve(known.signedPort, server)
  await ground.serve(4321, (_, response) => void response.end('another port'))
  const cookie = `daytona-sandbox-auth-${known.environment}=${known.token}; own=1`
  const ask = (headers: Ask['headers'] = {}, path = '/toolbox/x') => ground.ask({ host, path, headers })

  const stranger = await ask()
  assert.equal(stranger.status, 401)
  assert.match(stranger.text, /This preview is private/)
  assert.equal((await ask({ authorization: 'Bearer nope' })).status, 401)
  assert.equal(
    (await ask({ cookie: `daytona-sandbox-auth-${known.id}=${known.token}` })).status,
    401,
    'of another host',
  )
  assert.equal((await ask({ cookie })).text, 'app /toolbox/x localhost:3000 own=1')
  assert.equal((await ask({ authorization: `Bearer ${known.key}` })).status, 200)
  assert.equal((await ask({ cookie }, '/away')).headers.location, `http://${host}/here`)
  assert.match((await ask(browser)).headers.location ?? '', /^http:\/\/localhost:4000\/preview-sign-in\?to=/)
  const person = { ...browser, cookie, 'user-agent': 'Mozilla/5.0' }
  assert.match((await ask(person)).text, /somebody runs in a sandbox/)
  const other = { cookie, origin: `http://4321-${known.environment}.localhost:4000` }
  assert.equal((await ask(other)).headers['access-control-allow-origin'], other.origin, 'a port of the same sandbox')

  const ported = await ground.ask({ host: `4321-${known.environment}.localhost:4000`, headers: { cookie } })
  assert.equal(ported.text, 'another port')
  const headers = { authorization: `Bearer ${known.key}` }
  const byPath = await ground.ask({ path: `/preview/${known.environment}/3000/x`, headers })
  assert.match(byPath.text, /^app \/x/)

  const socket = new WebSocket(`ws://127.0.0.1:${ground.port}/`, { headers: { host, cookie } })
  const [message] = await once(socket, 'message')
  assert.equal(String(message), 'hello')
  socket.terminate()
})

test('what answers elsewhere is named by its port', async (t) => {
  const ground = await startGround(t)
  await ground.serve('agent', (_, response) => void response.end(JSON.stringify({ ports: [8080] })))
  const headers = { ...browser, cookie: `daytona-sandbox-auth-${known.environment}=${known.token}` }
  const page = await ground.ask({ host, headers })
  assert.equal(page.status, 502)
  assert.match(page.text, new RegExp(`href="//8080-${known.environment}\\.localhost:4000/"`))
})

test('a change of the port counts as soon as it is told, for whoever was let in, too', async (t) => {
  const ground = await startGround(t)
  await ground.serve(known.signedPort, (_, response) => void response.end('before'))
  await ground.serve(4321, (_, response) => void response.end('after'))
  ground.sandbox.isPublic = true
  const text = async () => (await ground.ask({ host })).text
  assert.equal(await text(), 'before')
  ground.sandbox.servedPort = 4321
  assert.equal(await text(), 'before', 'it is remembered for a moment')
  ground.gateway.forget(known.id)
  assert.equal(await text(), 'after')
})
