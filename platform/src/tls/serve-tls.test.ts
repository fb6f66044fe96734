import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, get as httpGet, type Server } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type AddressInfo, connect as netConnect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect as tlsConnect } from 'node:tls'
import { openLog } from '../log.ts'
import { openCertificates } from './certificates.ts'
import { serveTls } from './serve-tls.ts'

function makeCertificate(folder: string, name: string, names: string): void {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`],
      ...['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)],
    ],
    { stdio: 'ignore' },
  )
}

async function ground(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-tls-'))
  makeCertificate(folder, 'main', 'DNS:sandyard.test')
  makeCertificate(folder, 'previews', 'DNS:*.previews.test')
  const files = (names: readonly string[], ending: string) => names.map((name) => join(folder, `${name}.${ending}`))
  const names = ['main', 'previews']
  const log = openLog({ file: join(folder, 'log'), level: 'info' })
  const pairs = { certs: files(names, 'pem'), keys: files(names, 'key') }
  const certificates = await openCertificates(pairs, { log, everyMs: 20 })
  const http: Server = createServer((request, response) => {
    request.resume().on('end', () => response.end(`${'encrypted' in request.socket} ${request.headers.host}`))
  })
  serveTls(http, {
    contextFor: (name) => certificates.match(name) ?? certificates.first(),
    onFirst: certificates.onFirst,
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  t.after(() => {
    certificates.close()
    http.close()
    http.closeAllConnections()
    rmSync(folder, { recursive: true, force: true })
  })
  return { folder, port, http }
}

/** Subject of the certificate that is shown for a name. */
async function shown(port: number, servername: string): Promise<string> {
  const socket = tlsConnect({
    port,
    host: '127.0.0.1',
    ...(servername === '' ? {} : { servername }),
    rejectUnauthorized: false,
  })
  await once(socket, 'secureConnect')
  const subject = String(socket.getPeerCertificate().subject.CN)
  socket.destroy()
  return subject
}

test('one port speaks TLS and plain HTTP, with the certificate of each name', async (t) => {
  const { port } = await ground(t)
  assert.equal(await shown(port, 'sandyard.test'), 'main')
  assert.equal(await shown(port, '3000-x.previews.test'), 'previews')
  assert.equal(await shown(port, 'elsewhere.test'), 'main')
  assert.equal(await shown(port, ''), 'main')
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const body = Buffer.alloc(2_000_000, 'x')
  const options = { port, host: '127.0.0.1', method: 'POST', servername: 'sandyard.test', rejectUnauthorized: false }
  httpsRequest(options, (answer) => {
    answer.setEncoding('utf8').on('data', resolve)
  })
    .on('error', reject)
    .end(body)
  assert.match(await promise, /^true/)
  const plain = Promise.withResolvers<string>()
  httpGet({ port, host: '127.0.0.1' }, (answer) => {
    answer.setEncoding('utf8').on('data', plain.resolve)
  }).on('error', plain.reject)
  assert.match(await plain.promise, /^false/)
})

test('a renewed certificate is used without a restart, and a broken one is not', async (t) => {
  const { folder, port } = await ground(t)
  const eventually = async (name: string, wanted: string) => {
    const endMs = Date.now() + 3000
    while ((await shown(port, name)) !== wanted) assert.ok(Date.now() < endMs, `no ${wanted} for ${name}`)
  }
  makeCertificate(folder, 'renewed', 'DNS:sandyard.test')
  copyFileSync(join(folder, 'renewed.key'), join(folder, 'main.key'))
  renameSync(join(folder, 'renewed.pem'), join(folder, 'main.pem'))
  await eventually('sandyard.test', 'renewed')
  await eventually('', 'renewed')
  writeFileSync(join(folder, 'main.pem'), 'broken')
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(await shown(port, 'sandyard.test'), 'renewed')
})

test('what speaks neither is let go of, and disturbs nobody', async (t) => {
  const { port, http } = await ground(t)
  for (const bytes of [[0x16, 0xff, 0xff, 0xff], [0x16], [0], [0x80, 0x2e, 1]]) {
    const socket = netConnect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.end(Buffer.from(bytes))
    socket.resume()
    await once(socket, 'close')
  }
  const silent = netConnect(port, '127.0.0.1')
  await once(silent, 'connect')
  silent.destroy()
  assert.equal(await shown(port, 'sandyard.test'), 'main')
  assert.ok(http.listening)
})

test('who leaves within the handshake, or right after it, is noticed at once', async (t) => {
  const { port, http } = await ground(t)
  const open = new Set<Socket>()
  http.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  for (let count = 0; count < 5; count++) await shown(port, 'sandyard.test')
  const endMs = Date.now() + 2000
  while (open.size > 0 && Date.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(open.size, 0)
})

test('files that do not fit are refused at the start', async (t) => {
  const { folder } = await ground(t)
  const log = openLog({ file: join(folder, 'log2'), level: 'info' })
  const main = join(folder, 'main.pem')
  for (const files of [
    { certs: [main], keys: [] },
    { certs: [main], keys: [join(folder, 'previews.key')] },
    { certs: [join(folder, 'none.pem')], keys: [join(folder, 'main.key')] },
  ]) {
    await assert.rejects(openCertificates(files, { log }), { code: 'BAD_REQUEST' })
  }
})
