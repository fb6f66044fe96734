import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { openReceiver } from '../testing/receiver.ts'
import { createDestinations } from './destination.ts'
import { createPost } from './post.ts'
import { createResolve, parseHosts } from './resolve.ts'

const headers = { 'content-type': 'application/json' }

test('private, special and own addresses are refused, however they are written', async () => {
  const destinations = createDestinations([])
  const refused = [
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0177.0.0.1/',
    'http://[::]/',
    'http://[::127.0.0.1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:8.8.8.8]/',
    'http://100.64.0.1/',
    'http://169.254.169.254/',
    'http://192.0.0.192/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
    'http://255.255.255.255/',
  ]
  for (const url of refused) assert.throws(() => destinations.checkUrl(url), { code: 'BAD_REQUEST' }, url)
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  for (const { address } of own)
    assert.throws(() => destinations.checkAddress(address), { code: 'BAD_REQUEST' }, address)
  for (const url of ['http://8.8.8.8/', 'https://[2606:4700::1111]/', 'https://hooks.example.com:8443/x?y=z']) {
    assert.equal(destinations.checkUrl(url).href, url)
  }
})

test('an allowed range is open, and no more than that', () => {
  const destinations = createDestinations(['10.1.0.0/16', '127.0.0.1', 'fd00::/8'])
  for (const address of ['10.1.2.3', '127.0.0.1', 'fd00::1']) destinations.checkAddress(address)
  for (const address of ['10.2.0.1', '127.0.0.2', 'fe80::1']) {
    assert.throws(() => destinations.checkAddress(address), { code: 'BAD_REQUEST' })
  }
})

test('a name is judged by the address that is connected to', async () => {
  await using receiver = await openReceiver()
  const closed = createPost(createDestinations([]))
  const refused = await closed(`http://localhost:${receiver.port}/`, headers, '{}')
  assert.match(refused.error ?? '', /^localhost has no address that webhooks may be sent to$/)
  assert.equal(receiver.received.length, 0)
  closed.close()
  const open = createPost(createDestinations(['127.0.0.0/8']))
  assert.equal((await open(`http://localhost:${receiver.port}/`, headers, '{}')).status, 204)
  open.close()
})

test('a redirect is an answer and not a way', async () => {
  await using target = await openReceiver()
  await using receiver = await openReceiver()
  receiver.answer = (_, response) => void response.writeHead(307, { location: target.url }).end()
  const post = createPost(createDestinations(['127.0.0.0/8']))
  assert.equal((await post(receiver.url, headers, '{}')).status, 307)
  assert.equal(target.received.length, 0)
  post.close()
})

test('slow, endless, broken and silent receivers end within the time', async () => {
  const post = createPost(createDestinations(['127.0.0.0/8']), 400)
  await using receiver = await openReceiver()
  const startedAt = performance.now()
  receiver.answer = () => {}
  assert.deepEqual(await post(receiver.url, headers, '{}'), {
    status: null,
    excerpt: '',
    error: 'No answer within 0.4 s',
  })
  receiver.answer = (request) => request.socket.destroy()
  assert.match((await post(receiver.url, headers, '{}')).error ?? '', /^Not reached: ECONNRESET$/)
  receiver.answer = (request) => request.socket.end('HTTP/1.1 banana\r\n\r\n')
  assert.match((await post(receiver.url, headers, '{}')).error ?? '', /^Not reached: HPE_/)
  receiver.answer = (request) => request.socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`)
  assert.match((await post(receiver.url, headers, '{}')).error ?? '', /^Not reached: HPE_HEADER_OVERFLOW$/)
  // It has taken the message, whatever it does with its answer.
  receiver.answer = (_, response) => {
    const flood = () => {
      while (response.write('x'.repeat(10_000)));
    }
    response.writeHead(200)
    response.on('drain', flood).on('error', () => {})
    flood()
  }
  const flooded = await post(receiver.url, headers, '{}')
  assert.deepEqual([flooded.status, flooded.excerpt.length], [200, 1000])
  receiver.answer = (_, response) => void response.writeHead(202).write('begun')
  assert.deepEqual(await post(receiver.url, headers, '{}'), { status: 202, excerpt: 'begun', error: null })
  assert.ok(performance.now() - startedAt < 4000, `${performance.now() - startedAt} ms`)
  post.close()
})

test('nothing listens, and names that lead nowhere', async () => {
  const post = createPost(createDestinations(['127.0.0.0/8']))
  assert.equal((await post('http://127.0.0.1:9/', headers, '{}')).error, 'Not reached: ECONNREFUSED')
  assert.match((await post('http://no-such-name.invalid/', headers, '{}')).error ?? '', /^Not reached: E/)
  post.close()
})

test('kept connections are used again, and one that has been closed meanwhile does no harm', async () => {
  let connections = 0
  const http = createServer((_, response) => void response.end())
  http.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as { port: number }
  const post = createPost(createDestinations(['127.0.0.0/8']))
  for (let index = 0; index < 20; index += 1) {
    assert.equal((await post(`http://127.0.0.1:${port}/`, headers, '{}')).status, 200)
    if (index === 9) assert.equal(connections, 1)
    // Its end arrives at about the time at which the next message is written.
    if (index >= 9) http.closeIdleConnections()
  }
  post.close()
  http.close()
})

test('a name with open and closed addresses leads to the open ones only, each time anew', async () => {
  await using receiver = await openReceiver()
  const answers = [['127.0.0.1'], ['10.0.0.1', '127.0.0.1'], ['10.0.0.1'], []]
  const resolve = async () => (answers.shift() ?? []).map((address) => ({ address, family: 4 }))
  const post = createPost(createDestinations(['127.0.0.1'], resolve))
  receiver.answer = (_, response) => void response.writeHead(204, { connection: 'close' }).end()
  const url = `http://rebinding.example:${receiver.port}/`
  assert.equal((await post(url, headers, '{}')).status, 204)
  assert.equal((await post(url, headers, '{}')).status, 204)
  assert.match((await post(url, headers, '{}')).error ?? '', /has no address/)
  assert.match((await post(url, headers, '{}')).error ?? '', /has no address/)
  assert.equal(receiver.received[0]?.headers.host, `rebinding.example:${receiver.port}`)
  post.close()
})

test('names of the hosts file are known', async () => {
  const hosts = parseHosts('127.0.0.1 localhost Box # note\n::1 localhost\n\n# 10.0.0.1 no\nnonsense here\n')
  assert.deepEqual(hosts.get('localhost'), [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ])
  assert.deepEqual([...hosts.keys()], ['localhost', 'box'])
  assert.ok((await createResolve()('LOCALHOST')).some(({ address }) => address === '127.0.0.1'))
})
